// Package project says which project a folder belongs to. Hooks, commands and the
// daemon all ask [Resolve], so that one repository is one project however it is
// reached.
//
// The name is, in this order: the override from the settings; the absolute path
// of the repository's main working tree, into which its worktrees and sub-folders
// fold; the absolute path of the folder itself. A submodule is a project of its
// own, because it is a repository of its own. Symbolic links are resolved, and
// where the file system ignores case (macOS, Windows) the spelling on disk counts.
//
// For that files are read and no process is started: git itself would cost more
// than the whole hook. Only [LookAt], which is asked once in a session, starts it.
package project

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Input is what is known about where something happens.
type Input struct {
	Override   string // CLAUDE_MEM_SERVER_PROJECT_ID
	ProjectDir string // what the agent host calls its project; it stays when the agent changes folder
	CWD        string // used when ProjectDir is empty
}

// Identity is a project as the outside world knows it.
type Identity struct {
	Name string // what everything is filed under: the override, else Root
	Root string // absolute path; file names are told relative to it
}

// Short is what to call the project in a list.
func (i Identity) Short() string { return Short(i.Name) }

// Short is the last element of a project name that is a path, else the name.
func Short(name string) string {
	trimmed := strings.TrimRight(name, `/\`)
	if i := strings.LastIndexAny(trimmed, `/\`); i >= 0 {
		trimmed = trimmed[i+1:]
	}
	if trimmed == "" {
		return name
	}
	return trimmed
}

// Resolve finds the project. It never fails: a folder that does not exist, cannot
// be read or is in no repository is its own project.
func Resolve(in Input) Identity {
	dir := in.ProjectDir
	if dir == "" {
		dir = in.CWD
	}
	dir = canonical(dir)
	root := dir
	if found := repositoryRoot(dir); found != "" {
		root = found
	}
	id := Identity{Name: root, Root: root}
	if in.Override != "" {
		id.Name = in.Override
	}
	return id
}

// canonical makes the path absolute, resolves links as far as it exists, and
// takes the spelling on disk where case does not matter.
func canonical(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	dir = resolveLinks(dir)
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		dir = spelledAsOnDisk(dir, entryNames)
	}
	return dir
}

// resolveLinks resolves what exists of the path and keeps the rest: a session may
// outlive the folder it ran in.
func resolveLinks(dir string) string {
	rest := ""
	for at := dir; ; {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(real, rest)
		}
		parent := filepath.Dir(at)
		if parent == at {
			return dir
		}
		rest = filepath.Join(filepath.Base(at), rest)
		at = parent
	}
}

// maxEntries is how many names of one folder are looked at for the spelling.
const maxEntries = 10_000

func entryNames(dir string) []string {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(maxEntries) // what was read before an error still helps
	return names
}

// spelledAsOnDisk replaces each element of an absolute path by the entry of its
// folder that equals it but for case. names lists a folder's entries.
func spelledAsOnDisk(dir string, names func(dir string) []string) string {
	volume := filepath.VolumeName(dir)
	sep := string(filepath.Separator)
	at := strings.ToUpper(volume) + sep
	for part := range strings.SplitSeq(strings.TrimPrefix(dir[len(volume):], sep), sep) {
		if part == "" {
			continue
		}
		at = filepath.Join(at, spelling(part, names(at)))
	}
	return at
}

func spelling(name string, names []string) string {
	folded := name
	for _, n := range names {
		if n == name {
			return name
		}
		if strings.EqualFold(n, name) {
			folded = n
		}
	}
	return folded
}
