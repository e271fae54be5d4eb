package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"claude-mem/client"
	"claude-mem/hooks"
	"claude-mem/internal/config"
	"claude-mem/internal/project"
	"claude-mem/memory"
)

// stubServer answers hooks and stats as told.
type stubServer struct {
	hook   func(memory.HookRecord) (memory.HookAnswer, error)
	books  []memory.Books // one for each time that stats are asked for; the last one stays
	hooked []memory.HookRecord
}

func (s *stubServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var out any
	var err error
	switch r.URL.Path {
	case "/v1/hooks":
		var record memory.HookRecord
		if err = json.NewDecoder(r.Body).Decode(&record); err == nil {
			s.hooked = append(s.hooked, record)
			out, err = s.hook(record)
		}
	case "/v1/stats":
		out = client.Stats{Books: s.books[0]}
		if len(s.books) > 1 {
			s.books = s.books[1:]
		}
	default:
		err = memory.Errorf(memory.CodeNotFound, "%s", r.URL.Path)
	}
	if err != nil {
		status, body := client.NewErrorBody(err, "")
		w.WriteHeader(status)
		out = body
	}
	_ = json.NewEncoder(w).Encode(out)
}

func newStubReplay(t *testing.T, s *stubServer) *replay {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	cfg, err := config.Load(config.Options{Flags: map[string]string{config.DataDir: t.TempDir()}, Environ: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	r := &replay{
		c: &console{out: io.Discard, err: io.Discard}, cl: client.New(srv.URL, "k", client.Options{}), cfg: cfg, here: "here",
		folders: map[string]project.Identity{}, before: map[string]memory.Books{},
		report: replayReport{Skipped: map[string]int{}},
	}
	r.decoder, err = hooks.NewDecoder(hooks.DecoderOptions{Agent: hooks.ClaudeCode, Config: cfg, Resolve: r.projectOf})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func prompt(text string) string {
	return `{"hook_event_name":"UserPromptSubmit","session_id":"s","cwd":"/not/here","timestamp":"2026-01-02T03:04:05Z","prompt":"` + text + `"}` + "\n"
}

func TestReplayCountsWhatBecomesOfEachLine(t *testing.T) {
	s := &stubServer{books: []memory.Books{{}}, hook: func(r memory.HookRecord) (memory.HookAnswer, error) {
		switch text := string(r.Event.Payload); {
		case strings.Contains(text, "again"):
			return memory.HookAnswer{Duplicate: true}, nil
		case strings.Contains(text, "wrong"):
			return memory.HookAnswer{}, memory.Invalid("no such thing", "event")
		}
		return memory.HookAnswer{}, nil
	}}
	r := newStubReplay(t, s)
	all, err := recordings([]string{"-"}, strings.NewReader(
		prompt("new")+prompt("again")+prompt("wrong")+`{"hook_event_name":"Notification","session_id":"s","cwd":"/"}`+"\nnoise\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.run(context.Background(), all); err != nil {
		t.Fatal(err)
	}
	got := r.report
	if got.Lines != 5 || got.New != 1 || got.Duplicates != 1 || got.Events != 2 || got.Refused != 2 || len(got.Reasons) != 2 || len(got.Skipped) != 1 {
		t.Errorf("report %+v", got)
	}
	for _, record := range s.hooked {
		if record.Project != "here" {
			t.Errorf("filed under %q: a folder that is not on this machine means the current project", record.Project)
		}
		if want := "2026-01-02T03:04:05Z"; record.OccurredAt.Time().Format("2006-01-02T15:04:05Z07:00") != want {
			t.Errorf("happened at %v, was recorded at %s", record.OccurredAt.Time(), want)
		}
	}
	if got.good() {
		t.Error("a replay with refused events is called good")
	}
}

func TestReplayStopsWhenTheServerIsGone(t *testing.T) {
	s := &stubServer{books: []memory.Books{{}}, hook: func(memory.HookRecord) (memory.HookAnswer, error) {
		return memory.HookAnswer{}, memory.Errorf(memory.CodeUnavailable, "stopping")
	}}
	all, err := recordings([]string{"-"}, strings.NewReader(prompt("a")+prompt("b")))
	if err != nil {
		t.Fatal(err)
	}
	err = newStubReplay(t, s).run(context.Background(), all)
	if !errors.Is(err, memory.ErrUnavailable) || !strings.Contains(err.Error(), "run the same command again") {
		t.Errorf("got %v", err)
	}
	if len(s.hooked) != 1 {
		t.Errorf("%d events were sent to a server that is gone", len(s.hooked))
	}
}

func TestReplayWaitsAndClosesTheBooks(t *testing.T) {
	s := &stubServer{
		hook: func(memory.HookRecord) (memory.HookAnswer, error) { return memory.HookAnswer{}, nil },
		books: []memory.Books{
			{EventsAsked: 2, Written: 2, Observations: 2},                                   // before
			{EventsAsked: 5, Written: 2, Observations: 2, Queued: 2, Processing: 1},         // waiting
			{EventsAsked: 5, Written: 3, Observations: 3, Queued: 1, Processing: 1},         //
			{EventsAsked: 5, Written: 3, Observations: 4, Skipped: 1, Failed: 1, Queued: 0}, // settled
		},
	}
	r := newStubReplay(t, s)
	all, err := recordings([]string{"-"}, strings.NewReader(prompt("a")))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := errors.Join(r.run(ctx, all), r.settle(ctx), r.addUp(ctx)); err != nil {
		t.Fatal(err)
	}
	if want := (jobCounts{Written: 1, Skipped: 1, Failed: 1, Memories: 2}); r.report.Jobs != want || !r.report.Closed {
		t.Errorf("jobs %+v, closed %v; want %+v", r.report.Jobs, r.report.Closed, want)
	}
	if r.report.good() {
		t.Error("a replay with failed jobs is called good")
	}
	s.books = []memory.Books{{EventsAsked: 9}}
	if err := r.addUp(ctx); err != nil || r.report.Closed {
		t.Errorf("books that do not add up are called closed (%v)", err)
	}
	var out bytes.Buffer
	r.report.print(screen{w: &out})
	if !strings.Contains(out.String(), "the books do not close") {
		t.Errorf("the report hides it:\n%s", out.String())
	}
}
