package local

import (
	"slices"
	"strings"
	"testing"

	"claude-mem/memory"
	"claude-mem/providers"
)

func TestCommandsThatOnlyLookAreSkipped(t *testing.T) {
	for _, command := range []string{
		"ls -la", "cat main.go", "cd pkg && pwd", "echo hi", "grep -rn foo . | head", "git status && git diff --stat",
		"git log --oneline | head -5",
		"find . -name '*.go' | xargs wc -l", "sed -n 1,20p main.go", "FOO=1 git show HEAD", "echo done > /tmp/x",
		"ls 2>/dev/null || true", "go run . --help", "go version",
		"gh pr view 12", "docker ps", "npm ls", "cat <<'EOF'\ngo test\nEOF", "# go test ./...", "kill %1", "git add -A",
		"git fetch && git checkout main",
	} {
		t.Run(command, func(t *testing.T) { wantSkip(t, bash(t, command, "some output"), "looking around") })
	}
	wantSkip(t, failed(t, "Bash", js{"command": "ls nowhere"}, "Error: Exit code 1\nls: nowhere: No such file or directory"), "looking around")
	wantSkip(t, bash(t, "golangci-lint run", "0 issues."), "routine check")
	wantSkip(t, bash(t, "go build ./...", ""), "routine check")
	wantSkip(t, bash(t, "npm ci", "added 300 packages"), "routine set-up")
	wantSkip(t, bash(t, "python scripts/count.py", "12"), "one-off")
	wantSkip(t, tool(t, "Bash", js{}, "x"), "no command")
}

func TestCommandsAreToldByWhatTheyDid(t *testing.T) {
	tests := []struct{ command, out, kind, title string }{
		{`git commit -m "fix(day): read the day in the depot's zone"`, "[main 1a2b3c4] fix(day): read the day in the depot's zone\n 2 files changed, 9 insertions(+)", memory.KindBugfix,
			"Commit: fix(day): read the day in the depot's zone"},
		{"git add -A && git commit -am 'Add zones'", "[zones 1a2b3c4] Add zones", memory.KindFeature, "Commit: Add zones"},
		{"git push -u origin zones", "To github.com:you/app.git\n * [new branch]      zones -> zones", memory.KindChange, "Push zones"},
		{"git push --force-with-lease", "To github.com:you/app.git\n + 1a2...3c4 zones -> zones (forced update)", memory.KindChange, "Push zones (forced)"},
		{`gh pr create --title "Read days in their zone" --body "Why: parcels were a day late."`, "https://github.com/you/app/pull/7", memory.KindChange,
			"Create pull request: Read days in their zone"},
		{"go get golang.org/x/sync@latest", "go: added", memory.KindChange, "Install golang.org/x/sync@latest (go)"},
		{"npm install --save-dev vitest jsdom", "added 2", memory.KindChange, "Install vitest, jsdom (npm)"},
		{"git mv a.go b.go && git mv a_test.go b_test.go", "", memory.KindRefactor, "Move a.go to b.go, and 1 more like it"},
		{"rm -rf pkg/old", "", memory.KindChange, "Delete pkg/old"},
		{"sed -i 's/a/b/' x.go y.go", "", memory.KindChange, "Rewrite x.go, y.go with `s/a/b/`"},
		{"cat > notes.md <<'EOF'\nhello there\nEOF", "", memory.KindChange, "Write notes.md from the shell"},
		{"alembic upgrade head", "Running upgrade 1 -> 2", memory.KindChange, "Run `alembic upgrade head`"},
		{"kubectl apply -f k8s/", "deployment configured", memory.KindChange, "Run `kubectl apply -f k8s/`"},
		{"git rebase main", "Successfully rebased", memory.KindChange, "Run `git rebase main`"},
	}
	for _, tt := range tests {
		t.Run(tt.command, func(t *testing.T) {
			d := one(t, "", bash(t, tt.command, tt.out))
			if d.Kind != tt.kind || d.Metadata.Title != tt.title {
				t.Errorf("%s: %s\nwant %s: %s", d.Kind, d.Metadata.Title, tt.kind, tt.title)
			}
		})
	}
}

// That tests pass is remembered where something had failed, and nothing passed since; that
// they pass as ever tells nothing.
func TestPassingTestsAreToldAfterAFailure(t *testing.T) {
	for _, tt := range []struct{ command, out, title string }{
		{"go test ./...", "ok  \tapp/a\t0.1s\nok  \tapp/b\t0.2s", "Tests pass: go test ./..."},
		{"cd pkg && go test -run TestDay -v ./day", "=== RUN TestDay\n--- PASS: TestDay (0.00s)\nok  \tapp/day\t0.1s", "Tests pass: TestDay (go test)"},
		{"pytest -k leap", "2 passed in 0.1s", "Tests pass: leap (pytest)"},
		{"timeout 60 npm test 2>&1 | tail -20", "Tests: 12 passed, 12 total", "Tests pass: npm test"},
	} {
		for _, failure := range []string{"1 test fails: TestLeap", "3 tests fail: TestDay, TestLeap, TestZone",
			"Tests do not run: day.go:7: undefined: zone", "`go build ./...` fails: day.go:7: undefined: zone"} {
			if d := after(t, bash(t, tt.command, tt.out), "Add Zone to day.go", failure); len(d) != 1 || d[0].Metadata.Title != tt.title || d[0].Kind != memory.KindDiscovery {
				t.Errorf("%s after %q: %+v", tt.command, failure, d)
			}
			if d := after(t, bash(t, tt.command, tt.out), "Tests pass: make check", failure); len(d) != 0 {
				t.Errorf("%s, which passed before: %+v", tt.command, d)
			}
		}
		if d := after(t, bash(t, tt.command, tt.out), "`golangci-lint run` fails: day.go:7: unused (unused)"); len(d) != 0 {
			t.Errorf("%s, which says nothing about the linter: %+v", tt.command, d)
		}
		wantSkip(t, bash(t, tt.command, tt.out), "nothing failed before")
	}
}

// after asks for the observations of an event of a session that remembers the titles, the
// newest first.
func after(t *testing.T, e memory.Event, recent ...string) []providers.Draft {
	t.Helper()
	out, err := New().Generate(t.Context(), providers.Request{
		Kind: memory.KindEvent, Project: memory.Project{Name: root}, Events: []memory.Event{e}, Recent: recent,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Observations
}

func TestFailuresAreToldByTheirCause(t *testing.T) {
	tests := []struct{ name, command, err, title string }{
		{"go test", "go test ./...", "Error: Exit code 1\n--- FAIL: TestDay (0.00s)\n    --- FAIL: TestDay/leap (0.00s)\n    day_test.go:12: got 1, want 2\nFAIL",
			"1 test fails: TestDay"},
		{"go build in tests", "go test ./...", "Error: Exit code 1\n# app\npkg/day.go:7:2: undefined: zone\nFAIL\tapp [build failed]", "Tests do not run: day.go:7: undefined: zone"},
		{"pytest", "pytest -q", "Error: Exit code 1\nFAILED tests/test_day.py::test_leap - assert 1 == 2\n1 failed, 3 passed",
			"1 test fails: tests/test_day.py::test_leap"},
		{"jest", "npx jest", "Error: Exit code 1\n  ✕ adds items (3 ms)\n  ✓ removes items (1 ms)\nTests: 1 failed, 1 passed",
			"1 test fails: adds items"},
		{"cargo", "cargo test", "Error: Exit code 101\ntest day::leap ... FAILED\ntest day::next ... ok",
			"1 test fails: day::leap"},
		{"lint", "golangci-lint run", "Error: Exit code 1\ncmd/a.go:10:2: error is not nil but it returns nil (nilerr)",
			"`golangci-lint run` fails: a.go:10: error is not nil but it returns nil (nilerr)"},
		{"command", "python tool.py", "Error: Exit code 1\nTraceback (most recent call last):\n  File \"tool.py\", line 3\nValueError: no depot named x", "`python tool.py` fails: ValueError: no depot named x"},
		{"git", "git push", "Error: Exit code 1\nerror: failed to push some refs to 'github.com:you/app'",
			"`git push` fails: failed to push some refs to 'github.com:you/app'"},
		{"chain", "go build -o x . && ./deploy.sh now", "Error: Exit code 2\nfatal: no such depot",
			"`deploy.sh now` fails: fatal: no such depot"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := one(t, "", failed(t, "Bash", js{"command": tt.command}, tt.err))
			if d.Kind != memory.KindDiscovery || d.Metadata.Title != tt.title {
				t.Errorf("%s: %s\nwant %s", d.Kind, d.Metadata.Title, tt.title)
			}
			if !slices.Contains(d.Metadata.Concepts, gotcha) {
				t.Errorf("concepts %q", d.Metadata.Concepts)
			}
		})
	}
}

func TestFailuresThatHostsHideAreSeen(t *testing.T) {
	tests := []struct {
		name  string
		event memory.Event
	}{
		{"behind a pipe", bash(t, "go test ./... | tail -3", "--- FAIL: TestDay (0.00s)\nFAIL\tapp\t0.1s")},
		{"exit code in an object", tool(t, "Bash", js{"command": "go test ./..."}, js{"stdout": "--- FAIL: TestDay (0.00s)",
			"exitCode": 1})},
		{"Codex has no code", tool(t, "Bash", js{"command": "go test ./..."}, "--- FAIL: TestDay (0.00s)\nFAIL\n")},
		{"Gemini writes it out", tool(t, "run_shell_command", js{"command": "go test ./..."}, js{"llmContent": "Output: --- FAIL: x\n--- FAIL: TestDay (0.00s)\nExit Code: 1"})},
		{"a client's own form", event(t, "ToolCall", js{"tool": "bash",
			"toolInput": js{"cmd": "go test ./..."}, "toolResponse": js{"is_error": true, "output": "--- FAIL: TestDay (0.00s)"}})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := one(t, "", tt.event); !strings.Contains(d.Metadata.Title, "TestDay") || !strings.Contains(d.Metadata.Title, "fail") {
				t.Errorf("title %q", d.Metadata.Title)
			}
		})
	}
}

func TestCommitTellsItsBody(t *testing.T) {
	command := "git commit -m \"$(cat <<'EOF'\nfeat: read days in their zone\n\nParcels were shown a day late.\n\n- Add Zone to Depot\n- Use it in the report\n\nCo-Authored-By: Somebody <a@example.com>\nEOF\n)\""
	m := one(t, "", bash(t, command, "[zones 1a2b3c4] feat: read days in their zone\n 3 files changed, 20 insertions(+), 1 deletion(-)")).Metadata
	if m.Title != "Commit: feat: read days in their zone" || m.Narrative != "Parcels were shown a day late." {
		t.Errorf("%q: %q", m.Title, m.Narrative)
	}
	for _, fact := range []string{"Add Zone to Depot", "Commit 1a2b3c4 on zones", "3 files changed, 20 insertions(+), 1 deletion(-)"} {
		wantFact(t, m, fact)
	}
	if strings.Contains(strings.Join(m.Facts, "\n")+m.Narrative, "Co-Authored") {
		t.Error("the trailer is told")
	}
}

func TestErrorsPointIntoFiles(t *testing.T) {
	d := one(t, "", failed(t, "Bash", js{"command": "go vet ./..."}, "Exit code 1\n./pkg/day.go:3:1: missing return\n"+root+"/pkg/zone.go:9:2: undefined: x"))
	if want := []string{"pkg/day.go", "pkg/zone.go"}; !slices.Equal(d.Metadata.FilesRead, want) {
		t.Errorf("files %q, want %q", d.Metadata.FilesRead, want)
	}
}

func TestSplitTakesShellLinesApart(t *testing.T) {
	tests := []struct {
		line string
		want []string
	}{
		{`a "b c" 'd e' f\ g`, []string{"a|b c|d e|f g"}},
		{`a && b || c; d | e & f`, []string{"a", "b", "c", "d", "e", "f"}},
		{"a \\\n  b\nc # d", []string{"a|b", "c"}},
		{`A=1 B="x y" sudo timeout -k 5 60 go test`, []string{"go|test"}},
		{"cat <<EOF > out.txt\nrm -rf /\nEOF\nls", []string{"cat>out.txt", "ls"}},
		{`a >> log 2>&1 </dev/null`, []string{"a>log"}},
		{`a "$(b; c)" $(d | e)`, []string{"a|$(b; c)|$(d | e)"}},
		{"if true; then make; fi", []string{"true", "make", "fi"}},
		{`a "unclosed`, []string{"a|unclosed"}},
		{"(cd x && make)", []string{"cd|x", "make"}},
		{"uv run pytest -q; python3 -m pytest; npx jest", []string{"pytest|-q", "pytest", "jest"}},
	}
	for _, tt := range tests {
		var got []string
		for _, s := range split(tt.line) {
			text := strings.Join(s.words, "|")
			if s.target != "" {
				text += ">" + s.target
			}
			got = append(got, text)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s\n got %q\nwant %q", tt.line, got, tt.want)
		}
	}
}

// A check mark in what a program prints is no test, where the runner names its tests.
func TestCheckMarksAreTestsOnlyOfRunnersThatUseThem(t *testing.T) {
	const goes = "=== RUN   TestSave\n✓ Created branch 'sessions'\n--- PASS: TestSave (0.02s)\nPASS\nok  \texample/store\t0.3s"
	d := after(t, bash(t, "go test ./store -run TestSave -v", goes), "1 test fails: TestSave")
	if len(d) != 1 {
		t.Fatalf("%d observations", len(d))
	}
	for _, f := range d[0].Metadata.Facts {
		if strings.Contains(f, "Created branch") {
			t.Errorf("taken for a test: %s", f)
		}
	}
}
