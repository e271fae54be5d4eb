package httpapi

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"claude-mem/memory"
)

func TestLargeBodiesWaitForEachOther(t *testing.T) {
	r := newRoom()
	free, err := r.take(t.Context(), largeRoom)
	if err != nil {
		t.Fatal(err)
	}
	small, err := r.take(t.Context(), smallBody)
	if err != nil {
		t.Fatalf("a small body waits for a large one: %v", err)
	}
	small()
	impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = r.take(impatient, smallBody+1)
	if e, ok := errors.AsType[*memory.Error](err); !ok || e.Code != memory.CodeUnavailable || e.RetryAfter == 0 {
		t.Errorf("there is no room, and the answer is %v", err)
	}
	free()
	if free, err = r.take(t.Context(), largeRoom); err != nil {
		t.Fatalf("the room was not given back: %v", err)
	}
	free()
}

// Every request gives back what it took, also one that is refused.
func TestRoomIsGivenBack(t *testing.T) {
	w := newWorld(t, nil)
	batch := "[" + w.event(nil) + strings.Repeat(" ", smallBody) + "]"
	for range largeRoom/smallBody + 1 {
		w.do("POST", "/v1/events/batch", w.key, batch).want(201)
		w.do("POST", "/v1/events/batch", w.key, batch[1:]).want(400)
	}
	if !w.room.large.TryAcquire(largeRoom) || !w.room.small.TryAcquire(smallRoom) {
		t.Error("room is held though nobody asks for anything")
	}
}
