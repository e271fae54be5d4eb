package rules

import (
	"fmt"
	"strings"
	"testing"

	"claude-mem/daemon/httpapi"
)

func TestEveryRouteIsDocumented(t *testing.T) {
	var b strings.Builder
	b.WriteString("| route | scope | what it does |\n|---|---|---|\n")
	for _, r := range httpapi.Routes() {
		if r.Doc == "" {
			t.Errorf("%s %s has no documentation", r.Method, r.Pattern)
		}
		doc := r.Doc
		if r.Limit > 0 {
			doc += fmt.Sprintf(" Body at most %d MiB.", r.Limit>>20)
		}
		fmt.Fprintf(&b, "| `%s %s` | %s | %s |\n", r.Method, r.Pattern, code(r.Scope), doc)
	}
	compareSection(t, "http.md", "routes", b.String())
}
