package storage

import (
	"context"

	"claude-mem/memory"
)

// Vector is where an observation stands in the space of an embedding model. What counts
// is the direction. Seq grows with every vector that is stored.
type Vector struct {
	Number int64  // of the observation
	Seq    int64  // given by the store
	Values []byte // an int8 for each dimension
}

// Place is where a list of observations, newest first, goes on: behind the one that
// occurred then and has that number. The zero Place is its beginning.
type Place struct {
	OccurredAt memory.Epoch
	Number     int64
}

// VectorReader finds vectors.
type VectorReader interface {
	// Vectors lists up to limit vectors of the model that were stored after seq, in the
	// order of their storing.
	Vectors(ctx context.Context, s memory.Scope, model string, seq int64, limit int) ([]Vector, error)
	// CountVectors counts those of the model.
	CountVectors(ctx context.Context, s memory.Scope, model string) (int64, error)
	// WithoutVector lists up to limit observations that have no vector of the model, in
	// the order of Observations, from a place on.
	WithoutVector(ctx context.Context, s memory.Scope, model string, from Place, limit int) ([]memory.Observation, error)
}

// VectorWriter stores vectors. They go with their observation, and when it is changed.
type VectorWriter interface {
	// PutVectors stores vectors of a model in place of those there were. A vector of an
	// observation that is not there, or not in the project, is left out.
	PutVectors(ctx context.Context, s memory.Scope, model string, vectors ...Vector) error
}

// NearestFinder is a Store that can compare vectors itself.
type NearestFinder interface {
	// Nearest lists up to n observations by number whose vectors of the model are as long
	// as the direction and less than a right angle away from it, the nearest first (of
	// equals the highest number). If ok is false the engine cannot do it now: compare
	// what Vectors lists.
	Nearest(ctx context.Context, s memory.Scope, model string, direction []int8, n int) (numbers []int64, ok bool, err error)
}
