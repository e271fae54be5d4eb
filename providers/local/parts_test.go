package local

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"claude-mem/memory"
)

func TestDeclaredReadsEveryFamilyOfLanguages(t *testing.T) {
	tests := []struct{ file, row, word, name string }{
		{"a.go", "func Total(items []Item) int {", "func", "Total"},
		{"a.go", "func (c *Cart[T]) Total() int {", "func", "Cart.Total"},
		{"a.go", "func TestTotal(t *testing.T) {", "test", "TestTotal"},
		{"a.go", "type Cart struct {", "type", "Cart"},
		{"a.go", "const limit = 3", "const", "limit"},
		{"a.go", "\tvar local = 3", "", ""},
		{"a.go", "\tif total() {", "", ""},
		{"a.py", "    async def weigh(self):", "func", "weigh"},
		{"a.py", "class Parcel(Base):", "class", "Parcel"},
		{"a.py", "def test_weigh():", "test", "test_weigh"},
		{"a.ts", "export default async function load() {", "func", "load"},
		{"a.ts", "  private render(item: Item): void {", "func", "render"},
		{"a.ts", "export const total = (a: number) => a", "func", "total"},
		{"a.ts", "  items.forEach((i) => {", "", ""},
		{"a.ts", "  for (const i of items) {", "", ""},
		{"a.ts", "export interface Cart {", "interface", "Cart"},
		{"a.test.ts", "  it('adds items', () => {", "test", "“adds items”"},
		{"a.rs", "    pub fn day(&self) -> Day {", "func", "day"},
		{"a.rs", "impl<T> Reader for Scan<T> {", "impl", "Scan"},
		{"a.rs", "pub enum Day {", "enum", "Day"},
		{"A.java", "    public static int total(List<Item> items) {", "func", "total"},
		{"A.java", "public abstract class Cart {", "class", "Cart"},
		{"a.kt", "    override fun total(): Int {", "func", "total"},
		{"a.c", "static int total(struct cart *c) {", "func", "total"},
		{"a.c", "    while (next(c)) {", "", ""},
		{"a.rb", "  def paid?", "func", "paid"},
		{"a.sh", "deploy() {", "func", "deploy"},
		{"a.md", "## How it works", "section", "“How it works”"},
		{"a.md", "#hashtag", "", ""},
		{"a.yaml", "  timeout: 45m", "key", "timeout"},
		{"a.toml", "[tool.lint]", "section", "tool.lint"},
		{"a.ini", "; note = x y", "", ""},
		{"a.json", `  "version": 2,`, "key", "version"},
		{"a.sql", "create unique index if not exists by_day on scans (day)", "index", "by_day"},
		{"a.css", ".cart > li {", "rule", ".cart > li"},
		{"a.txt", "func no() {", "", ""},
		{"a.go", "", "", ""},
	}
	for _, tt := range tests {
		got, ok := declared(langOf(tt.file), tt.row)
		if ok != (tt.name != "") || got.word != tt.word || got.name != tt.name {
			t.Errorf("%s in %s: %+v", tt.row, tt.file, got)
		}
	}
}

func TestWithinWalksOutwards(t *testing.T) {
	tests := []struct{ file, above, changed, want string }{
		{"a.py", "class Parcel:\n    def weigh(self):\n        a = 1", "        return a", "Parcel.weigh"},
		{"a.ts", "class Cart {\n  total() {\n    const a = 1", "    return a", "Cart.total"},
		{"a.test.ts", "describe('cart', () => {\n  it('adds', () => {", "    expect(a)", "“cart” › “adds”"},
		{"a.yaml", "jobs:\n  test:\n    steps: []\n    env:", "      A: 1", "jobs.test.env"},
		{"a.md", "# Use\n\n## Undo\n\ntext", "more text", "“Undo”"},
		{"a.go", "func a() {\n\treturn\n}\n", "var b = 1", ""},
		{"a.toml", "[tool.lint]\nx = 1", "y = 2", "tool.lint"},
		{"a.yaml", "on: push\njobs:\n  - name: a", "    run: b", "jobs"},
	}
	for _, tt := range tests {
		ch := change{path: tt.file, above: lines(tt.above), diff: []diffLine{{'+', tt.changed}}}
		if got := ch.within(); got != tt.want {
			t.Errorf("%s: within %q, want %q", tt.file, got, tt.want)
		}
	}
}

// sides are the old and the new text of a diff.
func sides(diff []diffLine) (before, after []string) {
	for _, d := range diff {
		if d.op != '+' {
			before = append(before, d.text)
		}
		if d.op != '-' {
			after = append(after, d.text)
		}
	}
	return before, after
}

func TestDiffHoldsBothTexts(t *testing.T) {
	row := rapid.SampledFrom([]string{"a", "b", "c", " a", "a(b)", "}", "x := 1", "\tx := 1"})
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SliceOfN(row, 1, 30).Draw(t, "before"), rapid.SliceOfN(row, 1, 30).Draw(t, "after")
		diff := compare(strings.Join(a, "\n"), strings.Join(b, "\n"))
		before, after := sides(diff)
		if !slices.Equal(before, a) || !slices.Equal(after, b) {
			t.Errorf("the diff %v turns %q into %q", diff, before, after)
		}
		// What a formatter did is gone, what was changed is not.
		before, after = sides(realigned(diff))
		if squeezed(before) != squeezed(a) || squeezed(after) != squeezed(b) {
			t.Errorf("realigned: %q into %q", before, after)
		}
	})
}

func TestDiffOfSameTextsIsAllContext(t *testing.T) {
	for _, d := range compare("a\nb\nc", "a\nb\nc") {
		if d.op != ' ' {
			t.Errorf("%c%s", d.op, d.text)
		}
	}
}

func TestDiffOfHugeTextsIsQuickAndWhole(t *testing.T) {
	var a, b []string
	for i := range 5000 {
		a = append(a, "old "+strings.Repeat("x", i%7))
		b = append(b, "new "+strings.Repeat("y", i%7))
	}
	diff := compare(strings.Join(a, "\n"), strings.Join(b, "\n"))
	if before, after := sides(realigned(diff)); len(before) != 5000 || len(after) != 5000 {
		t.Errorf("%d and %d lines", len(before), len(after))
	}
}

func TestUnifiedDiffIsRead(t *testing.T) {
	diff, section := parseUnified("Index: a\n--- a\n+++ b\n@@ -1,3 +1,3 @@ func a() {\n x\n-y\n+z\n\\ No newline at end of file\n")
	if want := []diffLine{{' ', "x"}, {'-', "y"}, {'+', "z"}}; !slices.Equal(diff, want) || section != "func a() {" {
		t.Errorf("%v in %q", diff, section)
	}
}

func TestNarrowFindsWhatDiffers(t *testing.T) {
	for _, tt := range [][4]string{
		{"run(ctx, a)", "run(ctx, a, b)", "", ", b"},
		{"timeout: 20m", "timeout: 45m", "20m", "45m"},
		{"return oldName(x)", "return newName(x)", "oldName", "newName"},
		{"same", "same", "", ""},
		{"", "all", "", "all"},
	} {
		if gone, come := narrow(tt[0], tt[1]); gone != tt[2] || come != tt[3] {
			t.Errorf("%q to %q: %q, %q", tt[0], tt[1], gone, come)
		}
	}
}

func TestCallees(t *testing.T) {
	rows := []string{"if err := store.Flush(ctx); err != nil {", "// ignore(this)", "x := append(list, parse(a))", "func declared(a int) {", "for range 3 {", "return fmt.Errorf(msg)", "a()"}
	if got, want := callees(golang, rows), []string{"store.Flush", "parse"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := callees(markdown, rows); got != nil {
		t.Errorf("prose calls %q", got)
	}
}

func TestClipKeepsItsLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, limit := rapid.String().Draw(t, "text"), rapid.IntRange(4, 60).Draw(t, "limit")
		got := clip(s, limit)
		if utf8.RuneCountInString(got) > limit {
			t.Errorf("%q became %q", s, got)
		}
		if utf8.RuneCountInString(s) <= limit && got != s {
			t.Errorf("%q was cut to %q without need", s, got)
		}
	})
	if got, want := clip("the `name of a thing` here", 16), "the `name of…`"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestBulletsShareTheirRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.StringMatching("[a-z ]{1,400}"), 0, 30).Draw(t, "texts")
		limit := rapid.IntRange(100, 1000).Draw(t, "limit")
		got := bullets(all, limit)
		rows := strings.Count(got, "\n") + 1
		if n := utf8.RuneCountInString(got); n > limit+80*2+rows*3 {
			t.Errorf("%d characters for a limit of %d", n, limit)
		}
	})
	many := make([]string, 40)
	for i := range many {
		many[i] = strings.Repeat(string(rune('a'+i%26)), 60+i)
	}
	if got := bullets(many, 300); !strings.Contains(got, "more)") || !strings.HasPrefix(got, "- aaa") {
		t.Errorf("what was left out is not told: %s", got)
	}
}

func TestWordsAreWhole(t *testing.T) {
	for _, tt := range []struct {
		text, word string
		want       bool
	}{
		{"fix it", "fix", true}, {"prefix it", "fix", false}, {"fixing it", "fix", false}, {"fixing it", "fix*", true},
		{"a bug.", "bug", true}, {"debug", "bug", false}, {"", "bug", false}, {"büg", "g", false},
	} {
		if hasWord(tt.text, tt.word) != tt.want {
			t.Errorf("%q holds %q: %t", tt.text, tt.word, !tt.want)
		}
	}
}

func TestPrintableDropsWhatTerminalsActOn(t *testing.T) {
	if got, want := oneLine("\x1b[1;31mred\x1b[0m  a\tb\r\n\x00c\u202e\xff d"), "red a b c d"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestFlattenFindsTheTextOfAnyResult(t *testing.T) {
	for raw, want := range map[string]string{
		`"text"`:                               "text",
		`{"stdout":"a","stderr":"b"}`:          "a\nb",
		`[{"type":"text","text":"a"},"b"]`:     "a\nb",
		`{"content":[{"text":"a"}]}`:           "a",
		`{"result":"a","text":""}`:             "a",
		`{"llmContent":[{"text":"a"}]}`:        "a",
		`{"a":1}`:                              "",
		`null`:                                 "",
		`7`:                                    "",
		`[[[[[[[[["too deep"]]]]]]]]]`:         "",
		`{"results":["a",{"content":"b"}]}`:    "a\nb",
		`{"error":"boom","filenames":["x"]}`:   "boom",
		`{"message":{"content":{"text":"a"}}}`: "a",
	} {
		var v any
		if err := json.Unmarshal([]byte(raw), &v); err != nil {
			t.Fatal(err)
		}
		if got := flatten(v); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}

func TestOutcomeReadsWhatRunnersPrint(t *testing.T) {
	tests := []struct {
		name, out        string
		failing, passing []string
		counts           string
		packages         int
	}{
		{"go", "--- FAIL: TestA (0.1s)\n    --- FAIL: TestA/x (0.0s)\n--- PASS: TestB (0.0s)\nok  \tapp\t0.1s", []string{"TestA", "TestA/x"}, []string{"TestB"}, "", 1},
		{"pytest", "FAILED tests/a.py::test_a - assert\n==== 1 failed, 3 passed in 0.2s ====", []string{"tests/a.py::test_a"}, nil, "1 failed, 3 passed in 0.2s", 0},
		{"jest", "  ✕ adds (3 ms)\n  ✓ drops (1 ms)\nTests:       1 failed, 1 passed, 2 total", []string{"adds"}, []string{"drops"}, "Tests:       1 failed, 1 passed, 2 total", 0},
		{"bun", "(fail) cart > adds [0.1ms]\n(pass) cart > drops", []string{"cart > adds [0.1ms]"}, []string{"cart > drops"}, "", 0},
		{"tap", "not ok 1 - adds", []string{"1"}, nil, "", 0},
		{"cargo", "test a::b ... FAILED\ntest a::c ... ok", []string{"a::b"}, []string{"a::c"}, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := outcomeOf(&call{text: tt.out, failed: true}, checks)
			if !slices.Equal(o.failing, tt.failing) || !slices.Equal(o.passing, tt.passing) || o.counts != tt.counts || o.packages != tt.packages {
				t.Errorf("%+v", o)
			}
		})
	}
}

func TestErrorsAreOrderedByWhatTheySay(t *testing.T) {
	out := "cart_test.go:10: session A has 1 checkpoint\ncart_test.go:12: got 1, want 2\nmain.go:3: INFO start\ngoroutine 1:\n\t/go/src/testing.go:1872 +0x190\n"
	o := outcomeOf(&call{err: out, failed: true}, tests)
	if want := []string{"cart_test.go:12: got 1, want 2", "cart_test.go:10: session A has 1 checkpoint"}; !slices.Equal(o.errors[:2], want) {
		t.Errorf("%q", o.errors)
	}
	if slices.ContainsFunc(o.errors, func(e string) bool { return strings.Contains(e, "0x190") }) {
		t.Errorf("a stack is no error line: %q", o.errors)
	}
	if got, want := shortPlace("/home/x/pkg/a.go:10:2: undefined: b"), "a.go:10: undefined: b"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestPurposeOfCommands(t *testing.T) {
	for command, want := range map[string]action{
		"ls": looks, "git status": looks, "git commit -m x": history, "git -C sub push": history, "gh issue close 3": history, "gh pr list": looks,
		"make": runs, "make test": tests, "make lint": checks, "just deploy": deploys, "mise run test:ci": tests, "npm run build": checks, "npm publish": deploys,
		"yarn add left": installs, "yarn test": tests, "cargo clippy": checks, "cargo add serde": installs, "cargo nextest run": tests, "go vet ./...": checks,
		"pip install x": installs, "uv pip install x": installs, "apt-get install -y jq": installs, "brew list": looks, "docker build .": checks, "docker push x": deploys,
		"docker compose up -d": deploys, "docker run x": runs, "terraform apply": deploys, "systemctl restart app": deploys, "./test.sh": tests, "python x.py": runs,
		"rm x": files, "rm -f /tmp/x": looks, "mv a b": files, "sed -i s/a/b/ x": files, "sed s/a/b/ x": looks, "curl -s x": runs, "pytest --help": looks, "dotnet test": tests,
		"alembic upgrade head": deploys, "npx prettier -w .": checks, "": looks, "dotnet run -- test": runs,
	} {
		var got action
		if _, got = principal(split(command)); got != want {
			t.Errorf("%q is for %d, want %d", command, got, want)
		}
	}
}

func TestReadTakesAnyPayload(t *testing.T) {
	for _, raw := range []string{``, `null`, `7`, `"text"`, `[]`, `{}`, `{"tool_name":7}`, `{"tool_name":"Bash"}`, `{"tool_name":"Bash","tool_input":"ls"}`,
		`{"tool_name":"Bash","tool_input":[1]}`, `{"prompt":{"a":1}}`, `{"tool_name":"Edit","tool_input":{"file_path":7,"edits":[7]}}`, `{"tool_input":{"command":"x"}}`,
		`{"tool_name":"Edit","tool_response":{"structuredPatch":[{"lines":[7,"+a"]},7]}}`, "\xff", `{"tool_name":"apply_patch","tool_input":"*** Begin Patch\n+x"}`} {
		for _, kind := range []string{memory.EventToolUse, memory.EventUserPrompt, memory.EventAssistantMessage, "other"} {
			out := generate(t, memory.KindEvent, "", memory.Event{EventType: kind, Payload: json.RawMessage(raw)})
			checkResponse(t, memory.KindEvent, out)
		}
	}
	if s := read(memory.Event{EventType: "note", Payload: json.RawMessage(`"The zone of the depot is what counts."`)}); s.message == "" {
		t.Error("a bare text is no message")
	}
}
