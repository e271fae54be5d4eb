package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The README promises two commands; both have to be there and to be runnable.
func TestTheTwoCommandsAreThere(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range []string{"install.sh", "test.sh"} {
		if !strings.Contains(string(readme), "./"+script) {
			t.Errorf("README.md does not name ./%s", script)
		}
		runnable(t, script)
	}
	runnable(t, ".ci/run")
}

func runnable(t *testing.T, script string) {
	t.Helper()
	fi, err := os.Stat(filepath.Join(root, script))
	if err != nil {
		t.Error(err)
		return
	}
	if fi.Mode()&0o111 == 0 {
		t.Errorf("%s cannot be executed", script)
	}
	text, err := os.ReadFile(filepath.Join(root, script))
	if err != nil {
		t.Error(err)
		return
	}
	if !strings.HasPrefix(string(text), "#!/bin/sh\n") {
		t.Errorf("%s does not start with #!/bin/sh", script)
	}
}

// Every document that one of ours links to is there.
func TestLinksBetweenDocumentsHold(t *testing.T) {
	docs, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(root, "*", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(docs, more...) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range links(string(text)) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), target)); err != nil {
				t.Errorf("%s links to %s: %v", path, target, err)
			}
		}
	}
}

// links lists the targets of Markdown links that are files of ours.
func links(text string) []string {
	var out []string
	for {
		_, rest, ok := strings.Cut(text, "](")
		if !ok {
			return out
		}
		target, after, ok := strings.Cut(rest, ")")
		if !ok {
			return out
		}
		text = after
		target, _, _ = strings.Cut(target, "#")
		if target != "" && !strings.Contains(target, "://") && !strings.ContainsAny(target, " \n") {
			out = append(out, target)
		}
	}
}

func TestLinks(t *testing.T) {
	got := strings.Join(links("[a](docs/a.md) [b](https://x.y/z) [c](#here) [d](e.md#part) f(x)[0](y"), ",")
	if got != "docs/a.md,e.md" {
		t.Errorf("links = %s", got)
	}
}
