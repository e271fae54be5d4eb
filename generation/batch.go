package generation

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"claude-mem/memory"
	"claude-mem/storage"
)

// maxPrompts is how many of the user's prompts go with a batch.
const maxPrompts = 20

// loadBatch loads the events of the batch, and the prompts that came between them:
// owed is what a batch is for, but a provider has to know what it was done for.
func (a *attempt) loadBatch(ctx context.Context, in *input) error {
	events, err := a.Store.BatchEvents(ctx, a.job.Scope(), a.job.ID)
	if err != nil {
		return fmt.Errorf("load batch: %w", err)
	}
	if len(events) == 0 {
		in.skip = "the events are gone"
		return nil
	}
	in.owed = events
	var between []memory.Event
	for at := events[len(events)-1].OccurredAt; len(between) < maxPrompts; {
		p, err := a.lastPrompt(ctx, at)
		if err != nil {
			return err
		}
		if p.ID == "" || p.OccurredAt <= events[0].OccurredAt {
			break
		}
		between = append(between, p)
		at = p.OccurredAt - 1
	}
	// The one that was there before the first event is the request's own, not an event.
	before, err := a.lastPrompt(ctx, events[0].OccurredAt)
	if err != nil {
		return err
	}
	in.Prompt = promptText(before)
	in.Events = append(slices.Clone(events), between...)
	slices.SortFunc(in.Events, func(x, y memory.Event) int {
		return cmp.Or(cmp.Compare(x.OccurredAt, y.OccurredAt), cmp.Compare(x.ID, y.ID))
	})
	return nil
}

// results tells what became of each event of a batch: what its job's result says, but
// of that event alone.
func (a *attempt) results(in input, end ending) []storage.BatchResult {
	if a.job.Kind != memory.KindBatch {
		return nil
	}
	cited := make(map[string]bool)
	for _, m := range end.made {
		for _, s := range m.sources {
			cited[s.SourceID] = true
		}
	}
	out := make([]storage.BatchResult, len(in.owed))
	for i, e := range in.owed {
		out[i] = storage.BatchResult{EventID: e.ID, Result: end.Result}
		switch why, filtered := in.filtered[e.ID]; {
		case filtered:
			out[i].Result = skippedBecause(why)
		case len(end.made) > 0 && !cited[e.ID]:
			out[i].Result = "skipped: nothing of it was worth remembering"
		}
	}
	return out
}
