package project

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"claude-mem/memory"
)

func writeFile(t *testing.T, parts ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(parts...), []byte("text\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLookAtTellsBranchAndChangedFiles(t *testing.T) {
	tmp := tempDir(t)
	repo := repository(t, tmp, "repo")
	sub := mkdir(t, repo, "pkg")
	writeFile(t, repo, "pkg", "old name.go")
	git(t, repo, "add", ".")
	git(t, repo, "commit", "-q", "-m", "second")
	git(t, repo, "checkout", "-q", "-b", "fix/zone-report")
	git(t, repo, "worktree", "add", "-q", "-b", "other", "../tree")
	index, err := os.ReadFile(filepath.Join(repo, ".git", "index"))
	if err != nil {
		t.Fatal(err)
	}
	git(t, repo, "mv", "pkg/old name.go", "pkg/new name.go")
	staged, err := os.ReadFile(filepath.Join(repo, ".git", "index"))
	if err != nil || bytes.Equal(index, staged) {
		t.Fatalf("the rename is not staged: %v", err)
	}
	writeFile(t, repo, "zoné.md")
	writeFile(t, mkdir(t, repo, "new folder"), "x")
	git(t, repo, "config", "core.fsmonitor", "touch ran-the-monitor")

	want := memory.WorkingTree{Branch: "fix/zone-report", Changed: []string{"pkg/new name.go", "pkg/old name.go", "zoné.md"}}
	for _, dir := range []string{repo, sub} {
		if diff := cmp.Diff(want, LookAt(t.Context(), dir)); diff != "" {
			t.Errorf("%s: %s", dir, diff)
		}
	}
	if diff := cmp.Diff(memory.WorkingTree{Branch: "other"}, LookAt(t.Context(), filepath.Join(tmp, "tree"))); diff != "" {
		t.Errorf("a worktree: %s", diff)
	}
	if now, err := os.ReadFile(filepath.Join(repo, ".git", "index")); err != nil || !bytes.Equal(now, staged) {
		t.Errorf("the index was written: %v", err)
	}
	if _, err := os.Stat(filepath.Join(repo, "ran-the-monitor")); err == nil {
		t.Error("a command of the repository's settings was run")
	}
}

func TestLookAtSaysLessWhereThereIsLess(t *testing.T) {
	tmp := tempDir(t)
	repo := repository(t, tmp, "repo")
	writeFile(t, repo, "a.go")
	git(t, repo, "checkout", "-q", "--detach")
	if got := LookAt(t.Context(), repo); got.Branch != "" || len(got.Changed) != 1 {
		t.Errorf("without a branch: %+v", got)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if got := LookAt(done, repo); got.Changed != nil {
		t.Errorf("out of time: %+v", got)
	}
	if diff := cmp.Diff(memory.WorkingTree{}, LookAt(t.Context(), mkdir(t, tmp, "plain"))); diff != "" {
		t.Error(diff)
	}
	t.Setenv("PATH", "")
	if got := LookAt(t.Context(), repo); got.Changed != nil {
		t.Errorf("without git: %+v", got)
	}
}

func TestChangedFilesAreBounded(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, " M %s\x00", strings.Repeat("x", 5*maxStatusPath))
	for i := range 2 * memory.MaxChangedFiles {
		fmt.Fprintf(&b, " M f%d\x00", i)
	}
	files, err := readStatus(strings.NewReader(b.String()))
	if err != nil || len(files) != memory.MaxChangedFiles || files[0] != "f0" {
		t.Errorf("%d files, %v", len(files), err)
	}
}

func FuzzReadStatus(f *testing.F) {
	f.Add([]byte(" M a.go\x00?? new/\x00R  x\x00"))
	f.Add([]byte("\x00\x00   \x00ab"))
	f.Fuzz(func(t *testing.T, b []byte) {
		files, err := readStatus(bytes.NewReader(b))
		if err != nil || len(files) > memory.MaxChangedFiles {
			t.Errorf("%d files, %v", len(files), err)
		}
		for _, name := range files {
			if name == "" || strings.ContainsRune(name, 0) || strings.HasSuffix(name, "/") {
				t.Errorf("%q is no file", name)
			}
		}
	})
}
