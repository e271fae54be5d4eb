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
	done := ending{Outcome: storage.Outcome{Status: memory.JobCompleted, Result: "indexed"}}
	if a.job.SourceID != a.job.ProjectID {
		o, err := a.Store.Observation(ctx, a.job.Scope(), a.job.SourceID)
		if errors.Is(err, memory.ErrNotFound) {
			return a.skipped("the observation is gone"), nil
		}
		if err == nil {
			err = a.embed(ctx, []memory.Observation{o})
		}
		done.At = memory.Now()
		return done, err
	}
	var from storage.Place
	for {
		owed, err := a.Store.WithoutVector(ctx, a.job.Scope(), a.Embedder.Model(), from, reindexBatch)
		if err != nil {
			return ending{}, fmt.Errorf("find what has no vector: %w", err)
		}
		if len(owed) == 0 {
			done.At = memory.Now()
			return done, nil
		}
		if err := a.embed(ctx, owed); err != nil {
			return ending{}, err
		}
		last := owed[len(owed)-1]
		from = storage.Place{OccurredAt: last.OccurredAt, Number: last.Number}
	}
}

// embed makes and stores the vectors of some observations. A text that the model does
// not take must not keep the others from theirs.
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
		a.spent = append(a.spent, used)
	}
	if e, ok := errors.AsType[*providers.Error](err); ok && e.Class == providers.BadRequest && len(all) > 1 {
		for _, o := range all {
			if err := a.embed(ctx, []memory.Observation{o}); err != nil {
				if e, ok := errors.AsType[*providers.Error](err); !ok || e.Class != providers.BadRequest {
					return err
				}
				a.log.WarnContext(ctx, "no vector made", "observation", o.ID, "error", err)
			}
		}
		return nil
	}
	if err != nil {
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
		a.spent = append(a.spent, used)
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
