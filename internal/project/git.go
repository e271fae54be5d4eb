package project

import (
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Bounds on what is looked at: a path this deep, or a git file this long, is not
// something that git wrote for a person.
const (
	maxDepth   = 128
	maxGitFile = 64 << 10
)

// repositoryRoot finds the repository that dir is in and returns the root of its
// main working tree, or "".
func repositoryRoot(dir string) string {
	for range maxDepth {
		dotGit := filepath.Join(dir, ".git")
		fi, err := os.Stat(dotGit)
		switch {
		case err == nil && fi.IsDir() && isGitDir(dotGit):
			return dir
		case err == nil && fi.Mode().IsRegular():
			if root := linkedRoot(dir, dotGit); root != "" {
				return root
			}
		case isGitDir(dir):
			return rootOfGitDir(dir) // inside of a bare repository, or of .git itself
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
	return ""
}

// isGitDir applies git's own test, so that an empty .git is no repository.
func isGitDir(dir string) bool {
	for _, name := range []string{"HEAD", "objects", "refs"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// linkedRoot follows a .git that is a file: dir is a worktree, a submodule, or a
// working tree whose git directory was put elsewhere.
func linkedRoot(dir, dotGit string) string {
	target, ok := strings.CutPrefix(readLine(dotGit), "gitdir:")
	if !ok {
		return ""
	}
	gitDir := under(dir, strings.TrimSpace(target))
	if common := readLine(filepath.Join(gitDir, "commondir")); common != "" {
		return rootOfGitDir(under(gitDir, common))
	}
	if main := mainOfSubmodule(gitDir); main != "" {
		return main
	}
	if !isGitDir(gitDir) {
		return ""
	}
	return dir
}

// rootOfGitDir is the main working tree that a git directory belongs to.
func rootOfGitDir(gitDir string) string {
	gitDir = resolveLinks(gitDir)
	if !isGitDir(gitDir) {
		return ""
	}
	if tree := coreWorktree(gitDir); tree != "" {
		return resolveLinks(under(gitDir, tree))
	}
	// ".git", or a bare repository hidden beside its worktrees, such as ".bare".
	if strings.HasPrefix(filepath.Base(gitDir), ".") {
		return filepath.Dir(gitDir)
	}
	return gitDir
}

// mainOfSubmodule folds a submodule checked out in a worktree of its super-project
// (…/.git/worktrees/W/modules/M) into the one in the main tree (…/.git/modules/M).
func mainOfSubmodule(gitDir string) string {
	sep := string(filepath.Separator)
	before, after, ok := strings.Cut(gitDir, sep+"worktrees"+sep)
	if !ok {
		return ""
	}
	_, module, ok := strings.Cut(after, sep+"modules"+sep)
	if !ok {
		return ""
	}
	main := filepath.Join(before, "modules", module)
	if coreWorktree(main) == "" {
		return "" // not checked out there
	}
	return rootOfGitDir(main)
}

// coreWorktree reads core.worktree from a git directory's config: git writes it
// for submodules.
func coreWorktree(gitDir string) string {
	core := false
	for line := range strings.Lines(read(filepath.Join(gitDir, "config"))) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			core = strings.EqualFold(line, "[core]")
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if core && ok && strings.EqualFold(strings.TrimSpace(name), "worktree") {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}

// under resolves path against dir unless it is absolute.
func under(dir, path string) string {
	path = filepath.FromSlash(path)
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

func readLine(path string) string {
	line, _, _ := strings.Cut(read(path), "\n")
	return strings.TrimSpace(line)
}

// read returns the start of a file, or "".
func read(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxGitFile))
	if err != nil {
		return ""
	}
	return string(data)
}
