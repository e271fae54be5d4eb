package hooks

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"claude-mem/memory"
)

// repositoryOn makes what git takes for a repository, with a branch checked out.
func repositoryOn(t *testing.T, branch string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"objects", "refs"} {
		if err := os.MkdirAll(filepath.Join(dir, ".git", name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, ".git", "HEAD"), []byte("ref: refs/heads/"+branch+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// asked returns what the daemon was asked for by one hook call.
func asked(t *testing.T, payload string) memory.HookContext {
	t.Helper()
	var got memory.HookRecord
	told := 0
	r := newRig(t)
	r.serve(func(w http.ResponseWriter, req *http.Request) {
		if err := json.NewDecoder(req.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		told++
		_, _ = io.WriteString(w, `{}`)
	})
	if r.run(payload); told != 1 {
		t.Fatalf("the daemon was asked %d times", told)
	}
	return got.Want
}

func TestSessionStartTellsTheWorkingTree(t *testing.T) {
	start := `{"hook_event_name":"SessionStart","session_id":"s","source":"startup","cwd":` + strconv.Quote(repositoryOn(t, "fix/zone")) + `}`
	want := asked(t, start)
	if !want.Session || want.Resumed || want.Tree == nil || want.Tree.Branch != "fix/zone" {
		t.Errorf("%+v", want)
	}
	want = asked(t, `{"hook_event_name":"SessionStart","session_id":"s","source":"resume","cwd":`+strconv.Quote(t.TempDir())+`}`)
	if !want.Session || !want.Resumed || want.Tree == nil || want.Tree.Branch != "" {
		t.Errorf("resumed, in no repository: %+v", want)
	}
	if want := asked(t, promptPayload); want.Tree != nil {
		t.Errorf("looked at the tree for %+v", want)
	}
}
