package local

import (
	"slices"
	"strings"
	"testing"

	"claude-mem/memory"
)

func TestEditIsToldByWhatChanged(t *testing.T) {
	tests := []struct {
		name, file, before, after string
		title                     string
	}{
		{"new function", "pkg/day.go", "x := 1", "x := 1\n\n// Local is the day in the zone of the scan.\nfunc Local(s Scan) string {\n\treturn s.Day\n}",
			"Add Local to day.go"},
		{"new method", "pkg/day.go", "", "func (d *Day) Next() Day {\n\treturn d.add(1)\n}", "Add Day.Next to day.go"},
		{"new test", "pkg/day_test.go", "", "func TestNext(t *testing.T) {\n\tcheck(t)\n}", "Add test TestNext to day_test.go"},
		{"function gone", "pkg/day.go", "func old() int {\n\treturn 1\n}\n", "", "Remove old from day.go"},
		{"renamed", "pkg/day.go", "func before(a int) int {", "func after(a int) int {", "Rename before to after in day.go"},
		{"one line", "pkg/day.go", "\treturn s.At.UTC()", "\treturn s.At.In(zone)",
			"Change `return s.At.UTC()` to `return s.At.In(zone)` in day.go"},
		{"argument put in", "pkg/day.go", "\tresult := compute(ctx, first, second, third)",
			"\tresult := compute(ctx, first, second, third, fourthArgument)",
			"Put `, fourthArgument` into `result := compute(ctx, first…` in day.go"},
		{"call added", "pkg/day.go", "\ta()", "\ta()\n\tif err := store.Flush(ctx); err != nil {\n\t\treturn err\n\t}",
			"Add `store.Flush(ctx)` to day.go"},
		{"rewritten body", "pkg/day.go", "\tone := first()\n\ttwo := second()\n\tuse(one, two)",
			"\tall := gather(ctx)\n\tsortAll(all)\n\tuse(all...)",
			"Rework day.go: now uses gather, sortAll"},
		{"python class", "app/model.py", "", "class Parcel(Base):\n    def weigh(self):\n        return 1\n",
			"Add Parcel, weigh to model.py"},
		{"typescript", "web/src/cart.ts", "", "export const total = (items: Item[]) => items.reduce(sum)\n",
			"Add total to cart.ts"},
		{"rust", "src/scan.rs", "", "impl Scan {\n    pub fn day(&self) -> Day {\n        self.day\n    }\n}",
			"Add Scan, day to scan.rs"},
		{"java method", "src/Cart.java", "", "    public int total(List<Item> items) {\n        return 0;\n    }",
			"Add total to Cart.java"},
		{"setting", "ci.yaml", "retries: 1\ntimeout: 20m", "retries: 1\ntimeout: 45m",
			"Change `timeout: 20m` to `timeout: 45m` in ci.yaml"},
		{"new setting", "ci.yaml", "retries: 1", "retries: 1\ncache: true", "Add key cache to ci.yaml"},
		{"section", "docs/USE.md", "# Use\n", "# Use\n\n## Undo a rewind\n\nRun it again with --undo.\n",
			"Add section “Undo a rewind” to “Use” (USE.md)"},
		{"table", "db/002.sql", "", "CREATE TABLE IF NOT EXISTS parcels (\n  id int\n);", "Add parcels to 002.sql"},
		{"folder of a common name", "parser/main.go", "a := 1", "a := parse(1)",
			"Change `a := 1` to `a := parse(1)` in parser/main.go"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := one(t, "", edit(t, tt.file, tt.before, tt.after))
			if d.Metadata.Title != tt.title {
				t.Errorf("title %q\n want %q", d.Metadata.Title, tt.title)
			}
			if !slices.Equal(d.Metadata.FilesModified, []string{tt.file}) {
				t.Errorf("files modified: %q", d.Metadata.FilesModified)
			}
		})
	}
}

func TestEditIsSkippedWhenItSaysNothing(t *testing.T) {
	tests := []struct{ name, file, before, after, reason string }{
		{"imports", "a.go", "import \"fmt\"", "import (\n\t\"fmt\"\n\t\"os\"\n)", "imports only"},
		{"a note to a linter", "a.go", "func (m Model) Init() Cmd {", "//nolint:ireturn // as the interface wants it\nfunc (m Model) Init() Cmd {", "linter only"},
		{"a note to a linter of Python", "a.py", "x = f(y)", "x = f(y)  # noqa: E501", "remark behind code"},
		{"a note to a linter of Rust", "a.rs", "fn main() {", "#[allow(dead_code)]\nfn main() {", "linter only"},
		{"python imports", "a.py", "import os", "import os\nimport sys\nfrom x import y", "imports only"},
		{"indentation", "a.go", "a := 1", "\ta := 1", "nothing but white space"},
		{"nothing", "a.go", "a := 1", "a := 1", "nothing"},
		{"lint directive", "a.go", "a := f() // one", "a := f() //nolint:errcheck // one", "remark"},
		{"plan of the agent", "../../.claude/plans/x.md", "a b c", "a b d", "plan"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantSkip(t, edit(t, tt.file, tt.before, tt.after), tt.reason) })
	}
}

func TestEditNamesTheFunctionAround(t *testing.T) {
	original := "package app\n\ntype Cart struct{}\n\nfunc (c *Cart) Total() int {\n\tn := 0\n\treturn n\n}\n\nfunc other() {\n\treturn\n}\n"
	tests := []struct {
		name     string
		response js
	}{
		{"from the whole file", js{"originalFile": original, "structuredPatch": []js{}}},
		{"from the hunk", js{"structuredPatch": []js{{"lines": []string{" func (c *Cart) Total() int {", "-  n := 0",
			"+  n := sum(c)", "   return n"}}}}},
		{"from a unified diff", js{"returnDisplay": js{"fileDiff": "--- a\n+++ b\n@@ -5,3 +5,3 @@ func (c *Cart) Total() int {\n-\tn := 0\n+\tn := sum(c)\n"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := one(t, "", tool(t, "Edit", js{"file_path": root + "/cart.go", "old_string": "\tn := 0",
				"new_string": "\tn := sum(c)"}, tt.response))
			if want := "Change `n := 0` to `n := sum(c)` in Cart.Total (cart.go)"; d.Metadata.Title != want {
				t.Errorf("title %q\n want %q", d.Metadata.Title, want)
			}
		})
	}
}

func TestEditTellsWhyInTheWordsOfItsComments(t *testing.T) {
	d := one(t, "", edit(t, "zone.go", "use(t)", "// The carrier reports UTC, the customer reads the local day.\nuse(t.In(zone))"))
	if want := "The carrier reports UTC, the customer reads the local day."; d.Metadata.Narrative != want {
		t.Errorf("narrative %q, want %q", d.Metadata.Narrative, want)
	}
	d = one(t, "", edit(t, "zone.go", "", "// Zone finds the zone of a depot. It never fails.\nfunc Zone(d Depot) *time.Location {\n\treturn d.zone\n}"))
	wantFact(t, d.Metadata, "Adds func Zone: finds the zone of a depot.")
}

func TestEditKindFollowsTheEvidence(t *testing.T) {
	tests := []struct{ name, prompt, file, before, after, kind string }{
		{"fix", "the cart crashes when it is empty, please fix", "cart.go", "a()", "b(c)", memory.KindBugfix},
		{"new function", "", "cart.go", "", "func Total() int {\n\treturn 1\n}", memory.KindFeature},
		{"asked to add", "add a discount to the cart", "cart.go", "a(b)", "a(b)\nc(d)", memory.KindFeature},
		{"rename", "", "cart.go", "func a1() {", "func a2() {", memory.KindRefactor},
		{"asked to refactor", "can you extract the totals into a helper", "cart.go", "x(a)", "y(b)", memory.KindRefactor},
		{"documents", "fix the typo in the readme", "README.md", "a cart are shown", "a cart is shown", memory.KindChange},
		{"settings", "add a cache to the pipeline", "ci.yaml", "a: 1", "a: 1\nb: 2", memory.KindChange},
		{"tests", "", "cart_test.go", "", "func TestCart(t *testing.T) {\n\tx(t)\n}", memory.KindChange},
		{"nothing said", "", "cart.go", "a(b)", "c(d)", memory.KindChange},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := one(t, tt.prompt, edit(t, tt.file, tt.before, tt.after)); d.Kind != tt.kind {
				t.Errorf("kind %q, want %q", d.Kind, tt.kind)
			}
		})
	}
}

func TestEveryHostsEditIsUnderstood(t *testing.T) {
	newFunc := "func Total() int {\n\treturn 1\n}\n"
	patch := "*** Begin Patch\n*** Update File: cart.go\n@@ func Sum() int {\n-\treturn 0\n+\treturn total()\n*** End Patch"
	tests := []struct {
		name  string
		event memory.Event
		title string
	}{
		{"Claude Code writes", tool(t, "Write", js{"file_path": root + "/cart.go",
			"content": newFunc}, js{"type": "create"}), "Create cart.go: Total"},
		{"Claude Code overwrites", tool(t, "Write", js{"file_path": root + "/cart.go",
			"content": "a := 1\n" + newFunc}, js{"type": "update", "originalFile": "a := 1\n"}), "Add Total to cart.go"},
		{"several at once", tool(t, "MultiEdit", js{"file_path": root + "/cart.go", "edits": []js{
			{"old_string": "a(b)", "new_string": "a(b)"}, {"old_string": "",
				"new_string": newFunc}}}, nil), "Add Total to cart.go"},
		{"a notebook", tool(t, "NotebookEdit", js{"notebook_path": root + "/n.ipynb",
			"new_source": "def total():\n    return 1"}, nil), "Add total to n.ipynb"},
		{"Codex patches", tool(t, "apply_patch", js{"command": patch}, "Success"), "Change `return 0` to `return total()` in Sum (cart.go)"},
		{"Codex patches in a shell", tool(t, "shell", js{"command": []string{"apply_patch", patch}}, "Success"), "Change `return 0` to `return total()` in Sum (cart.go)"},
		{"Codex adds", tool(t, "apply_patch", "*** Begin Patch\n*** Add File: calc.py\n+def add(a, b):\n+    return a\n*** End Patch", ""), "Create calc.py: add"},
		{"Codex deletes", tool(t, "apply_patch", js{"input": "*** Begin Patch\n*** Delete File: lib/old.py\n*** End Patch"}, ""), "Delete lib/old.py"},
		{"Codex moves", tool(t, "apply_patch", js{"patch": "*** Begin Patch\n*** Update File: a.py\n*** Move to: lib/b.py\n*** End Patch"}, ""), "Move a.py to lib/b.py"},
		{"Gemini replaces", tool(t, "replace", js{"file_path": root + "/cart.go", "old_string": "return 0",
			"new_string": "return 1"}, js{"llmContent": "ok"}),
			"Change `return 0` to `return 1` in cart.go"},
		{"Gemini writes", tool(t, "write_file", js{"file_path": root + "/cart.go", "content": newFunc},
			js{"llmContent": "Successfully created and wrote to new file"}), "Create cart.go: Total"},
		{"an editor tool", tool(t, "str_replace_based_edit_tool", js{"command": "str_replace", "path": root + "/cart.go",
			"old_str": "return 0", "new_str": "return 1"}, "ok"),
			"Change `return 0` to `return 1` in cart.go"},
		{"a client's own form", event(t, "something", js{"toolName": "Edit", "toolInput": js{"path": "cart.go",
			"oldString": "return 0", "newString": "return 1"}}),
			"Change `return 0` to `return 1` in cart.go"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := one(t, "", tt.event); d.Metadata.Title != tt.title {
				t.Errorf("title %q\n want %q", d.Metadata.Title, tt.title)
			}
		})
	}
}

func TestPatchOfSeveralFilesIsOneObservation(t *testing.T) {
	d := one(t, "", tool(t, "apply_patch", js{"command": "*** Begin Patch\n*** Add File: a.py\n+def a():\n+    pass\n*** Add File: b.py\n+def b():\n+    pass\n*** End Patch"}, ""))
	if want := "Create a.py: a, and 1 other file"; d.Metadata.Title != want {
		t.Errorf("title %q, want %q", d.Metadata.Title, want)
	}
	if want := []string{"a.py", "b.py"}; !slices.Equal(d.Metadata.FilesModified, want) {
		t.Errorf("files %q, want %q", d.Metadata.FilesModified, want)
	}
}

func TestFailedEdits(t *testing.T) {
	input := js{"file_path": root + "/cart.go", "old_string": "a(b)", "new_string": "c(d)"}
	wantSkip(t, failed(t, "Edit", input, "Error: String to replace not found in file."), "did not apply")
	d := one(t, "", failed(t, "Edit", input, "Error: EACCES: permission denied, open 'cart.go'"))
	if d.Kind != memory.KindDiscovery || !strings.HasPrefix(d.Metadata.Title, "Cannot edit cart.go: ") {
		t.Errorf("%s: %s", d.Kind, d.Metadata.Title)
	}
}

func TestFilesOutsideOfTheProjectKeepTheirPath(t *testing.T) {
	e := tool(t, "Edit", js{"file_path": "/etc/hosts.conf", "old_string": "a = b", "new_string": "a = c"}, nil)
	if got := one(t, "", e).Metadata.FilesModified; !slices.Equal(got, []string{"/etc/hosts.conf"}) {
		t.Errorf("files %q", got)
	}
	sc := sceneOf(request(`C:\src\app`))
	if got := sc.rel(`C:\src\app\pkg\day.go`, ""); got != "pkg/day.go" {
		t.Errorf("a Windows path became %q", got)
	}
	worktree := event(t, memory.EventToolUse, js{"tool_name": "Edit", "cwd": "/home/you/wt/fix",
		"tool_input": js{"file_path": "/home/you/wt/fix/pkg/day.go", "old_string": "a(b)", "new_string": "c(d)"}})
	if got := one(t, "", worktree).Metadata.FilesModified; !slices.Equal(got, []string{"pkg/day.go"}) {
		t.Errorf("files of a worktree: %q", got)
	}
}

// A list of constants below a function is not part of that function.
func TestEditBelowAFunctionIsNotInIt(t *testing.T) {
	original := "func List() {\n\tcall()\n}\n\nconst (\n\tfirst = 1\n)\n"
	e := tool(t, "Edit", js{"file_path": root + "/pkg/a.go", "old_string": "\tfirst = 1", "new_string": "\tfirst = 1\n\tsecond = \"two words\""},
		js{"filePath": root + "/pkg/a.go", "originalFile": original, "structuredPatch": []js{{
			"oldStart": 1, "oldLines": 7, "newStart": 1, "newLines": 8, "lines": []string{
				" func List() {", " \tcall()", " }", " ", " const (", " \tfirst = 1", "+\tsecond = \"two words\"", " )"},
		}}})
	if title := one(t, "", e).Metadata.Title; strings.Contains(title, "List") || !strings.HasSuffix(title, "a.go") {
		t.Errorf("title %q", title)
	}
}

// Two long lines that differ near their ends are told apart there.
func TestLongLinesAreToldApart(t *testing.T) {
	before := "func (s *Store) commitEverythingToTheActiveBranch(repository *git.Repository, ctx SaveContext) (plumbing.Hash, error) {"
	after := strings.Replace(before, "plumbing.Hash", "commitResult", 1)
	m := one(t, "", edit(t, "pkg/store.go", before, after)).Metadata
	wantFact(t, m, "commitResult, error")
	for _, f := range m.Facts {
		if a, b, ok := strings.Cut(f, " → "); ok && a == b {
			t.Errorf("a fact that says nothing: %s", f)
		}
	}
}
