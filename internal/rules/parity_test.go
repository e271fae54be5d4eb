package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"claude-mem/daemon/httpapi"
	"claude-mem/internal/contract"
)

func TestEveryRouteOfTheOriginalIsListed(t *testing.T) {
	var b strings.Builder
	b.WriteString("| route | | instead |\n|---|---|---|\n")
	for _, r := range httpapi.LegacyRoutes() {
		if (r.Parity == httpapi.Unsupported) != (r.Instead != "") {
			t.Errorf("%s %s: what is unsupported names what to use, and nothing else does", r.Method, r.Pattern)
		}
		instead := r.Instead
		if instead != "" && !strings.Contains(instead, "`") && strings.Contains(instead, "/") {
			instead = code(instead)
		}
		fmt.Fprintf(&b, "| `%s %s` | %s | %s |\n", r.Method, r.Pattern, r.Parity, instead)
	}
	compareSection(t, "parity.md", "parity", b.String())
}

func TestEveryDifferenceIsListed(t *testing.T) {
	var b strings.Builder
	b.WriteString("| recorded case | ours | why |\n|---|---|---|\n")
	for _, c := range contract.Cases() {
		switch {
		case c.Solo != 0:
			fmt.Fprintf(&b, "| `%s` | %d, solo | %s |\n", c.Name, c.Solo, c.Why)
		case c.Status != 0:
			fmt.Fprintf(&b, "| `%s` | %d | %s |\n", c.Name, c.Status, c.Why)
		}
	}
	b.WriteString("\nNot replayed:\n\n| recorded case | why |\n|---|---|\n")
	left := contract.Left()
	for _, name := range slices.Sorted(maps.Keys(left)) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, left[name])
	}
	compareSection(t, "parity.md", "differences", b.String())
}
