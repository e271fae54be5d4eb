package id_test

import (
	"slices"
	"testing"

	"claude-mem/internal/id"
)

// Storage breaks ties between events of one millisecond by id, so ids made one
// after the other must sort that way.
func TestNewSortsInOrderOfMaking(t *testing.T) {
	ids := make([]string, 10_000)
	for i := range ids {
		ids[i] = id.New()
	}
	if !slices.IsSorted(ids) {
		t.Error("ids made later sort before earlier ones")
	}
	if n := len(slices.Compact(slices.Clone(ids))); n != len(ids) {
		t.Errorf("%d distinct ids of %d", n, len(ids))
	}
}
