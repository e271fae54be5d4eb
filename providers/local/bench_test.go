package local

import (
	"strings"
	"testing"

	"claude-mem/memory"
	"claude-mem/providers"
)

// BenchmarkEvent measures one event of each sort, of the size they have in practice.
func BenchmarkEvent(b *testing.B) {
	file := strings.Repeat("func f() {\n\tuse(a, b)\n}\n\n", 600) // about 15 KB
	for name, e := range map[string]memory.Event{
		"edit": tool(b, "Edit", js{"file_path": root + "/a.go", "old_string": "use(a, b)",
			"new_string": "use(b)"}, js{"originalFile": file}),
		"write": tool(b, "Write", js{"file_path": root + "/a.go", "content": file + "func g() {}\n"},
			js{"type": "update", "originalFile": file}),
		"tests":   failed(b, "Bash", js{"command": "go test ./..."}, "Error: Exit code 1\n"+strings.Repeat("ok  \tapp/pkg\t0.1s\n", 500)+"--- FAIL: TestX (0.0s)"),
		"message": said(b, strings.Repeat("## Changes of the store\n\nThe store reads `zone` now.\n\n- `Depot` has a zone\n", 50)),
		"read":    tool(b, "Read", js{"file_path": root + "/a.go"}, js{"file": js{"content": file}}),
	} {
		b.Run(name, func(b *testing.B) {
			r := providers.Request{Kind: memory.KindEvent, Project: memory.Project{Name: root}, Events: []memory.Event{e}, Prompt: "fix the report, it is a day late"}
			b.SetBytes(int64(len(e.Payload)))
			for b.Loop() {
				if _, err := New().Generate(b.Context(), r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
