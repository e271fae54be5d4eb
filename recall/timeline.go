package recall

import (
	"context"
	"fmt"

	"claude-mem/memory"
)

// Limits of a timeline, on each side of the anchor.
const (
	DefaultNeighbours = 10 // where nobody says
	MaxNeighbours     = 100
)

// TimelineInput asks for what happened around a moment: that of the observation
// with number Anchor or, if that is 0, of the best match for Query.
type TimelineInput struct {
	Anchor        int64
	Query         string
	Before, After int // at most MaxNeighbours
}

// Timeline is a stretch of memory in the order things happened.
type Timeline struct {
	Anchor       int64 // the number of the one in question, among the observations
	Observations []memory.Observation
}

// Timeline returns the anchor with its neighbours. It is memory.ErrNotFound when
// there is no such observation or nothing matches.
func (r *Recall) Timeline(ctx context.Context, s memory.Scope, in TimelineInput) (Timeline, error) {
	if in.Anchor == 0 {
		hits, err := r.Search(ctx, s, SearchInput{Query: in.Query, Limit: 1})
		if err != nil {
			return Timeline{}, err
		}
		if len(hits) == 0 {
			return Timeline{}, memory.Errorf(memory.CodeNotFound, "nothing that is remembered matches")
		}
		in.Anchor = hits[0].Number
	}
	around, err := r.store.Around(ctx, s, in.Anchor, min(in.Before, MaxNeighbours), min(in.After, MaxNeighbours))
	if err != nil {
		return Timeline{}, fmt.Errorf("timeline of #%d: %w", in.Anchor, err)
	}
	return Timeline{Anchor: in.Anchor, Observations: around}, nil
}
