package project

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"claude-mem/memory"
)

const (
	// statusWithin is how long git may take to say what changed. A repository where
	// it takes longer does without.
	statusWithin = 200 * time.Millisecond
	// maxStatusPath is the longest path that counts, in bytes.
	maxStatusPath = 1024
)

// LookAt says what is being worked on in dir: the branch that is checked out in its
// working tree and the files that changed since the last commit. Where dir is in no
// repository, or git is missing or slow, it says less.
//
// This starts git, unlike [Resolve]: it is for the start of a session, which happens
// once. Nothing is written: the index is not refreshed, and a monitor that the
// repository's settings name is not run.
func LookAt(ctx context.Context, dir string) memory.WorkingTree {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	gitDir := gitDirOf(dir)
	if gitDir == "" {
		return memory.WorkingTree{}
	}
	return memory.WorkingTree{Branch: branch(gitDir), Changed: changed(ctx, dir)}
}

// gitDirOf finds the git directory of the working tree that dir is in, or "".
func gitDirOf(dir string) string {
	for range maxDepth {
		dotGit := filepath.Join(dir, ".git")
		fi, err := os.Stat(dotGit)
		if err == nil && fi.IsDir() && isGitDir(dotGit) {
			return dotGit
		}
		if err == nil && fi.Mode().IsRegular() {
			if target, ok := strings.CutPrefix(readLine(dotGit), "gitdir:"); ok {
				return under(dir, strings.TrimSpace(target))
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
	return ""
}

// branch reads which branch is checked out; "" if none is.
func branch(gitDir string) string {
	name, ok := strings.CutPrefix(readLine(filepath.Join(gitDir, "HEAD")), "ref: refs/heads/")
	if !ok || name == ".invalid" || len(name) > memory.MaxIDBytes { // .invalid: kept elsewhere, in a reftable
		return ""
	}
	return strings.ToValidUTF8(name, "\ufffd")
}

// changed asks git for the files that differ from the last commit: those it knows
// first, then new ones.
func changed(ctx context.Context, dir string) []string {
	ctx, cancel := context.WithTimeout(ctx, statusWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", "--no-optional-locks", "-c", "core.fsmonitor=false", "status",
		"--porcelain=v1", "-z", "--no-renames", "--untracked-files=normal", "--ignore-submodules=all")
	cmd.Dir = dir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return name == "GIT_DIR" || name == "GIT_WORK_TREE" || name == "GIT_INDEX_FILE"
	})
	cmd.WaitDelay = statusWithin
	out, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		return nil
	}
	files, err := readStatus(out)
	cancel() // it may have more to say than counts
	_ = cmd.Wait()
	if err != nil { // out of time: half an answer would be another one each time
		return nil
	}
	return files
}

// readStatus reads `git status --porcelain -z`: two letters, a space, the path, NUL.
// A path that ends with a slash is a folder of new files and tells nothing.
func readStatus(r io.Reader) (files []string, err error) {
	in := bufio.NewReaderSize(r, maxStatusPath)
	for len(files) < memory.MaxChangedFiles {
		entry, err := in.ReadSlice(0)
		if errors.Is(err, bufio.ErrBufferFull) {
			for errors.Is(err, bufio.ErrBufferFull) { // the rest of a path too long to count
				_, err = in.ReadSlice(0)
			}
			continue
		}
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if len(entry) > 4 && entry[2] == ' ' && entry[len(entry)-2] != '/' {
			files = append(files, strings.ToValidUTF8(string(entry[3:len(entry)-1]), "\ufffd"))
		}
	}
	return files, nil
}
