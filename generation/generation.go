// Package generation turns owed jobs into observations.
//
// A [Worker] consumes every lane of the queue. What a message announces is done
// in one order, which is the whole of the package's promise:
//
//	message ── load the job ── may it be done? ── lease ── events ── provider ── one transaction
//	                           (tenant, key)
//
// The lease on the job row decides who works; whoever does not get it leaves
// before any provider is called. It is renewed while the provider works, and lost
// if the job is cancelled or somebody else took it over: then the call is broken
// off and nothing is written. What a provider answered is written in one
// transaction with the job's new state, so that a job is completed if and only if
// its observations are there (see finish.go).
//
// How many jobs of a lane run at once follows how the provider bears it (see pace.go),
// and what they may cost is bounded by budgets (see budget.go). What nobody could
// learn from is not asked about (see filter.go).
//
// A failure is answered by its class: try again later, fail, or, when the
// provider refuses everybody, pause the lane (see failure.go and gate.go).
//
// Beside the lanes runs the reconciler (see reconcile.go). It owes nothing to the
// queue: a lease that ran out, a retry that came due, a message that was lost, it
// finds each in the store and announces it anew, within about a second.
package generation

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/queue"
	"claude-mem/storage"
)

// Store is what generation needs of a storage.Store.
type Store interface {
	JobByID(ctx context.Context, id string) (memory.Job, error)
	JobsDue(ctx context.Context, now, announcedBefore memory.Epoch) (bool, error)
	Key(ctx context.Context, s memory.Scope, id string) (memory.APIKey, error)
	Project(ctx context.Context, s memory.Scope, id string) (memory.Project, error)
	Session(ctx context.Context, s memory.Scope, id string) (memory.Session, error)
	Event(ctx context.Context, s memory.Scope, id string) (memory.Event, error)
	SessionEvents(ctx context.Context, s memory.Scope, sessionID string, p storage.Page) ([]memory.Event, error)
	EventsBefore(ctx context.Context, s memory.Scope, e memory.Event, n int) ([]memory.Event, error)
	TokensTaken(ctx context.Context, s memory.Scope, since memory.Epoch) (int64, error)
	BatchEvents(ctx context.Context, s memory.Scope, jobID string) ([]memory.Event, error)
	CountSessionEvents(ctx context.Context, s memory.Scope, sessionID string) (int64, error)
	LastPrompt(ctx context.Context, s memory.Scope, sessionID string, notAfter memory.Epoch) (memory.Event, error)
	Observations(ctx context.Context, s memory.Scope, f storage.ObservationFilter, p storage.Page) ([]memory.Observation, error)
	Observation(ctx context.Context, s memory.Scope, id string) (memory.Observation, error)
	WithoutVector(ctx context.Context, s memory.Scope, model string, from storage.Place, limit int) ([]memory.Observation, error)
	InTx(ctx context.Context, fn func(tx storage.Tx) error) error
}

// Config is what a Worker is made of. Store, Queue and Provider are required; the
// zero value of any other field means its default.
type Config struct {
	Store    Store
	Queue    queue.Queue
	Provider providers.Provider
	// Embedder makes the vectors that recall by meaning goes by. Optional: without one
	// no vectors are owed.
	Embedder providers.Embedder

	// Owner names this process in leases, for people; it need not be unique.
	Owner  string
	Logger *slog.Logger // default slog.Default()

	// Workers is how many jobs of a lane are worked on at once at most; fewer while the
	// provider is overloaded (see pace.go). Default 8 events, 2 summaries, 1 reindexing. A transaction is shared by those that finish together.
	Workers map[memory.Lane]int
	// IgnoreCommands are patterns of shell commands that are not worth an observation; a
	// * stands for any text.
	IgnoreCommands []string
	// Budgets bound what a provider may cost. Where they are used up, what of it is
	// providers.Free does the work, or else the work waits.
	Budgets Budgets
	// MaxCallTokens is what one call may cost at most, input and output together, where
	// the provider bounds it; no more is set aside for one. 0: not known.
	MaxCallTokens int64
	// LeaseFor is how long a lease lasts unless renewed, so how long a crash keeps a
	// job from others. Default 60 s.
	LeaseFor time.Duration
	// CallTimeout bounds one provider call. Default 2 min.
	CallTimeout time.Duration
	// PauseFor is how long a lane first waits before it probes a provider that
	// refused it; it doubles up to 10 min. Default 30 s.
	PauseFor time.Duration
	// Grace is how long jobs that run may go on when Run is asked to stop; then they
	// are put back. Default 5 s.
	Grace time.Duration
	// ReconcileEvery is how often the store is asked what is due. Default 1 s.
	ReconcileEvery time.Duration
	// ReannounceAfter is how long after it was last announced a job that still waits
	// is announced again. Default 60 s; more where the transport cannot lose any.
	ReannounceAfter time.Duration

	// OnFinished is called after the commit with each job that reached a terminal
	// state here. It must not block.
	OnFinished func(memory.Job)
}

// Worker generates observations.
type Worker struct {
	Config
	gates map[memory.Lane]*gate
	paces map[memory.Lane]*pace
	holds holds
}

// New makes a worker that does nothing before Run.
func New(c Config) *Worker {
	c.Owner = cmp.Or(c.Owner, "worker")
	c.Logger = cmp.Or(c.Logger, slog.Default())
	c.LeaseFor = cmp.Or(c.LeaseFor, 60*time.Second)
	c.CallTimeout = cmp.Or(c.CallTimeout, 2*time.Minute)
	c.PauseFor = cmp.Or(c.PauseFor, 30*time.Second)
	c.Grace = cmp.Or(c.Grace, 5*time.Second)
	c.ReconcileEvery = cmp.Or(c.ReconcileEvery, time.Second)
	c.ReannounceAfter = cmp.Or(c.ReannounceAfter, 60*time.Second)
	if c.OnFinished == nil {
		c.OnFinished = func(memory.Job) {}
	}
	w := &Worker{Config: c, gates: make(map[memory.Lane]*gate), paces: make(map[memory.Lane]*pace)}
	for _, lane := range memory.Lanes() {
		w.paces[lane] = newPace(w.workers(lane))
		w.gates[lane] = newGate(lane, c.PauseFor)
	}
	return w
}

// workers is how many jobs of the lane are worked on at once.
func (w *Worker) workers(lane memory.Lane) int {
	if n := w.Workers[lane]; n > 0 {
		return n
	}
	switch lane {
	case memory.LaneEvent:
		return 8
	case memory.LaneSummary:
		return 2
	}
	return 1
}

var (
	// errStopping is why a job is broken off when the worker stops.
	errStopping = errors.New("the worker is stopping")
	errClosed   = errors.New("the queue was closed under the worker")
)

// Run works until ctx is done. Then it begins nothing new, gives the jobs that
// run the grace period to finish, puts the others back as if they had not been
// tried, and returns nil. If the queue is closed under it, it does the same at
// once and returns an error.
func (w *Worker) Run(ctx context.Context) error {
	working, abandon := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abandon(nil)

	reconciling, stopReconciler := context.WithCancel(ctx)
	defer stopReconciler()
	reconciled := make(chan struct{})
	go func() {
		defer close(reconciled)
		w.reconcileAll(reconciling)
	}()

	lanes, stopping := errgroup.WithContext(ctx)
	for _, lane := range memory.Lanes() {
		lanes.Go(func() error {
			err := w.Queue.Consume(stopping, lane, w.workers(lane), func(ctx context.Context, m memory.Message) error {
				ctx, cancel := context.WithCancelCause(ctx) // ends when the queue is closed
				defer cancel(nil)
				defer context.AfterFunc(working, func() { cancel(context.Cause(working)) })()
				return w.handle(ctx, stopping, m)
			})
			if err == nil && stopping.Err() == nil {
				err = errClosed
			}
			return err
		})
	}
	consumed := make(chan struct{})
	go func() {
		<-stopping.Done()
		grace := time.NewTimer(w.Grace)
		defer grace.Stop()
		select {
		case <-grace.C:
			abandon(errStopping)
		case <-consumed:
		}
	}()
	err := lanes.Wait() // ends stopping, too
	close(consumed)
	stopReconciler()
	<-reconciled
	return err
}

// Pauses lists the lanes that wait for a provider to take them back, in the order
// of memory.Lanes.
func (w *Worker) Pauses() []Pause {
	var all []Pause
	for _, lane := range memory.Lanes() {
		if p, paused := w.gates[lane].state(); paused {
			all = append(all, p)
		}
	}
	return all
}
