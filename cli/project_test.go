package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"claude-mem/memory"
)

func TestPick(t *testing.T) {
	dir := t.TempDir()
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(real, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	projects := []memory.Project{
		{ID: "1", Name: "/home/me/src/cli"},
		{ID: "2", Name: "/home/me/src/api"},
		{ID: "3", Name: "/home/me/old/api"},
		{ID: "4", Name: "team-project"},
		{ID: "5", Name: real},
	}
	for _, c := range []struct {
		name, asked, here string
		want              string // id
		err               error
		says              string
	}{
		{name: "where we are", here: "/home/me/src/cli", want: "1"},
		{name: "by id", asked: "3", want: "3"},
		{name: "by name", asked: "team-project", want: "4"},
		{name: "by whole path", asked: "/home/me/old/api", want: "3"},
		{name: "by unique last part", asked: "cli", want: "1"},
		{name: "by last parts", asked: "old/api", want: "3"},
		{name: "by a folder that exists", asked: dir, want: "5"},
		{name: "ambiguous", asked: "api", err: memory.ErrConflict, says: "/home/me/src/api, /home/me/old/api"},
		{name: "part of a name", asked: "li", err: memory.ErrNotFound, says: `no project "li"`},
		{name: "a slash alone", asked: "//", err: memory.ErrNotFound},
		{name: "unknown here", here: "/elsewhere", err: memory.ErrNotFound, says: "nothing is remembered of /elsewhere"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := pick(projects, c.asked, c.here)
			if p.ID != c.want || !errors.Is(err, c.err) {
				t.Fatalf("pick = %q, %v; want %q, %v", p.ID, err, c.want, c.err)
			}
			if err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error %q does not say %q", err, c.says)
			}
		})
	}
}

func TestOthersAreNoMoreThanFitALine(t *testing.T) {
	var many []memory.Project
	for range 50 {
		many = append(many, memory.Project{Name: "/home/me/src/one-of-many"})
	}
	got := others(many)
	if !strings.Contains(got, "… and more") || strings.Count(got, "one-of-many") != maxNamed {
		t.Errorf("a long list is not cut: %s", got)
	}
	if got := others(nil); !strings.Contains(got, "claude-mem replay") {
		t.Errorf("an empty server does not say what to do: %s", got)
	}
}
