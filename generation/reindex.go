package generation

import (
	"context"
	"errors"
	"fmt"

	"claude-mem/internal/id"
	"claude-mem/internal/tokens"
	"claude-mem/internal/vector"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

// reindexBatch is how many observations are sent to the embedding model at once.
const reindexBatch = 32

// oweReindex owes the vector of a new observation, if there is a model to make it.
func (a *attempt) oweReindex(ctx context.Context, tx storage.Tx, o memory.Observation) error {
	if a.Embedder == nil {
		return nil
	}
	now := memory.Now()
	j := memory.Job{
		ID: id.New(), ProjectID: o.ProjectID, TeamID: o.TeamID, Kind: memory.KindReindex,
		JobType: memory.KindReindex.JobType(), SourceType: memory.KindReindex.SourceType(), SourceID: o.ID,
		Status: memory.JobQueued, MaxAttempts: memory.DefaultMaxAttempts, SourceAdapter: "server",
		RequestID: a.job.RequestID, CreatedAt: now, UpdatedAt: now,
	}
	j.QueueID = memory.QueueID(j)
	j, created, err := tx.PutJob(ctx, j)
	if err != nil || !created {
		return err
	}
	return tx.Enqueue(ctx, j.Message())
}

// reindex does a job of the reindex lane: it makes the vector of one observation or,
// if the job is about a project, of each of its observations that has none.
func (a *attempt) reindex(ctx context.Context) (ending, error) {
	if a.Embedder == nil {
		return a.skipped("no embedding model is configured"), nil
	}
	if a.job.SourceID != a.job.ProjectID {
		o, err := a.Store.Observation(ctx, a.job.Scope(), a.job.SourceID)
		if errors.Is(err, memory.ErrNotFound) {
			return a.skipped("the observation is gone"), nil
		}
		if err == nil {
			err = a.embed(ctx, []memory.Observation{o})
		}
		return a.indexed(tally{made: 1}), err
	}
	return a.reindexProject(ctx)
}

// reindexProject makes the vectors that the project lacks. It fails where the model took
// none of them.
func (a *attempt) reindexProject(ctx context.Context) (ending, error) {
	var (
		from storage.Place
		done tally
	)
	for {
		owed, err := a.Store.WithoutVector(ctx, a.job.Scope(), a.Embedder.Model(), from, reindexBatch)
		if err != nil {
			return ending{}, fmt.Errorf("find what has no vector: %w", err)
		}
		if len(owed) == 0 && done.made == 0 && done.refused > 0 {
			return ending{}, done.refusal
		}
		if len(owed) == 0 {
			return a.indexed(done), nil
		}
		if err := a.embedAll(ctx, owed, &done); err != nil {
			return ending{}, err
		}
		last := owed[len(owed)-1]
		from = storage.Place{OccurredAt: last.OccurredAt, Number: last.Number}
	}
}

// giveUpAfter is how many texts a model may refuse, taking none, until it is thought to
// take none at all.
const giveUpAfter = 3

// tally counts the texts of a job that the model took, and those it did not.
type tally struct {
	made, refused int
	refusal       error // the last
}

// indexed is a job that is done.
func (a *attempt) indexed(t tally) ending {
	result := fmt.Sprintf("indexed %d", t.made)
	if t.refused > 0 {
		result += fmt.Sprintf(", refused %d: %s", t.refused, reason(t.refusal))
	}
	return ending{Outcome: storage.Outcome{Status: memory.JobCompleted, Result: memory.Opt(result), At: memory.Now()}}
}

// embedAll makes and stores the vectors of some observations. A text that the model does
// not take must not keep the others from theirs, so what it refuses together it is asked
// one by one.
func (a *attempt) embedAll(ctx context.Context, all []memory.Observation, t *tally) error {
	err := a.embed(ctx, all)
	if err == nil {
		t.made += len(all)
	}
	if !isRefusal(err) {
		return err
	}
	for _, o := range all {
		if len(all) > 1 {
			err = a.embed(ctx, []memory.Observation{o})
		}
		switch {
		case err == nil:
			t.made++
		case !isRefusal(err):
			return err
		default:
			t.refused, t.refusal = t.refused+1, err
			a.log.WarnContext(ctx, "no vector made", "observation", o.ID, "error", err)
		}
		if t.made == 0 && t.refused >= giveUpAfter {
			return err
		}
	}
	return nil
}

// isRefusal reports that the model did not take what it was sent.
func isRefusal(err error) bool {
	e, ok := errors.AsType[*providers.Error](err)
	return ok && e.Class == providers.BadRequest
}

// embed makes and stores the vectors of some observations with one call.
func (a *attempt) embed(ctx context.Context, all []memory.Observation) error {
	texts := make([]string, len(all))
	for i, o := range all {
		texts[i] = o.Content
	}
	if err := a.reserve(ctx, estimateTexts(texts)); err != nil {
		return err
	}
	asked, cancel := context.WithTimeout(ctx, a.CallTimeout)
	made, err := a.Embedder.Embed(asked, texts)
	if asked.Err() != nil && err != nil && !a.free() { // given up: it may well be paid for
		made.Tokens = estimateTexts(texts)
	}
	cancel()
	used := providers.EmbeddingUsage(a.Embedder, a.job.Scope(), made.Tokens)
	used.JobID = a.job.ID
	if err != nil {
		a.spend(used)
		return err
	}
	if a.gate.open() {
		a.log.InfoContext(ctx, "embedding model answers again, lane resumed")
	}
	stored := make([]storage.Vector, len(all))
	for i, o := range all {
		stored[i] = storage.Vector{Number: o.Number, Values: vector.Quantise(made.Vectors[i])}
	}
	err = a.Store.InTx(ctx, func(tx storage.Tx) error {
		if err := tx.PutVectors(ctx, a.job.Scope(), a.Embedder.Model(), stored...); err != nil {
			return err
		}
		return a.settle(ctx, tx, used)
	})
	if err != nil {
		a.spend(used)
	}
	return err
}

// settle writes down what a call cost in place of what was reserved for it, before the
// attempt is over: a long one may make thousands.
func (a *attempt) settle(ctx context.Context, tx storage.Tx, used memory.Usage) error {
	if a.reserved {
		if err := tx.ReserveTokens(ctx, a.job, a.owner, 0); err != nil {
			return err
		}
	}
	return tx.AddUsage(ctx, used)
}

// estimateTexts is about what it costs to have texts read, rather too much.
func estimateTexts(texts []string) (cost int64) {
	for _, t := range texts {
		cost += tokens.OfBytes(len(t))
	}
	return cost
}
