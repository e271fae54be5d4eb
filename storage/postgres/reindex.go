package postgres

import (
	"context"
	"fmt"

	"claude-mem/internal/termlist"
	"claude-mem/memory"
	"claude-mem/storage"
)

// reindexBatch is how many observations are indexed in one transaction.
const reindexBatch = 200

// reindex indexes what a migration left unindexed. It may be interrupted at any time
// and goes on when a store is opened again; several processes share the work.
func (s *Store) reindex(ctx context.Context) error {
	for {
		var done int
		err := s.InTx(ctx, func(t storage.Tx) (err error) {
			done, err = t.(*tx).reindex(ctx)
			return err
		})
		if err != nil {
			return fmt.Errorf("index what was stored before: %w", err)
		}
		if done == 0 {
			return nil
		}
	}
}

func (t *tx) reindex(ctx context.Context) (int, error) {
	// The claim is the deletion: others skip the rows that are being deleted.
	numbers, err := all(ctx, t.q, value[int64], sql(`DELETE FROM observations_unindexed WHERE number IN
		(SELECT number FROM observations_unindexed ORDER BY number LIMIT ? FOR UPDATE SKIP LOCKED) RETURNING number`, reindexBatch))
	if err != nil {
		return 0, err
	}
	left, err := all(ctx, t.q, readObservation, sql(selectObservation+`o.number = ANY(?::bigint[])`, numbers))
	if err != nil {
		return 0, err
	}
	for _, o := range left {
		if err := t.index(ctx, o); err != nil {
			return 0, err
		}
	}
	return len(numbers), nil
}

// index replaces what the observation is found and ranked by, and learns its words.
func (t *tx) index(ctx context.Context, o memory.Observation) error {
	terms := termlist.Of(o)
	t.learn(o.Scope(), terms.Words)
	return t.later(ctx, sql(`UPDATE observations SET thread = ?, list = ?, terms = ?::text::tsvector WHERE number = ?`,
		termlist.Thread(o), terms.Encode(), newVector(o, terms).String(), o.Number))
}
