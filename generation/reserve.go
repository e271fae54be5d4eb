package generation

import (
	"context"

	"claude-mem/internal/tokens"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

// A call that costs is written down before it is made: its tokens are reserved on the
// job's row, in the transaction that leases it where the input is known by then. The
// transaction that ends the attempt writes what the call really cost in their place.
// Where nobody comes to that, because the process was killed or its lease ran out, the
// reservation itself goes into the ledger, with the recovery of the job or the next
// lease. So each call is counted once, by its cost or by its estimate.

// What a call is taken to cost before it is made: the tokens of our own words and
// of the answer, and of the events by their bytes, of which a prompt holds so many.
const (
	callTokens     = 4000
	maxPromptBytes = 256 << 10
)

// estimate is about what a call costs, rather too much.
func (w *Worker) estimate(r providers.Request) int64 {
	bytes := len(r.Prompt)
	for _, e := range r.Events {
		bytes += len(e.Payload)
	}
	cost := callTokens + tokens.OfBytes(min(bytes, maxPromptBytes))
	if w.MaxCallTokens > 0 {
		cost = min(cost, w.MaxCallTokens)
	}
	return cost
}

// foresee loads the input of a job before its lease, where a call may follow that costs and
// what it is about will not change any more. A failure is left to whoever loads it
// again, under the lease.
func (a *attempt) foresee(ctx context.Context) {
	if a.job.Kind != memory.KindEvent || a.free() {
		return
	}
	if in, err := a.input(ctx); err == nil {
		a.ahead = &in
	}
}

// load is the input of the leased job.
func (a *attempt) load(ctx context.Context) (input, error) {
	if a.ahead != nil {
		return *a.ahead, nil
	}
	return a.input(ctx)
}

// lockBudget comes first in a transaction that reserves where there are limits.
func (a *attempt) lockBudget(ctx context.Context, tx storage.Tx) error {
	if len(a.limits) == 0 {
		return nil
	}
	return tx.LockBudget(ctx, a.job.TeamID)
}

// reserveLeased is what the lease of a job does to the ledger: it charges a call that was
// cut off before, and reserves what the one to come may cost, or nothing.
func (a *attempt) reserveLeased(ctx context.Context, tx storage.Tx, leased memory.Job) error {
	var tokens int64
	if a.ahead != nil && a.ahead.skip == "" && !a.free() {
		tokens = a.estimate(a.ahead.Request)
	}
	if err := a.chargeLeft(ctx, tx, leased); err != nil {
		return err
	}
	if a.reserved = tokens > 0; tokens == 0 && leased.ReservedTokens == 0 { // as ever with a provider that is free
		return nil
	}
	return a.reserveIn(ctx, tx, tokens)
}

// reserve sets aside the tokens that a call may cost, on top of what the attempt
// spent, if every budget has room for it. Two workers never share the same room.
// What a call costs beyond that is the most by which a budget is passed. Where there is
// no room the free part of the provider is asked instead, if it has one.
func (a *attempt) reserve(ctx context.Context, tokens int64) error {
	if a.free() {
		return nil
	}
	for _, u := range a.spent {
		tokens += u.Tokens()
	}
	err := a.Store.InTx(ctx, func(tx storage.Tx) error {
		if err := a.lockBudget(ctx, tx); err != nil {
			return err
		}
		return a.reserveIn(ctx, tx, tokens)
	})
	if _, over := asOverBudget(err); over && a.askFree() {
		return nil
	}
	a.reserved = a.reserved || err == nil
	return err
}

// reserveIn does so in a transaction that locked the budget. To give the tokens back when
// it fails, that is rolled back.
func (a *attempt) reserveIn(ctx context.Context, tx storage.Tx, tokens int64) error {
	if err := tx.ReserveTokens(ctx, a.job, a.owner, tokens); err != nil {
		return err
	}
	for _, l := range a.limits {
		taken, err := tx.TokensTaken(ctx, l.scope, l.since)
		if err != nil {
			return err
		}
		if taken > l.tokens {
			return a.hold(l, tokens, memory.Now())
		}
	}
	if len(a.limits) > 0 {
		a.holds.drop(a.job.Scope())
	}
	return nil
}

// charge is what goes into the ledger for a call of which nothing more will be heard.
func (w *Worker) charge(j memory.Job) memory.Usage {
	u := memory.Usage{
		TeamID: j.TeamID, ProjectID: j.ProjectID, JobID: j.ID, Kind: j.Kind, At: memory.Now(),
		UsageCounts: memory.UsageCounts{Calls: 1, InputTokens: j.ReservedTokens},
	}
	if j.Kind == memory.KindReindex {
		u.Kind, u.Provider = memory.UsageEmbedding, providers.EmbeddingProvider
		if w.Embedder != nil {
			u.Model = w.Embedder.Model()
		}
		return u
	}
	u.Provider, u.Model = providers.Next(w.Provider)
	return u
}

// chargeLeft charges what an earlier attempt left reserved on a job that is leased now.
// The lease's owner puts something in its place.
func (w *Worker) chargeLeft(ctx context.Context, tx storage.Tx, leased memory.Job) error {
	if leased.ReservedTokens == 0 {
		return nil
	}
	return tx.AddUsage(ctx, w.charge(leased))
}

// chargeExpired charges the calls of leases that ran out.
func (w *Worker) chargeExpired(ctx context.Context, tx storage.Tx, expired []memory.Job) error {
	for _, j := range expired {
		if j.ReservedTokens == 0 {
			continue
		}
		if _, err := tx.ReleaseTokens(ctx, j); err != nil {
			return err
		}
		if err := tx.AddUsage(ctx, w.charge(j)); err != nil {
			return err
		}
	}
	return nil
}

// cutOff is the response to a call that was given up, with what it is taken to have
// cost: whoever was asked may well be paid for it.
func (a *attempt) cutOff(ctx context.Context, r providers.Request, resp providers.Response, err error) providers.Response {
	if err == nil || ctx.Err() == nil || a.free() || resp.Unasked || resp.InputTokens+resp.OutputTokens > 0 {
		return resp
	}
	if name, model := providers.Next(a.provider); resp.Provider == "" || resp.Provider == name && resp.Model == "" {
		resp.Provider, resp.Model = name, model
	}
	resp.InputTokens = a.estimate(r)
	return resp
}
