package main

import (
	"context"
	"fmt"

	"claude-mem/bench/engines"
	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/recall"
	"claude-mem/storage"
)

// ours asks the product, with one project for each conversation.
type ours struct {
	recall *recall.Recall
	scope  memory.Scope
	turns  map[string]string // ids of turns by those of observations
}

// remember stores each turn as a person would write it down: a manual memory.
func remember(ctx context.Context, s storage.Store, c conversation) (*ours, error) {
	p, err := engines.Project(ctx, s, c.ID)
	if err != nil {
		return nil, err
	}
	o := &ours{recall: recall.New(s), scope: p.Scope(), turns: make(map[string]string)}
	err = s.InTx(ctx, func(tx storage.Tx) error {
		sessions := make(map[int]memory.Opt)
		for _, t := range c.Turns {
			at := memory.EpochOf(t.At)
			if sessions[t.Session] == "" {
				name := fmt.Sprint(t.Session)
				made, _, err := tx.EnsureSession(ctx, memory.Session{
					ID: id.New(), TeamID: p.TeamID, ProjectID: p.ID, ExternalSessionID: memory.Opt(name), DedupeKey: "ext:" + name,
					GenerationStatus: "idle", StartedAt: at, CreatedAt: at, UpdatedAt: at,
				})
				if err != nil {
					return err
				}
				sessions[t.Session] = memory.Opt(made.ID)
			}
			stored, _, err := tx.PutObservation(ctx, memory.Observation{
				ID: id.New(), TeamID: p.TeamID, ProjectID: p.ID, SessionID: sessions[t.Session], Kind: memory.KindManual,
				Content: t.Text, OccurredAt: at, CreatedAt: at, UpdatedAt: at,
			})
			if err != nil {
				return err
			}
			o.turns[stored.ID] = t.ID
		}
		return nil
	})
	return o, err
}

// find implements finder.
func (o *ours) find(ctx context.Context, question string) ([]string, error) {
	hits, err := o.recall.Search(ctx, o.scope, recall.SearchInput{Query: question, Limit: found})
	ids := make([]string, len(hits))
	for i, h := range hits {
		ids[i] = o.turns[h.ID]
	}
	return ids, err
}
