package generation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

// bill notes what a call cost, whatever came of it. It is written down by the
// transaction that ends the attempt.
func (a *attempt) bill(resp providers.Response) {
	for _, c := range resp.Earlier {
		a.billOne(c)
	}
	if resp.Unasked {
		return
	}
	a.billOne(providers.Cost{
		Provider: cmp.Or(resp.Provider, a.provider.Name()), Model: resp.Model,
		InputTokens: resp.InputTokens, OutputTokens: resp.OutputTokens,
	})
}

func (a *attempt) billOne(c providers.Cost) {
	u := a.used(clean(c.Provider), clean(c.Model))
	u.UsageCounts = memory.UsageCounts{
		Calls: 1, InputTokens: max(c.InputTokens, 0), OutputTokens: max(c.OutputTokens, 0),
	}
	a.spend(u)
}

// spend notes the cost of one more call. Calls of one model, one after the other, are
// one row of the ledger.
func (a *attempt) spend(u memory.Usage) {
	if n := len(a.spent); n > 0 {
		if last := &a.spent[n-1]; last.Kind == u.Kind && last.Provider == u.Provider && last.Model == u.Model {
			last.UsageCounts = last.Plus(u.UsageCounts)
			return
		}
	}
	a.spent = append(a.spent, u)
}

// used is an empty row of the ledger for the job.
func (a *attempt) used(provider, model string) memory.Usage {
	return memory.Usage{
		TeamID: a.job.TeamID, ProjectID: a.job.ProjectID, JobID: a.job.ID, Kind: a.job.Kind,
		Provider: provider, Model: model, At: memory.Now(),
	}
}

// usage is what goes into the ledger with the ending: a row for each provider and
// model that was called. What came of it stands with the one that answered.
func (a *attempt) usage(end ending) []memory.Usage {
	rows := slices.Clone(a.spent)
	outcome := memory.UsageCounts{Events: end.events, Observations: int64(len(end.made)), Skipped: end.unasked}
	if outcome == (memory.UsageCounts{}) {
		return rows
	}
	if len(rows) == 0 {
		rows = append(rows, a.used("", ""))
	}
	last := &rows[len(rows)-1]
	last.UsageCounts = last.Plus(outcome)
	return rows
}

// payAnyway writes down what an attempt cost whose result nobody wants any more:
// the job was cancelled, or is another's now. The latter charged what was reserved.
func (a *attempt) payAnyway(ctx context.Context) error {
	if len(a.spent) == 0 {
		return nil
	}
	err := a.Store.InTx(ctx, func(tx storage.Tx) error {
		rows := a.usage(ending{})
		_, err := tx.JobByID(ctx, a.job.ID)
		switch {
		case errors.Is(err, memory.ErrNotFound): // purged: there is no job to count it for
			for i := range rows {
				rows[i].JobID = ""
			}
		case err != nil:
			return err
		case a.reserved:
			if mine, err := tx.ReleaseTokens(ctx, a.job); !mine || err != nil {
				return err
			}
		}
		return tx.AddUsage(ctx, rows...)
	})
	if err != nil {
		return fmt.Errorf("add usage of job %s: %w", a.job.ID, err)
	}
	return nil
}
