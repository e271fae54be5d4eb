package install

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "claude-mem")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "claude-mem-2")
	if err := os.WriteFile(other, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(dir, "claude-mem.txt")
	if err := os.WriteFile(text, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	o := Options{Exe: program}
	path := write(t, files["with hooks"])
	if r, err := claudeAt(path).Check(o); err != nil || r.Registered() || len(r.Missing) != 8 || len(r.Events) != 0 {
		t.Errorf("before: %+v, %v", r, err)
	}
	installed(t, path, o)
	good := read(t, path)
	if r, err := claudeAt(path).Check(o); err != nil || !r.Registered() || len(r.Events) != 8 {
		t.Errorf("after: %+v, %v", r, err)
	}
	if r, err := claudeAt(path).Check(Options{Exe: program, FileContext: true}); err != nil || !cmp.Equal(r.Missing, []string{"PreToolUse"}) {
		t.Errorf("%+v, %v", r, err)
	}
	quote := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	for want, edited := range map[string]string{
		"it is not there":     strings.ReplaceAll(good, quote(program), quote(filepath.Join(dir, "gone", "claude-mem"))),
		"this is " + program:  strings.ReplaceAll(good, quote(program), quote(other)),
		"it is no program":    strings.ReplaceAll(good, quote(program), quote(text)),
		"depends on the host": strings.ReplaceAll(good, quote(program), quote("claude-mem")),
		"runs no hooks":       strings.Replace(good, "{", "{\n  \"disableAllHooks\": true,", 1),
		"Stop has the hook 2": strings.Replace(good, `"hooks": [`+"\n                    {\"type\": \"command\", \"command\": \"say done\"}",
			`"hooks": [{"command": `+quote(program)+`, "args": ["hook", "claude-code"]}`, 1),
	} {
		if err := os.WriteFile(path, []byte(edited), 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := claudeAt(path).Check(o)
		if err != nil || r.Registered() || !strings.Contains(strings.Join(r.Problems, "; "), want) {
			t.Errorf("want %q: %+v, %v", want, r, err)
		}
	}
	if _, err := claudeAt(write(t, "{,}")).Check(o); err == nil {
		t.Error("a broken file is fine")
	}
}

// Where there is a program for hooks alone, the hooks call that, and nothing else does.
func TestHookProgram(t *testing.T) {
	dir := t.TempDir()
	o := Options{Exe: filepath.Join(dir, "claude-mem"), Hook: filepath.Join(dir, "claude-mem-hook")}
	for _, program := range []string{o.Exe, o.Hook} {
		if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	path := write(t, files["with hooks"])
	before := read(t, path)
	installed(t, path, Options{Exe: o.Exe})
	if r, err := claudeAt(path).Check(o); err != nil || r.Registered() {
		t.Errorf("the slower program is good enough: %+v, %v", r, err)
	}
	after := installed(t, path, o)
	if r, err := claudeAt(path).Check(o); err != nil || !r.Registered() {
		t.Errorf("%+v, %v", r, err)
	}
	if strings.Contains(after, `"`+o.Exe+`"`) {
		t.Errorf("some hooks call %s:\n%s", o.Exe, after)
	}
	if got := uninstalled(t, path); got != before {
		t.Errorf("not as it was:\n%s", got)
	}
}
