package capture

import (
	"context"
	"errors"
	"slices"
	"strings"

	"claude-mem/memory"
	"claude-mem/storage"
)

// Forget removes a memory for good, with those that it took the place of because they
// were alike: they say the same. It returns how many that were. One that the caller
// cannot reach is memory.ErrNotFound. What else it took the place of counts again; so
// does, where it was a session's newest summary, the one before.
func (c *Capture) Forget(ctx context.Context, caller memory.Caller, id string) (n int, err error) {
	err = c.write(ctx, caller, func(u *unit) (err error) {
		n, err = u.forget(ctx, caller.Scope(), id)
		return err
	})
	return n, err
}

// forget removes the memory and those alike, and audits each.
func (u *unit) forget(ctx context.Context, s memory.Scope, id string) (n int, err error) {
	for ids := []string{id}; len(ids) > 0; ids = ids[1:] {
		o, err := u.Observation(ctx, s, ids[0])
		if err != nil {
			return n, err
		}
		alike, err := u.release(ctx, o)
		if err != nil {
			return n, err
		}
		ids = append(ids, alike...)
		if err := u.DeleteObservation(ctx, o.Scope(), o.ID); err != nil {
			return n, err
		}
		if o.Kind == memory.KindSummaryObservation && o.SessionID != "" {
			if err := u.SupersedeSummaries(ctx, o.Scope(), string(o.SessionID)); err != nil {
				return n, err
			}
		}
		u.audit(memory.AuditObservationGone, "observation", o.ID, o.Scope(), "")
		n++
	}
	return n, nil
}

// release gives what o took the place of to whatever took the place of o, and returns
// the ids of those that are alike instead.
func (u *unit) release(ctx context.Context, o memory.Observation) (alike []string, err error) {
	replaced, err := u.Observations(ctx, o.Scope(), storage.ObservationFilter{SupersededBy: o.ID}, storage.Page{})
	if err != nil {
		return nil, err
	}
	var others []string
	for _, r := range replaced {
		switch {
		case r.Kind == memory.KindSummaryObservation: // see SupersedeSummaries
		case r.Likeness() == o.Likeness():
			alike = append(alike, r.ID)
		default:
			others = append(others, r.ID)
		}
	}
	if len(others) > 0 {
		err = u.Supersede(ctx, o.Scope(), string(o.SupersededBy), others)
	}
	return alike, err
}

// Forgetting says which memories of a project are to go: those that meet all that is
// given.
type Forgetting struct {
	Before memory.Epoch // those of what happened earlier; 0 means of any time
	// Match is a text that they hold, case aside: in their content, title, files or
	// concepts. "" means any.
	Match string
}

// Forgotten are memories that are gone, or would be.
type Forgotten struct {
	Count  int
	Newest []memory.Observation // those that happened last, at most maxCited; only to be cited
}

const (
	// forgetRows is how many memories one transaction removes: others wait for it.
	forgetRows = 100
	// forgetRound is how many memories are looked for before they are removed: all of a
	// large project would not fit.
	forgetRound = 100 * forgetRows
	// maxCited is how many memories are cited of all that go.
	maxCited = 20
)

// add counts a memory, and cites it if it is one of the newest.
func (f *Forgotten) add(o memory.Observation) {
	if f.Count++; len(f.Newest) < maxCited {
		o.Content, o.Metadata = "", memory.Metadata{Title: o.Title()}
		f.Newest = append(f.Newest, o)
	}
}

// Forgettable counts the memories of a project that Forgetting names, those that were
// superseded and those of sub-agents among them.
func (c *Capture) Forgettable(ctx context.Context, s memory.Scope, f Forgetting) (found Forgotten, err error) {
	err = c.forgettable(ctx, s, f, func(o memory.Observation) bool {
		found.add(o)
		return true
	})
	return found, err
}

// forgettable shows yield the memories that Forgetting names, those that happened last
// first, until it has seen enough. None may be removed meanwhile: the place in the list
// is how many of the moment read last were seen.
func (c *Capture) forgettable(ctx context.Context, s memory.Scope, f Forgetting, yield func(o memory.Observation) bool) error {
	match := strings.ToLower(f.Match)
	until, seen := f.Before, 0
	for {
		page, err := c.store.Observations(ctx, s, storage.ObservationFilter{Until: until}, storage.Page{Limit: storage.MaxPage, Offset: seen})
		if err != nil {
			return err
		}
		for _, o := range page {
			if o.OccurredAt+1 != until {
				until, seen = o.OccurredAt+1, 0
			}
			seen++
			if (match == "" || holds(o, match)) && !yield(o) {
				return nil
			}
		}
		if len(page) < storage.MaxPage {
			return nil
		}
	}
}

// holds reports whether the lower-case text stands in the memory.
func holds(o memory.Observation, text string) bool {
	for _, list := range [][]string{{o.Content, o.Metadata.Title}, o.Metadata.FilesModified, o.Metadata.FilesRead, o.Metadata.Concepts} {
		for _, t := range list {
			if strings.Contains(strings.ToLower(t), text) {
				return true
			}
		}
	}
	return false
}

// ForgetAll removes the memories of a project that Forgetting names, as Forget does
// each, and counts what is gone. It takes many transactions. If it is broken off, what
// it had removed is gone and audited; to do it again removes the rest.
func (c *Capture) ForgetAll(ctx context.Context, caller memory.Caller, s memory.Scope, f Forgetting) (gone Forgotten, err error) {
	for {
		var round []string
		var cited Forgotten
		err := c.forgettable(ctx, s, f, func(o memory.Observation) bool {
			cited.add(o)
			round = append(round, o.ID)
			f.Before = o.OccurredAt + 1 // nothing later is left for the next round
			return len(round) < forgetRound
		})
		if err != nil {
			return gone, err
		}
		if gone.Newest == nil {
			gone.Newest = cited.Newest
		}
		for part := range slices.Chunk(round, forgetRows) {
			n, err := c.forgetEach(ctx, caller, s, part)
			if gone.Count += n; err != nil {
				return gone, err
			}
		}
		if len(round) < forgetRound {
			return gone, nil
		}
	}
}

// forgetEach removes memories in one transaction. One that is gone already is none.
func (c *Capture) forgetEach(ctx context.Context, caller memory.Caller, s memory.Scope, ids []string) (n int, err error) {
	err = c.write(ctx, caller, func(u *unit) error {
		n = 0
		for _, id := range ids {
			gone, err := u.forget(ctx, s, id)
			if err != nil && !errors.Is(err, memory.ErrNotFound) {
				return err
			}
			n += gone
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
