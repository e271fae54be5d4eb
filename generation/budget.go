package generation

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

// Budget is how many tokens, input and output together, may be used in a day and in
// a month (UTC). nil is no limit; 0 means that no provider which costs is called.
type Budget struct{ Daily, Monthly *int64 }

// Budgets are the limits that generation keeps. A project's own settings
// (memory.GenerationSettings) stand in for those of Project.
type Budgets struct{ Project, Team Budget }

// Hold says that generation of a project waits because a budget is used up.
type Hold struct {
	Scope  memory.Scope
	Budget string       // such as "daily budget of the project"
	Until  memory.Epoch // when it is looked at again, unless the budget is raised before
	// Call is what one call may cost, where that is more than all of the budget: then
	// no time mends it. 0: there is room for one in the next period.
	Call int64
	// Vectors says that vectors wait, which no free part of a provider makes.
	Vectors bool

	limit limit
}

// Reason says why nothing is made, and what can be done about it; it begins with the
// name of the budget, by which jobs that wait for it are found.
func (h Hold) Reason() string {
	if h.Call == 0 {
		return budgetNamed(h.Budget) + " is used up"
	}
	return fmt.Sprintf("%s, %d tokens, is smaller than one call, which may take %d: raise it, or let calls be smaller with CLAUDE_MEM_PROVIDER_MAX_INPUT_TOKENS",
		budgetNamed(h.Budget), h.limit.tokens, h.Call)
}

// budgetNamed is how a reason begins.
func budgetNamed(budget string) string { return "the " + budget }

// lapsed reports whether the hold has nothing left that waits: nobody looked for so long.
func (h Hold) lapsed(now memory.Epoch) bool { return h.Until <= now.Add(-3*holdFor) }

const (
	// holdFor is how soon a job that waits for a budget looks again.
	holdFor         = 5 * time.Minute
	sharedHoldLimit = 10_000 // projects that are remembered to wait
)

// limit is one budget that a job has to fit into.
type limit struct {
	name   string
	scope  memory.Scope
	since  memory.Epoch // the beginning of the period
	turns  memory.Epoch // its end
	tokens int64
}

// limits lists the budgets that bound what is used for a project now.
func (b Budgets) limits(p memory.Project, now memory.Epoch) []limit {
	own, project := p.Generation(), b.Project
	if own.DailyTokens != nil {
		project.Daily = own.DailyTokens
	}
	if own.MonthlyTokens != nil {
		project.Monthly = own.MonthlyTokens
	}
	day, month := now.Day(), now.Month()
	tomorrow, nextMonth := day.Add(24*time.Hour), month.Add(31*24*time.Hour).Month()
	team := memory.Scope{TeamID: p.TeamID}
	var all []limit
	for _, l := range []struct {
		limit
		tokens *int64
	}{
		{limit{name: projectDaily, scope: p.Scope(), since: day, turns: tomorrow}, project.Daily},
		{limit{name: projectMonthly, scope: p.Scope(), since: month, turns: nextMonth}, project.Monthly},
		{limit{name: teamDaily, scope: team, since: day, turns: tomorrow}, b.Team.Daily},
		{limit{name: teamMonthly, scope: team, since: month, turns: nextMonth}, b.Team.Monthly},
	} {
		if l.tokens != nil {
			l.limit.tokens = *l.tokens
			all = append(all, l.limit)
		}
	}
	return all
}

// Tokens reads what the budgets are held against: a storage.Store will do.
type Tokens interface {
	Project(ctx context.Context, s memory.Scope, id string) (memory.Project, error)
	TokensTaken(ctx context.Context, s memory.Scope, since memory.Epoch) (int64, error)
}

// Room reports whether every budget of the project has tokens left, for what is asked
// outside of jobs.
func (b Budgets) Room(ctx context.Context, t Tokens, s memory.Scope) (bool, error) {
	p, err := t.Project(ctx, s, s.ProjectID)
	if err != nil {
		return false, fmt.Errorf("load project: %w", err)
	}
	used, err := firstUsed(ctx, t, b.limits(p, memory.Now()))
	return used == nil && err == nil, err
}

// firstUsed finds a limit that nothing is left of, nil if there is none.
func firstUsed(ctx context.Context, t Tokens, limits []limit) (*limit, error) {
	for _, l := range limits {
		taken, err := t.TokensTaken(ctx, l.scope, l.since)
		if err != nil {
			return nil, fmt.Errorf("count tokens: %w", err)
		}
		if taken >= l.tokens {
			return &l, nil
		}
	}
	return nil, nil //nolint:nilnil // nothing is wrong, and there is none
}

// overBudget is why a call is not made.
type overBudget struct{ Hold }

func (e *overBudget) Error() string { return e.Reason() }

// askFree makes the attempt go on with the part of the provider that costs nothing,
// when a budget is used up. It reports whether there is one.
func (a *attempt) askFree() bool {
	free, _ := providers.FreePart(a.provider)
	if free == nil || a.job.Kind == memory.KindReindex {
		return false
	}
	a.provider, a.limits = free, nil
	return true
}

// free reports whether what the job asks costs nothing.
func (a *attempt) free() bool {
	if a.job.Kind == memory.KindReindex {
		return a.Embedder == nil || a.Embedder.Free()
	}
	_, whole := providers.FreePart(a.provider)
	return whole
}

// mayCall reports, before a job is leased, whether its budgets leave room for any
// call. It fails with *overBudget if not.
func (a *attempt) mayCall(ctx context.Context) error {
	if a.free() {
		return nil
	}
	p, err := a.Store.Project(ctx, a.job.Scope(), a.job.ProjectID)
	if err != nil {
		return fmt.Errorf("load project: %w", err)
	}
	now := memory.Now()
	a.limits = a.Budgets.limits(p, now)
	if len(a.limits) == 0 {
		return nil
	}
	if h, held := a.holds.of(a.job.Scope(), now); held {
		return &overBudget{h}
	}
	used, err := firstUsed(ctx, a.Store, a.limits)
	if used != nil {
		return a.hold(*used, 0, now)
	}
	return err
}

// hold remembers that the job's project waits for a budget; call is what one call may
// cost, 0 if that is not known yet.
func (a *attempt) hold(l limit, call int64, now memory.Epoch) *overBudget {
	h := Hold{Scope: a.job.Scope(), Budget: l.name, Until: min(l.turns, now.Add(holdFor)), Vectors: a.job.Kind == memory.KindReindex, limit: l}
	if call > l.tokens && l.tokens > 0 { // what is 0 is meant to be
		h.Call = call
	}
	if a.holds.put(h, now) {
		a.log.Warn("no provider that costs is asked", "reason", h.Reason(), "tokens", l.tokens, "project", a.job.ProjectID)
	}
	return &overBudget{h}
}

// wait puts the job off without trying it. Those that wait together come back apart.
func (a *attempt) wait(ctx context.Context, over *overBudget) error {
	until := over.Until.Add(rand.N(holdFor))
	err := a.Store.InTx(ctx, func(tx storage.Tx) error {
		return tx.DeferJob(ctx, a.job, until, memory.Opt(over.Error()))
	})
	if err != nil {
		return fmt.Errorf("put off job %s: %w", a.job.ID, err)
	}
	return nil
}

// asOverBudget finds out whether an error says that a budget is used up.
func asOverBudget(err error) (*overBudget, bool) { return errors.AsType[*overBudget](err) }

// holds are the projects that wait for a budget.
type holds struct {
	mu sync.Mutex
	m  map[memory.Scope]Hold
}

// of finds what the project waits for at a time.
func (hs *holds) of(s memory.Scope, now memory.Epoch) (Hold, bool) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	h, ok := hs.m[s]
	return h, ok && now < h.Until
}

// put adds a hold and reports whether the project did not wait before.
func (hs *holds) put(h Hold, now memory.Epoch) bool {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	if hs.m == nil || len(hs.m) >= sharedHoldLimit {
		hs.m = make(map[memory.Scope]Hold)
	}
	before, waited := hs.m[h.Scope]
	h.Vectors = h.Vectors || before.Vectors
	hs.m[h.Scope] = h
	return !waited
}

func (hs *holds) drop(s memory.Scope) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	delete(hs.m, s)
}

// Holds lists the projects that wait for a budget, by id. Where a free part of the
// provider goes on in the meantime, only vectors wait.
func (w *Worker) Holds() []Hold {
	free, _ := providers.FreePart(w.Provider)
	w.holds.mu.Lock()
	defer w.holds.mu.Unlock()
	var all []Hold
	now := memory.Now()
	for _, h := range w.holds.m {
		if !h.lapsed(now) && (free == nil || h.Vectors) {
			all = append(all, h)
		}
	}
	slices.SortFunc(all, func(a, b Hold) int { return strings.Compare(a.Scope.ProjectID, b.Scope.ProjectID) })
	return all
}
