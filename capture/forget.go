package capture

import (
	"context"
	"errors"
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

// forgetRows is how many memories one transaction removes: others wait for it.
const forgetRows = 100

// Forgettable lists the memories of a project that Forgetting names, the newest
// first, those that were superseded and those of sub-agents among them.
func (c *Capture) Forgettable(ctx context.Context, s memory.Scope, f Forgetting) (all []memory.Observation, err error) {
	match := strings.ToLower(f.Match)
	until, seen := f.Before, 0 // of what happened at the last moment that was read
	for {
		page, err := c.store.Observations(ctx, s, storage.ObservationFilter{Until: until}, storage.Page{Limit: storage.MaxPage, Offset: seen})
		if err != nil {
			return nil, err
		}
		for _, o := range page {
			if o.OccurredAt+1 != until {
				until, seen = o.OccurredAt+1, 0
			}
			seen++
			if match == "" || holds(o, match) {
				// What is listed is only cited; with the rest a large project would not fit.
				o.Content, o.Metadata = "", memory.Metadata{Title: o.Title()}
				all = append(all, o)
			}
		}
		if len(page) < storage.MaxPage {
			return all, nil
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

// ForgetAll removes the memories, as Forget does each, and returns how many that
// were. It takes many transactions. If it is broken off, what it had removed is gone
// and audited; one that is gone already is none of them.
func (c *Capture) ForgetAll(ctx context.Context, caller memory.Caller, all []memory.Observation) (total int, err error) {
	for len(all) > 0 {
		part := all[:min(len(all), forgetRows)]
		n := 0
		err := c.write(ctx, caller, func(u *unit) error {
			n = 0
			for _, o := range part {
				gone, err := u.forget(ctx, o.Scope(), o.ID)
				if err != nil && !errors.Is(err, memory.ErrNotFound) {
					return err
				}
				n += gone
			}
			return nil
		})
		if err != nil {
			return total, err
		}
		total += n
		all = all[len(part):]
	}
	return total, nil
}
