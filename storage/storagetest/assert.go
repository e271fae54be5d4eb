package storagetest

import (
	"errors"
	"fmt"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// same checks that two values are equal; an empty list is the same as none.
func (f *fixture) same(what string, got, want any) {
	f.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		f.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// fails checks that err is of the wanted kind.
func (f *fixture) fails(what string, err, want error) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Errorf("%s: got %v, want %v", what, err, want)
	}
}

// ok ends the test if err is not nil.
func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// ids projects values to something short to compare and to read in a failure.
func ids[T, K any](vs []T, key func(T) K) []K {
	out := make([]K, len(vs))
	for i, v := range vs {
		out[i] = key(v)
	}
	return out
}

// nth names things in order.
func nth(prefix string, n int) string { return fmt.Sprintf("%s-%03d", prefix, n) }
