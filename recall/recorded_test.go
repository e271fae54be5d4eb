package recall

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"claude-mem/internal/recorded"
	"claude-mem/internal/tokens"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/providers/local"
	"claude-mem/storage"
)

// hookLine is one line of a recorded session.
type hookLine struct {
	Event  string          `json:"hook_event_name"`
	Time   time.Time       `json:"timestamp"`
	CWD    string          `json:"cwd"`
	Prompt string          `json:"prompt"`
	Last   string          `json:"last_assistant_message"`
	Tool   string          `json:"tool_name"`
	Input  json.RawMessage `json:"tool_input"`
	Result json.RawMessage `json:"tool_response"`
	Error  string          `json:"error"`
}

// event is what capture would make of the line; ok is false when it makes none.
func (l hookLine) event(t testing.TB) (e memory.Event, ok bool) {
	t.Helper()
	var payload any
	switch l.Event {
	case "UserPromptSubmit":
		e.EventType, payload = memory.EventUserPrompt, memory.Prompt{Prompt: l.Prompt, CWD: l.CWD}
	case "Stop":
		e.EventType, payload = memory.EventAssistantMessage, memory.AssistantMessage{Message: l.Last, CWD: l.CWD}
	case "PostToolUse", "PostToolUseFailure":
		e.EventType, payload = memory.EventToolUse, memory.ToolUse{ToolName: l.Tool, Input: l.Input, Response: l.Result, Error: l.Error, CWD: l.CWD}
	default:
		return e, false
	}
	var err error
	if e.Payload, err = json.Marshal(payload); err != nil {
		t.Fatal(err)
	}
	e.OccurredAt = memory.EpochOf(l.Time)
	return e, true
}

// remember runs a recorded session through the local provider into the store, as
// generation would.
func (f *fixture) remember(t testing.TB, path string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	session := f.session(t, filepath.Base(path))
	r := providers.Request{Kind: memory.KindEvent}
	var all []memory.Event
	var made []memory.Observation
	sc := bufio.NewScanner(file)
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		var l hookLine
		if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		e, ok := l.event(t)
		if !ok {
			continue
		}
		if r.Project.Name == "" {
			r.Project.Name = l.CWD
		}
		if e.EventType == memory.EventUserPrompt {
			r.Prompt = l.Prompt
		}
		e.ID = fmt.Sprint(len(all))
		all = append(all, e)
		r.Events = []memory.Event{e}
		made = append(made, f.generate(t, &r, session, e.OccurredAt)...)
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	r.Kind, r.Events = memory.KindSummary, all
	made = append(made, f.generate(t, &r, session, all[len(all)-1].OccurredAt)...)
	f.tx(t, func(tx storage.Tx) error {
		for _, o := range made {
			if _, err := f.write(t, tx, o); err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *fixture) generate(t testing.TB, r *providers.Request, session memory.Opt, at memory.Epoch) (made []memory.Observation) {
	t.Helper()
	out, err := local.New().Generate(t.Context(), *r)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range out.Observations {
		made = append(made, memory.Observation{Kind: d.Kind, Metadata: d.Metadata, SessionID: session, OccurredAt: at})
		r.Recent = append([]string{d.Metadata.Title}, r.Recent[:min(len(r.Recent), 9)]...)
	}
	return made
}

// rememberAll is the whole recording in one project.
func rememberAll(t testing.TB) *fixture {
	t.Helper()
	return setUp(t).rememberAll(t)
}

func (f *fixture) rememberAll(t testing.TB) *fixture {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(recorded.Dir(t), "sessions", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded sessions: %v", err)
	}
	for _, path := range files {
		f.remember(t, path)
	}
	return f
}

func TestRecordedSessionsAreFoundAgain(t *testing.T) {
	f := rememberAll(t)
	// Which session is right was found by reading them.
	for _, tt := range []struct{ query, session string }{
		{"what replaces brews in GoReleaser", "050.jsonl"},
		{"truncating a string by byte index breaks UTF-8", "016.jsonl"},
		{"why does TestResume_LocalLogNewerTimestamp wait for input", "035.jsonl"},
		{"single JSONL line larger than MaxChunkSize", "051.jsonl"},
		{"telemetry default when not set", "039.jsonl"},
	} {
		t.Run(tt.query, func(t *testing.T) { f.wantFound(t, tt.query, tt.session) })
	}
	t.Run("session context", func(t *testing.T) {
		got := sessionContext(t, f, SessionContextInput{})
		t.Logf("%d tokens, %d characters, %d observations", got.Tokens, utf8.RuneCountInString(got.Text), len(got.Observations))
		dump, told := f.dump(t), 0
		for _, o := range got.Observations {
			told += tokens.Estimate(o.Content)
		}
		t.Logf("what it tells of has %d tokens in full, all that is stored %d", told, dump)
		if got.Tokens*2 > told || got.Tokens*10 > dump {
			t.Errorf("%d tokens, next to %d for the same in full and %d for all", got.Tokens, told, dump)
		}
		if got.Tokens > DefaultTokens || utf8.RuneCountInString(got.Text) > MaxChars || len(got.Observations) < 20 {
			t.Errorf("the context of 52 sessions is\n%s", got.Text)
		}
	})
}

// dump is what all that is stored would cost a model.
func (f *fixture) dump(t *testing.T) (cost int) {
	t.Helper()
	for p := (storage.Page{Limit: storage.MaxPage}); ; p.Offset += p.Limit {
		all, err := f.store.Observations(t.Context(), f.scope, storage.ObservationFilter{}, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range all {
			cost += tokens.Estimate(o.Content)
		}
		if len(all) < p.Limit {
			return cost
		}
	}
}

// wantFound fails unless one of the first five hits is of the session.
func (f *fixture) wantFound(t *testing.T, query, session string) {
	t.Helper()
	hits, err := f.Search(t.Context(), f.scope, SearchInput{Query: query, Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	want := f.session(t, session)
	at := slices.IndexFunc(hits, func(h storage.Hit) bool { return h.SessionID == want })
	if at < 0 {
		t.Fatalf("session %s is not among the first five:\n%s", session, strings.Join(titles(hits), "\n"))
	}
	t.Logf("rank %d: %s", at+1, hits[at].Title())
}
