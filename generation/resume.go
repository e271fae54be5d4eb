package generation

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"claude-mem/memory"
	"claude-mem/storage"
)

const (
	// raisesLookedAt is how many projects that wait are looked at each time.
	raisesLookedAt = 100
	// What a job is put off with, see overBudget.
	projectDaily   = "daily budget of the project"
	projectMonthly = "monthly budget of the project"
	teamDaily      = "daily budget of the team"
	teamMonthly    = "monthly budget of the team"
)

// resume lets what waits for a budget go on as soon as it is raised, rather than when
// it would look again by itself: what waits for any when the worker starts, because the
// process's budgets may be others than before, and then that of each project whose
// settings changed.
func (w *Worker) resume(ctx context.Context, starting bool) error {
	if starting {
		return w.hasten(ctx, "")
	}
	for _, h := range w.holds.some(raisesLookedAt, memory.Now()) {
		p, err := w.Store.Project(ctx, h.Scope, h.Scope.ProjectID)
		if errors.Is(err, memory.ErrNotFound) {
			w.holds.drop(h.Scope)
			continue
		}
		if err != nil {
			return fmt.Errorf("load project: %w", err)
		}
		if !h.limit.raised(w.Budgets.limits(p, memory.Now())) {
			continue
		}
		w.holds.drop(h.Scope)
		if err := w.hasten(ctx, h.Scope.ProjectID); err != nil {
			return err
		}
	}
	return nil
}

// hasten makes due what waits for a budget in a project, or, with none, anywhere.
func (w *Worker) hasten(ctx context.Context, projectID string) error {
	var reasons []string
	for _, name := range []string{projectDaily, projectMonthly, teamDaily, teamMonthly} {
		reasons = append(reasons, budgetNamed(name)+" is", budgetNamed(name)+",")
	}
	err := w.Store.InTx(ctx, func(tx storage.Tx) error {
		_, err := tx.ResumeJobs(ctx, projectID, memory.Now(), reasons...)
		return err
	})
	if err != nil {
		return fmt.Errorf("resume what waits for a budget: %w", err)
	}
	return nil
}

// raised reports whether the limit is not among those of now, or is a higher one.
func (l limit) raised(now []limit) bool {
	for _, n := range now {
		if n.name == l.name {
			return n.tokens > l.tokens
		}
	}
	return true
}

// some is up to n projects that wait, or may, in no order. What nothing waits for any
// more is forgotten.
func (hs *holds) some(n int, now memory.Epoch) []Hold {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	maps.DeleteFunc(hs.m, func(_ memory.Scope, h Hold) bool { return h.lapsed(now) })
	var out []Hold
	for _, h := range hs.m {
		if len(out) == n {
			break
		}
		out = append(out, h)
	}
	return out
}
