package spool

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/go-cmp/cmp"

	"claude-mem/memory"
)

// forwarded tells at most n records and returns their ids.
func forwarded(t *testing.T, s *Spool, n int) []string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out []string
	if _, err := s.Forward(ctx, func(r memory.HookRecord) (rejected, err error) {
		if out = append(out, r.Event.SourceID); len(out) == n {
			cancel()
		}
		return nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestForwardGoesOnWhereItStopped(t *testing.T) {
	s := at(t, "2026-11-23")
	add(t, s, 1, 2, 3)
	if diff := cmp.Diff(ids(1, 2), forwarded(t, s, 2)); diff != "" {
		t.Error(diff)
	}
	if st, err := s.Stats(); err != nil || st.Records != 1 {
		t.Errorf("%+v, %v", st, err)
	}
	add(t, s, 4)
	down := errors.New("down")
	if taken, err := s.Forward(t.Context(), func(memory.HookRecord) (rejected, err error) { return nil, down }); !errors.Is(err, down) || taken != 0 {
		t.Errorf("%d taken, %v", taken, err)
	}
	if diff := cmp.Diff(ids(3, 4), forwarded(t, s, 9)); diff != "" {
		t.Error(diff)
	}
	if st, err := s.Stats(); err != nil || st.Records != 0 || st.Files != 0 {
		t.Errorf("%+v, %v", st, err)
	}
}

func TestForwardKeepsWrongOnesAside(t *testing.T) {
	s := at(t, "2026-11-23")
	add(t, s, 1, 2)
	put(t, s, "2026-11-24.jsonl", "not json\n")
	taken, err := s.Forward(t.Context(), func(r memory.HookRecord) (rejected, err error) {
		if r.Event.SourceID == "toolu_1" {
			return errors.New("no such thing"), nil
		}
		return nil, nil
	})
	if st, statErr := s.Stats(); err != nil || statErr != nil || taken != 1 || st.Rejected != 2 || st.Records != 0 {
		t.Errorf("%d taken, %+v, %v, %v", taken, st, err, statErr)
	}
}

func TestOnlyOneForwards(t *testing.T) {
	s := at(t, "2026-11-23")
	add(t, s, 1)
	fl := flock.New(filepath.Join(s.dir, forwardLock))
	if err := fl.Lock(); err != nil {
		t.Fatal(err)
	}
	if got := forwarded(t, s, 9); got != nil {
		t.Errorf("told %v while another does", got)
	}
	if err := fl.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ids(1), forwarded(t, s, 9)); diff != "" {
		t.Error(diff)
	}
}

func TestServersAreKeptApart(t *testing.T) {
	dir := t.TempDir()
	local, one, other := For(dir, ""), For(dir, "https://a.example/"), For(dir, "https://b.example")
	add(t, one, 1)
	add(t, other, 2)
	add(t, local, 3)
	if diff := cmp.Diff(ids(3), drain(t, local)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(ids(1), drain(t, For(dir, "https://a.example"))); diff != "" {
		t.Error(diff)
	}
	if got := New(dir).dir; got != dir {
		t.Errorf("the daemon's is %s", got)
	}
}

// A writer that cannot have the lock keeps to the bound, and what it leaves when it
// dies is found.
func TestApart(t *testing.T) {
	s := at(t, "2026-11-23")
	add(t, s, 1)
	fl := flock.New(filepath.Join(s.dir, lockName))
	if err := fl.Lock(); err != nil {
		t.Fatal(err)
	}
	s.maxBytes = 10
	if err := s.Append(record(2)); !errors.Is(err, ErrFull) {
		t.Errorf("the bound is ignored without the lock: %v", err)
	}
	if err := fl.Close(); err != nil {
		t.Fatal(err)
	}
	s.maxBytes = DefaultMaxBytes
	add(t, s, 3)
	path := filepath.Join(s.dir, "2026-11-23.jsonl")
	left := filepath.Join(s.dir, "2026-11-22.7-1"+part)
	if err := os.Rename(path, left); err != nil {
		t.Fatal(err)
	}
	if st, err := s.Stats(); err != nil || st.Records != 2 {
		t.Errorf("not counted: %+v, %v", st, err)
	}
	if got := drain(t, s); got != nil {
		t.Errorf("took %v from under its writer", got)
	}
	long := time.Now().Add(-2 * maxPart)
	if err := os.Chtimes(left, long, long); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ids(1, 3), drain(t, s)); diff != "" {
		t.Error(diff)
	}
	if st, err := s.Stats(); err != nil || st.Files != 0 || st.Refused != 1 {
		t.Errorf("%+v, %v", st, err)
	}
}
