package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"claude-mem/capture"
	"claude-mem/client"
	"claude-mem/memory"
	"claude-mem/storage"
)

// streaming is a world behind a real connection, whose captures tell the hub.
func streaming(t *testing.T, change func(*Config)) (*world, *httptest.Server) {
	w := newWorld(t, func(c *Config) {
		c.Capture = capture.New(c.Store, capture.Options{Notify: c.Hub.Publish})
		c.Heartbeat = 10 * time.Millisecond
		if change != nil {
			change(c)
		}
	})
	srv := httptest.NewServer(w.API)
	t.Cleanup(srv.Close)
	t.Cleanup(w.Hub.Close)
	return w, srv
}

// listen collects what a key is streamed until the returned function stops it, which
// returns how the stream ended.
func (w *world) listen(srv *httptest.Server, key, project string) (got chan client.StreamEvent, stop func() error) {
	w.t.Helper()
	before := w.Hub.Streams()
	ctx, cancel := context.WithCancel(w.t.Context())
	got = make(chan client.StreamEvent, 100)
	end := make(chan error, 1)
	go func() {
		end <- client.New(srv.URL, key, client.Options{}).Stream(ctx, project, func(e client.StreamEvent) error { got <- e; return nil })
	}()
	for w.Hub.Streams() == before {
		select {
		case err := <-end:
			w.t.Fatalf("the stream does not begin: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	return got, func() error { cancel(); return <-end }
}

// next waits for an event.
func next(t *testing.T, from chan client.StreamEvent) client.StreamEvent {
	t.Helper()
	select {
	case e := <-from:
		return e
	case <-time.After(10 * time.Second):
		t.Fatal("nothing is streamed")
	}
	return client.StreamEvent{}
}

func TestStream(t *testing.T) {
	w, srv := streaming(t, nil)
	got, _ := w.listen(srv, w.key, "")
	bound, _ := w.listen(srv, w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}, ProjectID: memory.Opt(w.q.ID)}), "")
	strangers, _ := w.listen(srv, w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}, TeamID: w.theirs.ID}), "")

	j := w.owed("one")
	if e := next(t, got); e.Type != client.StreamSession || e.Session.ID != string(j.SessionID) {
		t.Errorf("first %+v", e)
	}
	w.leased(j)
	w.tx(func(tx storage.Tx) error {
		_, _, err := tx.PutObservation(t.Context(), memory.Observation{
			ID: "o1", TeamID: j.TeamID, ProjectID: j.ProjectID, Kind: "change", Content: "made", CreatedByJob: memory.Opt(j.ID),
			GenerationKey: memory.Opt(j.GenerationKeys() + "0"), OccurredAt: 1, CreatedAt: 1, UpdatedAt: 1,
		})
		return err
	})
	if err := w.finished(j, storage.Outcome{Status: memory.JobCompleted, Result: "observations"}); err != nil {
		t.Fatal(err)
	}
	w.Hub.Publish(j.Notice())
	if e := next(t, got); e.Type != client.StreamObservation || e.Observation.Content != "made" {
		t.Errorf("then %+v", e)
	}
	if e := next(t, got); e.Type != client.StreamJob || e.Job.ID != j.ID || e.Job.Status != memory.JobCompleted {
		t.Errorf("then %+v", e)
	}
	o := w.remember("by hand")
	if e := next(t, got); e.Type != client.StreamObservation || e.Observation.ID != o.ID {
		t.Errorf("then %+v", e)
	}
	// What the others hear next is their own: nothing of ours came before it.
	mine := into[client.MemoryAnswer](w.do("POST", "/v1/memories", w.key, text(t, map[string]any{"projectId": w.q.ID, "content": "of q"})).want(201)).Memory
	if e := next(t, bound); e.Observation == nil || e.Observation.ID != mine.ID {
		t.Errorf("a key of another project hears %+v", e)
	}
	theirs := w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}, TeamID: w.theirs.ID})
	w.do("POST", "/v1/memories", theirs, text(t, map[string]any{"projectId": w.foreign.ID, "content": "theirs"})).want(201)
	if e := next(t, strangers); e.Observation == nil || e.Observation.Content != "theirs" {
		t.Errorf("strangers hear %+v", e)
	}
	// What is sent is put down after that, so a client may be ahead.
	for until := time.Now().Add(10 * time.Second); w.streamed() < 4; time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("%d reads are audited", w.streamed())
		}
	}
}

// streamed counts the audited reads of streams.
func (w *world) streamed() (n int) {
	for _, e := range w.audited(memory.AuditObservationRead) {
		if strings.Contains(string(e.Details), `"mode":"stream"`) {
			n++
		}
	}
	return n
}

// A stream ends with its key, and with the server.
func TestStreamsEnd(t *testing.T) {
	w, srv := streaming(t, nil)
	k := memory.APIKey{Scopes: []string{memory.ScopeAll}}
	secret := w.mint(k)
	_, stop := w.listen(srv, secret, w.p.ID)
	stored, err := w.store.KeyByHash(t.Context(), memory.HashKey(secret))
	if err != nil {
		t.Fatal(err)
	}
	w.tx(func(tx storage.Tx) error {
		_, err := tx.RevokeKey(t.Context(), memory.Scope{TeamID: w.ours.ID}, stored.ID, memory.Now())
		return err
	})
	for w.Hub.Streams() > 0 {
		time.Sleep(time.Millisecond)
	}
	if err := stop(); !errors.Is(err, memory.ErrUnavailable) && !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	_, stop = w.listen(srv, w.key, "")
	w.Hub.Close()
	if err := stop(); err == nil || w.Hub.Streams() != 0 {
		t.Errorf("ended with %v, %d are left", err, w.Hub.Streams())
	}
}

// Whoever does not keep up is dropped, and holds up nobody.
func TestSlowStreams(t *testing.T) {
	h := &Hub{}
	slow, err := h.open(memory.Scope{TeamID: "t"}, "k")
	if err != nil {
		t.Fatal(err)
	}
	n := memory.Notice{Kind: memory.NoticeJob, TeamID: "t", ProjectID: "p", ID: "j"}
	for range maxUnsent + 1 {
		h.Publish(n)
	}
	heard := 0
	for range slow.notices { // closed, or the test hangs
		heard++
	}
	if heard != maxUnsent || h.Streams() != 0 {
		t.Errorf("%d notices, %d streams", heard, h.Streams())
	}
	h.close(slow) // once more does no harm
}

// What happens elsewhere does not even wake a stream: it would cost it a look into the
// store, and a busy neighbour would push it out.
func TestStreamsHearTheirTenantOnly(t *testing.T) {
	h := &Hub{}
	team, err := h.open(memory.Scope{TeamID: "t"}, "k")
	if err != nil {
		t.Fatal(err)
	}
	project, err := h.open(memory.Scope{TeamID: "t", ProjectID: "p"}, "k")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []memory.NoticeKind{memory.NoticeJob, memory.NoticeSession, memory.NoticeObservation} {
		h.Publish(memory.Notice{Kind: kind, TeamID: "t", ProjectID: "p", ID: "own"})
		h.Publish(memory.Notice{Kind: kind, TeamID: "t", ProjectID: "q", ID: "sibling"})
		h.Publish(memory.Notice{Kind: kind, TeamID: "u", ProjectID: "p", ID: "foreign"})
	}
	h.Close()
	for who, c := range map[string]struct {
		s    *stream
		want string
	}{"team": {team, "own sibling own sibling own sibling "}, "project": {project, "own own own "}} {
		heard := ""
		for n := range c.s.notices {
			heard += n.ID + " "
		}
		if heard != c.want {
			t.Errorf("%s hears %q, want %q", who, heard, c.want)
		}
	}
}

// Nor does what a notice says of its tenant decide what is read.
func TestAStreamReadsWithinItsScope(t *testing.T) {
	w := newWorld(t, nil)
	j, o := w.owed("one"), w.remember("of p")
	for name, s := range map[string]memory.Scope{"another team": {TeamID: w.theirs.ID}, "another project": w.q.Scope()} {
		for _, n := range []memory.Notice{
			{Kind: memory.NoticeJob, TeamID: s.TeamID, ProjectID: s.ProjectID, ID: j.ID},
			{Kind: memory.NoticeSession, TeamID: s.TeamID, ProjectID: s.ProjectID, ID: string(j.SessionID)},
			{Kind: memory.NoticeObservation, TeamID: s.TeamID, ProjectID: s.ProjectID, ID: o.ID},
		} {
			if _, err := w.eventsOf(t.Context(), s, n); !errors.Is(err, memory.ErrNotFound) {
				t.Errorf("%s reads %s: %v", name, n.Kind, err)
			}
		}
	}
}

// A stream of a project that is not there would never say anything.
func TestStreamOfNoProject(t *testing.T) {
	w, srv := streaming(t, func(c *Config) {
		c.Capture = capture.New(c.Store, capture.Options{Notify: c.Hub.Publish, CreateProjects: true})
	})
	err := client.New(srv.URL, w.key, client.Options{}).Stream(t.Context(), "/src/never", func(client.StreamEvent) error { return nil })
	if !errors.Is(err, memory.ErrNotFound) {
		t.Errorf("ended with %v", err)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	h := &Hub{}
	for i := range maxKeyStreams {
		if _, err := h.open(memory.Scope{TeamID: "t"}, "k"); err != nil {
			t.Fatalf("stream %d: %v", i, err)
		}
	}
	if _, err := h.open(memory.Scope{TeamID: "t"}, "k"); memory.CodeOf(err) != memory.CodeTooMany {
		t.Errorf("one more of the key: %v", err)
	}
	for i := h.Streams(); i < maxTeamStreams; i++ {
		if _, err := h.open(memory.Scope{TeamID: "t"}, memory.MintKey()); err != nil {
			t.Fatalf("stream %d: %v", i, err)
		}
	}
	if _, err := h.open(memory.Scope{TeamID: "t"}, "another"); memory.CodeOf(err) != memory.CodeTooMany {
		t.Errorf("one more of the team: %v", err)
	}
	for i := h.Streams(); i < maxStreams; i++ {
		if _, err := h.open(memory.Scope{TeamID: memory.MintKey()}, "k"); err != nil {
			t.Fatalf("stream %d: %v", i, err)
		}
	}
	if _, err := h.open(memory.Scope{TeamID: "t"}, "other"); memory.CodeOf(err) != memory.CodeTooMany {
		t.Errorf("one more: %v", err)
	}
}

// The text of an event is one line, whatever it holds.
func TestStreamEventsAreOneLine(t *testing.T) {
	raw, err := encode(client.StreamEvent{Type: client.StreamObservation, Observation: &memory.Observation{Content: "a\nb\r\nevent: forged\u2028"}})
	if err != nil || strings.ContainsAny(string(raw), "\r\n") || !json.Valid(raw) {
		t.Errorf("%q, %v", raw, err)
	}
}
