package generation_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"claude-mem/generation"
	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/queue/goqite"
	"claude-mem/storage"
	"claude-mem/storage/sqlite"
)

// harness is a store and a queue in one file, with a team, a project, a key and a
// session in it.
type harness struct {
	t       testing.TB
	store   *sqlite.Store
	queue   *goqite.Queue
	scope   memory.Scope
	key     memory.APIKey
	session memory.Session
	events  int
	batches int64
	closed  bool // the queue is closed under the workers: they shall say so
}

func newHarness(t testing.TB) *harness {
	t.Helper()
	ctx := context.Background()
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "test.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	h := &harness{t: t, store: store}
	h.queue = h.newQueue(store)
	store.SetOutbox(h.queue)
	now := memory.Now()
	h.inTx(func(tx storage.Tx) error {
		team, err := tx.EnsureTeam(ctx, memory.Team{ID: id.New(), Name: memory.LocalTeam, CreatedAt: now})
		if err != nil {
			return err
		}
		project, err := tx.EnsureProject(ctx, memory.Project{
			ID: id.New(), TeamID: team.ID, Name: "/src/project", Metadata: json.RawMessage(`{}`), CreatedAt: now, UpdatedAt: now,
		})
		if err != nil {
			return err
		}
		h.scope = project.Scope()
		h.key = memory.APIKey{ID: id.New(), TeamID: team.ID, Name: "test", Hash: id.New(), Scopes: []string{"*"}, CreatedAt: now, ActorID: "me"}
		if err := tx.PutKey(ctx, h.key); err != nil {
			return err
		}
		h.session, err = newSession(ctx, tx, h.scope, "session")
		return err
	})
	return h
}

// newQueue is one more client of the queue in the file.
func (h *harness) newQueue(db goqite.DB) *goqite.Queue {
	h.t.Helper()
	q, err := goqite.New(context.Background(), db, goqite.Options{Logger: silent(), Poll: 5 * time.Second})
	if err != nil {
		h.t.Fatal(err)
	}
	return q
}

// newSession starts a session of the project.
func newSession(ctx context.Context, tx txn, scope memory.Scope, name string) (memory.Session, error) {
	now := memory.Now()
	s, _, err := tx.EnsureSession(ctx, memory.Session{
		ID: id.New(), ProjectID: scope.ProjectID, TeamID: scope.TeamID, ExternalSessionID: memory.Opt(name), DedupeKey: name,
		GenerationStatus: "idle", Metadata: json.RawMessage(`{}`), StartedAt: now, CreatedAt: now, UpdatedAt: now,
	})
	return s, err
}

func silent() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func (h *harness) inTx(fn func(tx storage.Tx) error) {
	h.t.Helper()
	if err := h.store.InTx(context.Background(), fn); err != nil {
		h.t.Fatal(err)
	}
}

// event makes a tool event of the session that asks for an observation.
func (h *harness) event() memory.Event {
	h.events++
	now := memory.Now().Add(0)
	return memory.Event{
		ID: id.New(), ProjectID: h.scope.ProjectID, TeamID: h.scope.TeamID, SessionID: memory.Opt(h.session.ID),
		SourceAdapter: "hook", EventType: memory.EventToolUse, Metadata: json.RawMessage(`{}`),
		Payload:    json.RawMessage(fmt.Sprintf(`{"tool_name":"Edit","tool_input":{"n":%d}}`, h.events)),
		OccurredAt: now + memory.Epoch(h.events), ReceivedAt: now, CreatedAt: now,
		DedupeKey: fmt.Sprint("event-", h.events), Generate: true,
	}
}

// job makes a job of a source, without storing it.
func (h *harness) job(k memory.Kind, sourceID string) memory.Job {
	now := memory.Now()
	j := memory.Job{
		ID: id.New(), ProjectID: h.scope.ProjectID, TeamID: h.scope.TeamID, SessionID: memory.Opt(h.session.ID),
		Kind: k, JobType: k.JobType(), SourceType: k.SourceType(), SourceID: sourceID, Status: memory.JobQueued,
		MaxAttempts: memory.DefaultMaxAttempts, CreatedAt: now, UpdatedAt: now,
		APIKeyID: memory.Opt(h.key.ID), ActorID: h.key.ActorID, SourceAdapter: "hook", RequestID: "request-1",
	}
	j.QueueID = memory.QueueID(j)
	return j
}

// owe stores jobs and announces them.
func (h *harness) owe(jobs ...memory.Job) {
	h.t.Helper()
	ctx := context.Background()
	h.inTx(func(tx storage.Tx) error {
		for _, j := range jobs {
			if _, _, err := tx.PutJob(ctx, j); err != nil {
				return err
			}
			if err := tx.Enqueue(ctx, j.Message()); err != nil {
				return err
			}
		}
		return nil
	})
}

// oweJob owes a job of a source that is there, or not.
func (h *harness) oweJob(k memory.Kind, sourceID string) memory.Job {
	h.t.Helper()
	j := h.job(k, sourceID)
	h.owe(j)
	return j
}

// put stores events.
func (h *harness) put(events ...memory.Event) {
	h.t.Helper()
	h.inTx(func(tx storage.Tx) error {
		for _, e := range events {
			if _, _, err := tx.PutEvent(context.Background(), e); err != nil {
				return err
			}
		}
		return nil
	})
}

// oweEvent stores an event with its job, and announces that.
func (h *harness) oweEvent() (memory.Event, memory.Job) {
	h.t.Helper()
	e := h.event()
	j := h.job(memory.KindEvent, e.ID)
	j.EventID = memory.Opt(e.ID)
	h.put(e)
	h.owe(j)
	return e, j
}

// start runs a worker until the test ends or the returned function is called.
func (h *harness) start(p providers.Provider, change ...func(*generation.Config)) (w *generation.Worker, stop func()) {
	h.t.Helper()
	c := generation.Config{Store: h.store, Queue: h.queue, Provider: p, Owner: "test", Logger: silent()}
	for _, f := range change {
		f(&c)
	}
	w = generation.New(c)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; (err != nil) != h.closed {
			h.t.Errorf("Run: %v", err)
		}
	})
	h.t.Cleanup(stop)
	return w, stop
}

// now returns the job as it stands.
func (h *harness) now(j memory.Job) memory.Job {
	h.t.Helper()
	j, err := h.store.JobByID(context.Background(), j.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return j
}

func (h *harness) observations() []memory.Observation {
	h.t.Helper()
	all, err := h.store.Observations(context.Background(), h.scope, storage.ObservationFilter{}, storage.Page{})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

// audits lists the actions recorded about a resource, oldest first.
func (h *harness) audits(resourceID string) (actions []string) {
	h.t.Helper()
	all, err := h.store.Audit(context.Background(), h.scope, storage.AuditFilter{ResourceID: resourceID}, storage.Page{})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range slices.Backward(all) {
		actions = append(actions, e.Action)
	}
	return actions
}

func (h *harness) books() memory.Books {
	h.t.Helper()
	b, err := h.store.Books(context.Background(), h.scope)
	if err != nil {
		h.t.Fatal(err)
	}
	return b
}

// provider answers as it is told and remembers what it was asked.
type provider struct {
	answer func(ctx context.Context, call int, r providers.Request) (providers.Response, error)

	mu    sync.Mutex
	calls []providers.Request
}

func (p *provider) Name() string { return "fake" }

func (p *provider) Generate(ctx context.Context, r providers.Request) (providers.Response, error) {
	p.mu.Lock()
	p.calls = append(p.calls, r)
	n := len(p.calls)
	p.mu.Unlock()
	if p.answer == nil {
		return answer(r)
	}
	return p.answer(ctx, n, r)
}

func (p *provider) asked() []providers.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// answer is one observation of the request.
func answer(r providers.Request) (providers.Response, error) {
	kind, title := memory.KindChange, "edited a file"
	if r.Kind == memory.KindSummary {
		kind, title = memory.KindSummaryObservation, fmt.Sprintf("a session of %d events", len(r.Events))
	}
	return providers.Response{
		Observations: []providers.Draft{{Kind: kind, Metadata: memory.Metadata{Title: title}}},
		Provider:     "fake", Model: "model-1",
	}, nil
}

// refusing fails every call up to the n-th, then answers.
func refusing(n int, err error) *provider {
	return &provider{answer: func(_ context.Context, call int, r providers.Request) (providers.Response, error) {
		if call <= n {
			return providers.Response{}, err
		}
		return answer(r)
	}}
}

func classified(c providers.Class) error {
	return &providers.Error{Class: c, Err: errors.New("as the test wants it")}
}

// stuck is a provider that works until it is broken off.
func stuck() *provider {
	return &provider{answer: func(ctx context.Context, _ int, _ providers.Request) (providers.Response, error) {
		<-ctx.Done()
		return providers.Response{}, ctx.Err()
	}}
}

// flakyStore is a worker's way to the store; it can be cut and mended. It counts
// transactions.
type flakyStore struct {
	*sqlite.Store
	down atomic.Bool
	txs  atomic.Int64
}

var errDown = errors.New("the store is down")

// WriteSQL is the way of a queue of the worker's own.
func (s *flakyStore) WriteSQL(ctx context.Context, fn func(*sql.Tx) error) error {
	if s.down.Load() {
		return errDown
	}
	return s.Store.WriteSQL(ctx, fn)
}

func (s *flakyStore) InTx(ctx context.Context, fn func(storage.Tx) error) error {
	s.txs.Add(1)
	if s.down.Load() {
		return errDown
	}
	return s.Store.InTx(ctx, fn)
}

// Short names for transactions.
type (
	txn   = storage.Tx
	sqlTx = *sql.Tx
)

// storeOnly stores a job without announcing it.
func (h *harness) storeOnly(j memory.Job) {
	h.t.Helper()
	h.inTx(func(tx txn) error { _, _, err := tx.PutJob(context.Background(), j); return err })
}

// send puts a message into the queue.
func (h *harness) send(m memory.Message) {
	h.t.Helper()
	if err := h.queue.Enqueue(context.Background(), m); err != nil {
		h.t.Fatal(err)
	}
}

// messages counts those in the queue.
func (h *harness) messages() (n int64) {
	h.t.Helper()
	counts, err := h.queue.Counts(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, c := range counts {
		n += c.Waiting + c.Active
	}
	return n
}

// settle gives what was started time to come to rest. The clock is the test's
// own, so this costs nothing.
func (h *harness) settle() { time.Sleep(5 * time.Second) }

// slow is an answer that takes its time, and can be broken off.
func slow(d time.Duration) func(context.Context, int, providers.Request) (providers.Response, error) {
	return func(ctx context.Context, _ int, r providers.Request) (providers.Response, error) {
		select {
		case <-time.After(d):
			return answer(r)
		case <-ctx.Done():
			return providers.Response{}, ctx.Err()
		}
	}
}
