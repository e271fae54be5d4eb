package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"claude-mem/client"
	"claude-mem/hooks/spool"
	"claude-mem/internal/config"
	"claude-mem/memory"
)

// playArg makes this program be a daemon, see TestMain.
const playArg = "play-daemon"

func play() {
	cfg, err := LoadConfig(nil)
	if err == nil {
		err = New(cfg, Options{}).Run(context.Background())
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// record is a hook record of session s in project /src/p.
func record(s, event, source string, payload any) memory.HookRecord {
	raw, _ := json.Marshal(payload)
	return memory.HookRecord{
		Project: "/src/p", SessionID: s, PlatformSource: "claude-code", OccurredAt: memory.Now(),
		Event: &memory.HookEvent{Type: event, SourceID: source, Payload: raw},
	}
}

// edit is a tool call that is worth an observation.
func edit(s, source, file string) memory.HookRecord {
	return record(s, memory.EventToolUse, source, map[string]any{
		"tool_name":     "Edit",
		"tool_input":    map[string]any{"file_path": "/src/p/" + file, "old_string": "return nil", "new_string": "return errRetryBudget"},
		"tool_response": map[string]any{"filePath": "/src/p/" + file},
	})
}

// session is all that the hooks of a short session tell.
func session(s, file string) []memory.HookRecord {
	end := memory.HookRecord{Project: "/src/p", SessionID: s, PlatformSource: "claude-code", OccurredAt: memory.Now(), EndSession: true}
	stop := record(s, memory.EventAssistantMessage, s+"-m", map[string]any{"message": "The importer now gives up after three attempts."})
	stop.Summarize = true
	return []memory.HookRecord{
		record(s, memory.EventUserPrompt, s+"-p", map[string]any{"prompt": "Give the importer a retry budget"}),
		edit(s, s+"-t", file), stop, end,
	}
}

// settled waits until nothing is owed any more, and returns the account.
func settled(t *testing.T, c *client.Client, asked int64) memory.Books {
	t.Helper()
	var st client.Stats
	eventually(t, "everything owed is there", func() bool {
		var err error
		if st, err = c.Stats(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		// The account may be read while an event comes in, half before and half after.
		return st.Books.EventsAsked >= asked && st.Books.Queued+st.Books.Processing == 0 && st.Books.Closed()
	})
	if st.Books.Failed != 0 {
		t.Errorf("books %+v", st.Books)
	}
	return st.Books
}

// The whole path: hooks tell, observations come out, the next session hears.
func TestFromHookToContext(t *testing.T) {
	r := start(t, settings(t))
	c := r.client()
	for _, rec := range session("s1", "importer/retry.go") {
		if _, err := c.Hook(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
	}
	books := settled(t, c, 2)
	if books.EventsAsked != 2 || books.SummaryAsked != 1 || books.Observations == 0 {
		t.Errorf("books %+v", books)
	}
	next := memory.HookRecord{Project: "/src/p", SessionID: "s2", Want: memory.HookContext{Session: true}}
	told, err := c.Hook(t.Context(), next)
	if err != nil || !strings.Contains(told.Context, "retry.go") || !strings.Contains(told.Context, "retry budget") {
		t.Errorf("the next session hears %q, %v", told.Context, err)
	}
	if again, err := c.Hook(t.Context(), next); err != nil || again.Context != told.Context {
		t.Errorf("the same memory, another text: %q, %v", again.Context, err)
	}
	found, err := c.Search(t.Context(), client.SearchRequest{ProjectID: "/src/p", Query: "importer retry"})
	if err != nil || len(found.Observations) == 0 {
		t.Errorf("search finds %+v, %v", found, err)
	} else if best := found.Observations[0]; best.Score <= 0 || !slices.Contains(best.Matched, "retry") {
		t.Errorf("the best has the score %g and matches %q", best.Score, best.Matched)
	}
	h, err := c.Health(t.Context())
	if err != nil || h.Status != "ok" {
		t.Errorf("health %+v, %v", h, err)
	}
}

func TestSpool(t *testing.T) {
	s := settings(t)
	cfg := load(t, s)
	sp := spool.New(cfg.Dirs.Spool())
	for _, rec := range session("s1", "a.go") {
		if err := sp.Append(rec); err != nil {
			t.Fatal(err)
		}
	}
	r := start(t, s)
	c := r.client()
	settled(t, c, 2)
	// The daemon runs now. A record that it knows, one that it does not, and one that
	// nobody can take.
	broken := edit("s1", "t9", "b.go")
	broken.Project = "0199c0de-0000-7000-8000-000000000000"
	for _, rec := range []memory.HookRecord{session("s1", "a.go")[1], edit("s1", "t2", "b.go"), broken} {
		if err := sp.Append(rec); err != nil {
			t.Fatal(err)
		}
	}
	if books := settled(t, c, 3); books.EventsAsked != 3 {
		t.Errorf("books %+v", books)
	}
	eventually(t, "the spool is empty", func() bool {
		h, err := c.Health(t.Context())
		return err == nil && h.Spool.Files == 0 && h.Spool.Rejected == 1
	})
}

func TestSpoolIsKeptWhileTheStoreFails(t *testing.T) {
	cfg := load(t, settings(t))
	sp := spool.New(cfg.Dirs.Spool())
	if err := cfg.Dirs.Make(); err != nil {
		t.Fatal(err)
	}
	if err := sp.Append(edit("s1", "t1", "a.go")); err != nil {
		t.Fatal(err)
	}
	d := New(cfg, Options{})
	log, closeLog := openLog(cfg, nil)
	defer closeLog()
	p, err := d.compose(t.Context(), log)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.close(); err != nil {
		t.Fatal(err)
	}
	if err := p.drainer.drain(t.Context()); err == nil {
		t.Error("no error")
	}
	if st := p.drainer.state(); st.Files != 1 || st.Rejected != 0 {
		t.Errorf("spool %+v", st)
	}
}

// A daemon that is killed has stored what it acknowledged; the next one takes in
// what was spooled meanwhile and generates what was owed.
func TestKilledAndStartedAgain(t *testing.T) {
	s := settings(t)
	cfg := load(t, s)
	cmd := exec.CommandContext(t.Context(), os.Args[0], playArg)
	cmd.Env = append(os.Environ(), config.DataDir+"="+s[config.DataDir], config.ServerPort+"="+s[config.ServerPort], config.GenerationDisabled+"=1")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the daemon listens", func() bool {
		_, err := os.Stat(cfg.Dirs.StateFile())
		return err == nil
	})
	port, err := os.ReadFile(cfg.Dirs.PortFile())
	if err != nil {
		t.Fatal(err)
	}
	key := secretOf(t, cfg)
	c := client.New("http://127.0.0.1:"+strings.TrimSpace(string(port)), key, client.Options{Transport: client.OneShot{}})
	if _, err := c.Hook(t.Context(), edit("s1", "t1", "a.go")); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if err := spool.New(cfg.Dirs.Spool()).Append(edit("s1", "t2", "b.go")); err != nil {
		t.Fatal(err)
	}
	r := start(t, s)
	if secretOf(t, r.cfg) != key {
		t.Error("another key")
	}
	if books := settled(t, r.client(), 2); books.EventsAsked != 2 || books.Written != 2 {
		t.Errorf("books %+v", books)
	}
	if left, _ := filepath.Glob(filepath.Join(cfg.Dirs.Spool(), "*.jsonl*")); len(left) > 0 {
		t.Errorf("left in the spool: %q", left)
	}
}
