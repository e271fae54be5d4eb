package daemon

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"claude-mem/hooks/spool"
	"claude-mem/memory"
)

// fragile takes records in, but breaks at those of one session.
type fragile struct {
	breaks string
	err    error
	taken  []string
}

func (f *fragile) HookBatch(_ context.Context, _ memory.Caller, rs []memory.HookRecord) ([]error, error) {
	for _, r := range rs {
		if r.SessionID == f.breaks {
			return nil, f.err
		}
	}
	for _, r := range rs {
		f.taken = append(f.taken, r.SessionID)
	}
	return make([]error, len(rs)), nil
}

func TestOneRecordDoesNotBlockTheSpool(t *testing.T) {
	internal := errors.New("an index out of range")
	full := errors.New("the disk is full")
	for name, c := range map[string]struct {
		err, fault error
		aside      bool
	}{
		"the record's doing":   {err: internal, aside: true},
		"the database's doing": {err: internal, fault: full},
		"it passes by itself":  {err: memory.Errorf(memory.CodeUnavailable, "busy")},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, session := range []string{"a", "bad", "c"} {
				if err := spool.New(dir).Append(edit(session, "t", "a.go")); err != nil {
					t.Fatal(err)
				}
			}
			in := &fragile{breaks: "bad", err: c.err}
			d := newDrainer(dir, memory.LocalTeam, in, func() error { return c.fault }, slog.New(slog.DiscardHandler))
			for try := range 2 * maxTries {
				err := d.drain(t.Context())
				if want := !c.aside || try < maxTries-1; (err != nil) != want {
					t.Fatalf("try %d: %v", try, err)
				}
			}
			want := []string{"a", "c"}
			if !c.aside {
				want = nil
			}
			if st := d.state(); !slices.Equal(in.taken, want) || (st.Rejected == 1) != c.aside {
				t.Errorf("taken %v, spool %+v", in.taken, st)
			}
		})
	}
}
