package recall

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claude-mem/memory"
)

// lay writes a file that was last changed at that time.
func lay(t *testing.T, root, name string, at memory.Epoch) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, at.Time(), at.Time()); err != nil {
		t.Fatal(err)
	}
}

func TestMarkStale(t *testing.T) {
	root := t.TempDir()
	lay(t, root, "old/same.go", day(1))
	lay(t, root, "just.go", day(2).Add(time.Second))
	lay(t, root, "new.go", day(9))
	lay(t, root, "dir/x", day(9))
	outside := filepath.Join(t.TempDir(), "gone.go")
	for name, tt := range map[string]struct {
		modified, read []string
		want           string
	}{
		"as it was":              {[]string{"old/same.go"}, nil, ""},
		"its own write":          {[]string{"just.go"}, nil, ""},
		"changed":                {[]string{"old/same.go", "new.go"}, nil, memory.StaleChanged},
		"gone":                   {[]string{"no.go"}, nil, memory.StaleGone},
		"all gone":               {[]string{"no.go", "old/no.go"}, nil, memory.StaleGone},
		"some gone":              {[]string{"no.go", "old/same.go"}, nil, memory.StaleChanged},
		"read":                   {nil, []string{"new.go"}, memory.StaleChanged},
		"read beside modified":   {[]string{"old/same.go"}, []string{"new.go"}, ""},
		"no files":               {nil, nil, ""},
		"a folder":               {[]string{"dir"}, nil, ""},
		"outside of the project": {[]string{outside, "../x.go"}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			all := []memory.Observation{{OccurredAt: day(2), Metadata: memory.Metadata{FilesModified: tt.modified, FilesRead: tt.read}}}
			if MarkStale(root, all); all[0].Stale != tt.want {
				t.Errorf("got %q, want %q", all[0].Stale, tt.want)
			}
			for _, nowhere := range []string{"", filepath.Join(root, "no")} {
				if MarkStale(nowhere, all); all[0].Stale != "" {
					t.Errorf("%q shows %q", nowhere, all[0].Stale)
				}
			}
		})
	}
}

func TestStaleMemoriesAreMarkedInEveryText(t *testing.T) {
	f := setUp(t)
	root := t.TempDir()
	lay(t, root, "zone.go", day(9))
	for _, file := range []string{"zone.go", "local.go"} {
		o := found(memory.KindBugfix, "The zone reader counts days in "+file)
		o.Metadata.FilesModified = []string{file}
		f.put(t, o)
	}
	about, err := f.Context(t.Context(), f.scope, ContextInput{Query: "zone reader", Disk: root})
	if err != nil {
		t.Fatal(err)
	}
	prompt, err := f.PromptContext(t.Context(), f.scope, PromptInput{Prompt: "which zone reader counts days?", Disk: root})
	if err != nil {
		t.Fatal(err)
	}
	file, err := f.FileContext(t.Context(), f.scope, FileInput{Path: "zone.go", Disk: root})
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]Context{
		"session": sessionContext(t, f, SessionContextInput{Disk: root}), "question": about, "prompt": prompt, "file": file,
	} {
		if !strings.Contains(got.Text, "(changed since)") || name != "file" && !strings.Contains(got.Text, "(file gone)") {
			t.Errorf("%s:\n%s", name, got.Text)
		}
		for _, o := range got.Observations {
			if o.Stale == "" {
				t.Errorf("%s: %q is not marked", name, o.Title())
			}
		}
	}
}
