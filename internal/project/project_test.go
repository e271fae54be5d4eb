package project

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// git runs the real program, so that what we read is what git writes.
func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_CEILING_DIRECTORIES=",
		"GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.com", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.com")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func mkdir(t *testing.T, parts ...string) string {
	t.Helper()
	dir := filepath.Join(parts...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// repository makes a repository with one commit.
func repository(t *testing.T, parts ...string) string {
	t.Helper()
	dir := mkdir(t, parts...)
	git(t, dir, "init", "-q")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "first")
	return dir
}

func TestOneRepositoryIsOneProject(t *testing.T) {
	tmp := tempDir(t)
	repo := repository(t, tmp, "repo")
	sub := mkdir(t, repo, "pkg", "deep")
	git(t, repo, "worktree", "add", "-q", "../tree")
	git(t, repo, "worktree", "add", "-q", ".worktrees/inner")
	link := filepath.Join(tmp, "link")
	if err := os.Symlink(repo, link); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{
		"root":                 repo,
		"sub-folder":           sub,
		"worktree beside":      filepath.Join(tmp, "tree"),
		"folder of a worktree": mkdir(t, tmp, "tree", "pkg"),
		"worktree inside":      filepath.Join(repo, ".worktrees", "inner"),
		"through a link":       filepath.Join(link, "pkg"),
		"inside .git":          filepath.Join(repo, ".git", "refs"),
		"folder that is gone":  filepath.Join(repo, "was", "here"),
		"trailing slash":       repo + "/",
	} {
		t.Run(name, func(t *testing.T) {
			want := Identity{Name: repo, Root: repo}
			if diff := cmp.Diff(want, Resolve(Input{CWD: dir})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSubmoduleIsItsOwnProject(t *testing.T) {
	tmp := tempDir(t)
	lib := repository(t, tmp, "lib")
	super := repository(t, tmp, "super")
	git(t, super, "-c", "protocol.file.allow=always", "submodule", "add", "-q", lib, "vendor/lib")
	git(t, super, "commit", "-q", "-m", "add lib")
	git(t, super, "worktree", "add", "-q", "../super2")
	git(t, filepath.Join(tmp, "super2"), "-c", "protocol.file.allow=always", "submodule", "update", "-q", "--init")
	module := filepath.Join(super, "vendor", "lib")
	git(t, module, "worktree", "add", "-q", filepath.Join(tmp, "lib2"))

	for name, tt := range map[string]struct{ dir, want string }{
		"super-project":             {super, super},
		"submodule":                 {module, module},
		"worktree of the submodule": {filepath.Join(tmp, "lib2"), module},
		"submodule in a worktree":   {filepath.Join(tmp, "super2", "vendor", "lib"), module},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Resolve(Input{CWD: tt.dir}).Root; got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestBareRepositories(t *testing.T) {
	tmp := tempDir(t)
	repo := repository(t, tmp, "repo")
	git(t, tmp, "clone", "-q", "--bare", repo, "store.git")
	git(t, tmp, "clone", "-q", "--bare", repo, "hidden/.bare")
	store, hidden := filepath.Join(tmp, "store.git"), filepath.Join(tmp, "hidden")
	git(t, store, "worktree", "add", "-q", filepath.Join(tmp, "wt"), "-b", "wt")
	git(t, filepath.Join(hidden, ".bare"), "worktree", "add", "-q", filepath.Join(hidden, "main"), "-b", "wt")
	git(t, tmp, "init", "-q", "--separate-git-dir", filepath.Join(tmp, "elsewhere"), "apart")
	apart := filepath.Join(tmp, "apart")

	for name, tt := range map[string]struct{ dir, want string }{
		"bare":                      {store, store},
		"worktree of bare":          {filepath.Join(tmp, "wt"), store},
		"worktree of a hidden bare": {filepath.Join(hidden, "main"), hidden},
		"git directory elsewhere":   {apart, apart},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Resolve(Input{CWD: tt.dir}).Root; got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestFallsBackToTheFolder(t *testing.T) {
	tmp := tempDir(t)
	empty := mkdir(t, tmp, "empty")
	mkdir(t, empty, ".git")
	for name, content := range map[string]string{
		"garbage":  "\x00\xff not git",
		"dangling": "gitdir: /nowhere/at/all\n",
		"to self":  "gitdir: .git\n",
		"empty":    "",
	} {
		dir := mkdir(t, tmp, "files", name)
		if err := os.WriteFile(filepath.Join(dir, ".git"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			if got := Resolve(Input{CWD: dir}).Root; got != dir {
				t.Errorf("got %s, want %s", got, dir)
			}
		})
	}
	for name, dir := range map[string]string{
		"empty .git": empty, "missing": filepath.Join(tmp, "no", "such"), "root": "/",
		"too deep": tmp + strings.Repeat("/d", 2*maxDepth),
	} {
		t.Run(name, func(t *testing.T) {
			if got := Resolve(Input{CWD: dir}).Root; got != dir {
				t.Errorf("got %s, want %s", got, dir)
			}
		})
	}
	if got := Resolve(Input{}).Root; !filepath.IsAbs(got) {
		t.Errorf("nothing known: got %q", got)
	}
}

func TestPrecedence(t *testing.T) {
	tmp := tempDir(t)
	repo := repository(t, tmp, "repo")
	in := Input{Override: "team-api", ProjectDir: mkdir(t, repo, "cmd"), CWD: tmp}
	if diff := cmp.Diff(Identity{Name: "team-api", Root: repo}, Resolve(in)); diff != "" {
		t.Error(diff)
	}
	in.Override = ""
	if got := Resolve(in).Name; got != repo {
		t.Errorf("the host's project counts before the folder: got %s", got)
	}
}

func TestSpelledAsOnDisk(t *testing.T) {
	disk := map[string][]string{
		"/": {"Users"}, "/Users": {"ann", "Ann"}, "/Users/Ann": {"Code", "code2"},
	}
	names := func(dir string) []string { return disk[dir] }
	for in, want := range map[string]string{
		"/users/Ann/CODE":     "/Users/Ann/Code",
		"/USERS/ann/x":        "/Users/ann/x", // an exact name wins over one that differs in case
		"/elsewhere/Whatever": "/elsewhere/Whatever",
		"/":                   "/",
	} {
		if got := spelledAsOnDisk(in, names); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestShort(t *testing.T) {
	for in, want := range map[string]string{
		"/home/dev/api": "api", `C:\code\api\`: "api", "team-api": "team-api", "/": "/", "": "",
	} {
		if got := (Identity{Name: in}).Short(); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	dir, err := os.Getwd()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		Resolve(Input{CWD: dir})
	}
}
