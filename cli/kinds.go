package cli

import (
	"fmt"
	"slices"
	"strings"

	"claude-mem/memory"
)

// strangeKinds says which of the kinds no memory gets by itself, or "". They are no
// mistake for certain: a client may write memories of any kind.
func strangeKinds(kinds []string) string {
	known := append(memory.GeneratedKinds(), memory.KindManual, memory.KindSummaryObservation)
	var strange []string
	for _, k := range kinds {
		if !slices.Contains(known, k) {
			strange = append(strange, clean(k))
		}
	}
	if len(strange) == 0 {
		return ""
	}
	return fmt.Sprintf("no memory is of the kind %s unless a client wrote one; the kinds are %s",
		strings.Join(strange, ", "), strings.Join(known, ", "))
}
