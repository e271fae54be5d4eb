package redis_test

import (
	"errors"
	"testing"

	"claude-mem/internal/testenv"
	"claude-mem/memory"
)

func TestRemembersSince(t *testing.T) {
	server := testenv.StartRedis(t)
	o := quick(server.URL)
	q, other := open(t, o), open(t, o)
	began := memory.Now()
	first, err := q.RemembersSince(t.Context())
	if err != nil || first < began {
		t.Fatalf("since %d, which is before %d; %v", first, began, err)
	}
	if again, err := other.RemembersSince(t.Context()); err != nil || again != first {
		t.Errorf("another process: since %d, %v; want %d", again, err, first)
	}
	neighbour := open(t, quick(server.URL))
	for memory.Now() == first { // the clock that tells them apart has milliseconds
		continue
	}
	if of, err := neighbour.RemembersSince(t.Context()); err != nil || of == first {
		t.Errorf("another deployment: since %d, %v", of, err)
	}
	server.Flush(t)
	if later, err := q.RemembersSince(t.Context()); err != nil || later <= first {
		t.Errorf("after FLUSHALL: since %d, %v; before %d", later, err, first)
	}
	server.Kill(t)
	if _, err := q.RemembersSince(t.Context()); !errors.Is(err, memory.ErrUnavailable) {
		t.Errorf("while it is away: %v", err)
	}
}
