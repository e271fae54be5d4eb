package httpapi

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"claude-mem/capture"
	"claude-mem/client"
	"claude-mem/daemon/metrics"
	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/recall"
	"claude-mem/storage"
)

// noQueue takes messages that nobody will receive.
type noQueue struct{}

func (noQueue) SendTx(context.Context, *sql.Tx, []memory.Message) error { return nil }
func (noQueue) Committed()                                              {}

// fakeSystem is a daemon that is well, unless told otherwise.
type fakeSystem struct {
	sick, stopping bool
	refuse         error
}

func (*fakeSystem) Alive() client.Alive { return client.Alive{Status: "ok", Runtime: "local"} }
func (s *fakeSystem) Ready() bool       { return !s.stopping }
func (s *fakeSystem) Refuse() error     { return s.refuse }
func (*fakeSystem) Version() string     { return "v1" }
func (s *fakeSystem) Health(context.Context) client.Health {
	if s.sick {
		return client.Health{Status: "degraded"}
	}
	return client.Health{Status: "ok"}
}
func (*fakeSystem) Info(context.Context) (client.Info, error) {
	return client.Info{Name: "claude-mem-server"}, nil
}
func (*fakeSystem) Lanes(context.Context) ([]client.LaneHealth, error) { return nil, nil }
func (*fakeSystem) Transport(context.Context) ([]client.TransportLane, error) {
	return []client.TransportLane{{Lane: memory.LaneEvent, Waiting: 1}}, nil
}
func (*fakeSystem) Spool() *client.SpoolState { return &client.SpoolState{} }

// world is an API over a store with two teams. Ours has projects p and q.
type world struct {
	*API
	t             testing.TB
	store         storage.Store
	system        *fakeSystem
	log           *bytes.Buffer
	ours, theirs  memory.Team
	p, q, foreign memory.Project
	key           string // of our team, all scopes
}

func newWorld(t testing.TB, change func(*Config)) *world {
	t.Helper()
	return newWorldOn(t, openSQLite(t), change)
}

func newWorldOn(t testing.TB, store storage.Store, change func(*Config)) *world {
	t.Helper()
	w := &world{t: t, store: store, system: &fakeSystem{}, log: &bytes.Buffer{}}
	w.ours, w.p = w.project("ours", "/src/p")
	_, w.q = w.project("ours", "/src/q")
	w.theirs, w.foreign = w.project("theirs", "/src/f")
	c := Config{
		Store: store, Capture: capture.New(store, capture.Options{}), Recall: recall.New(store), Hub: &Hub{}, System: w.system,
		Limits:  ContextLimits{Tokens: 2000, Sessions: 5, Observations: 20, Prompt: 5, PromptTokens: 600, PromptShare: 50, File: 5, FileTokens: 500},
		Metrics: metrics.New(),
		Log:     slog.New(slog.NewTextHandler(w.log, nil)),
	}
	if change != nil {
		change(&c)
	}
	w.API = New(c)
	w.key = w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}})
	return w
}

func (w *world) tx(fn func(tx storage.Tx) error) {
	w.t.Helper()
	if err := w.store.InTx(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) project(team, name string) (tm memory.Team, p memory.Project) {
	w.t.Helper()
	w.tx(func(tx storage.Tx) (err error) {
		if tm, err = tx.EnsureTeam(w.t.Context(), memory.Team{ID: id.New(), Name: team, CreatedAt: 1}); err != nil {
			return err
		}
		p, err = tx.EnsureProject(w.t.Context(), memory.Project{ID: id.New(), TeamID: tm.ID, Name: name, CreatedAt: 1, UpdatedAt: 1})
		return err
	})
	return tm, p
}

// mint stores a key, of our team unless it names one, and returns its secret.
func (w *world) mint(k memory.APIKey) string {
	w.t.Helper()
	secret := "cmem_" + id.New()
	k = k.WithSecret(secret)
	k.ID, k.CreatedAt = id.New(), 1
	if k.TeamID == "" {
		k.TeamID = w.ours.ID
	}
	w.tx(func(tx storage.Tx) error { return tx.PutKey(w.t.Context(), k) })
	return secret
}

// reply is an answer as a client sees it.
type reply struct {
	*httptest.ResponseRecorder
	t testing.TB
}

// into decodes the body.
func into[T any](r reply) (v T) {
	r.t.Helper()
	if err := json.Unmarshal(r.Body.Bytes(), &v); err != nil {
		r.t.Fatalf("status %d, body %q: %v", r.Code, r.Body, err)
	}
	return v
}

// want fails the test unless the answer has the status.
func (r reply) want(status int) reply {
	r.t.Helper()
	if r.Code != status {
		r.t.Errorf("status %d, want %d: %s", r.Code, status, r.Body)
	}
	return r
}

// do sends a request as a local client would, and holds it and the answer against the
// document; body is JSON text, "" for none.
func (w *world) do(method, path, key, body string, change ...func(*http.Request)) reply {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	r.Host, r.RemoteAddr = "127.0.0.1:37877", "127.0.0.1:50000"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	for _, c := range change {
		c(r)
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	conform(w.t, r, body, rec)
	return reply{rec, w.t}
}

// text makes a JSON object of names and values.
func text(t testing.TB, fields map[string]any) string {
	t.Helper()
	b, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// event is the body of a valid event in project p.
func (w *world) event(more map[string]any) string {
	w.t.Helper()
	fields := map[string]any{
		"projectId": w.p.ID, "sourceType": "hook", "eventType": "tool_use", "contentSessionId": "c1",
		"occurredAtEpoch": 1795399000000, "payload": map[string]any{"tool_name": "Read"},
	}
	for k, v := range more {
		fields[k] = v
	}
	return text(w.t, fields)
}
