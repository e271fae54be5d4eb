// Package storagetest proves that a database keeps the contract of package
// storage. An engine's test calls [Run] and, to be comparable with the others,
// [Bench]; all it brings is a function that opens an empty store.
package storagetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// Env is an empty store to test.
type Env struct {
	Store storage.Store
	// Sent returns the messages that committed transactions enqueued, in the order
	// they were sent.
	Sent func() []memory.Message
}

// Open makes an empty store that is closed when the test ends.
type Open func(tb testing.TB) Env

// Run runs the suite, each part on a store of its own.
func Run(t *testing.T, open Open) {
	parts := []struct {
		name string
		run  func(f *fixture)
	}{
		{"tenants", testTenants},
		{"keys", testKeys},
		{"key rotation", testRotation},
		{"sessions", testSessions},
		{"session digests", testSessionDigests},
		{"events", testEvents},
		{"jobs", testJobs},
		{"leases", testLeases},
		{"outcomes", testOutcomes},
		{"operators", testOperators},
		{"recovery", testRecovery},
		{"announcements", testAnnouncements},
		{"books", testBooks},
		{"books under load", testBooksUnderLoad},
		{"lanes", testLanes},
		{"observations", testObservations},
		{"observation filters", testFilters},
		{"observations of a job", testJobObservations},
		{"last written", testLastWritten},
		{"alike", testAlike},
		{"alike at a time", testAlikeAtATime},
		{"superseding", testSupersede},
		{"vectors", testVectors},
		{"summaries", testSummaries},
		{"around", testAround},
		{"sources", testSources},
		{"search", testSearch},
		{"search in step", testSearchInStep},
		{"batches", testBatches},
		{"waking", testWaking},
		{"deferring", testDeferring},
		{"books of batches", testBatchBooks},
		{"batch race", testBatchRace},
		{"usage", testUsage},
		{"usage of jobs", testJobUsage},
		{"reservations", testReservations},
		{"reservations of calls that were cut off", testReservationsLeft},
		{"matching", testMatching},
		{"ranked", testRanked},
		{"words", testWords},
		{"audit", testAudit},
		{"audit retention", testDropAudit},
		{"purge", testPurge},
		{"walks", testWalks},
		{"restoring", testRestore},
		{"view", testView},
		{"minutes", testMinutes},
		{"workers", testWorkers},
		{"paging", testPaging},
		{"values", testValues},
		{"conflicts", testConflicts},
		{"isolation", testIsolation},
		{"transactions", testTransactions},
		{"cancellation", testCancellation},
		{"outbox", testOutbox},
		{"concurrency", testConcurrency},
		{"holding", testHolding},
		{"closing", testClosing},
	}
	for _, p := range parts {
		t.Run(p.name, func(t *testing.T) { p.run(newFixture(t, open)) })
	}
}

// fixture is a store with two tenants: ours has two projects, theirs has one.
type fixture struct {
	testing.TB
	ctx   context.Context
	store storage.Store
	sent  func() []memory.Message

	ours, ours2, theirs memory.Scope
}

func newFixture(tb testing.TB, open Open) *fixture {
	tb.Helper()
	env := open(tb)
	f := &fixture{TB: tb, ctx: tb.Context(), store: env.Store, sent: env.Sent}
	f.ours = f.tenant("ours", "/home/us/one")
	f.ours2 = f.tenant("ours", "/home/us/two")
	f.theirs = f.tenant("theirs", "/home/them/one")
	return f
}

// tx runs fn in a transaction that must succeed.
func (f *fixture) tx(fn func(tx storage.Tx) error) {
	f.Helper()
	if err := f.store.InTx(f.ctx, fn); err != nil {
		f.Fatal(err)
	}
}

// tenant makes sure of a team and a project.
func (f *fixture) tenant(team, project string) memory.Scope {
	f.Helper()
	var s memory.Scope
	f.tx(func(tx storage.Tx) error {
		t, err := tx.EnsureTeam(f.ctx, memory.Team{ID: id.New(), Name: team, CreatedAt: 1})
		if err != nil {
			return err
		}
		p, err := tx.EnsureProject(f.ctx, memory.Project{ID: id.New(), TeamID: t.ID, Name: project, CreatedAt: 1, UpdatedAt: 1})
		s = p.Scope()
		return err
	})
	return s
}

// newSession is a session that is not stored yet.
func newSession(s memory.Scope, external string, at memory.Epoch) memory.Session {
	return memory.Session{
		ID: id.New(), TeamID: s.TeamID, ProjectID: s.ProjectID, ExternalSessionID: memory.Opt(external),
		GenerationStatus: "idle", DedupeKey: external, StartedAt: at, CreatedAt: at, UpdatedAt: at,
	}
}

// newEvent is an event that is not stored yet.
func newEvent(s memory.Scope, session string, at memory.Epoch) memory.Event {
	e := memory.Event{
		ID: id.New(), TeamID: s.TeamID, ProjectID: s.ProjectID, SessionID: memory.Opt(session),
		SourceAdapter: "hook", EventType: memory.EventToolUse, Payload: []byte(`{"tool_name":"Edit"}`),
		OccurredAt: at, ReceivedAt: at, CreatedAt: at, Generate: true,
	}
	// Real keys are hashes, so that they come in no order: that has a price.
	sum := sha256.Sum256([]byte(e.ID))
	e.DedupeKey = hex.EncodeToString(sum[:])
	return e
}

// newJob is a job that is not stored yet.
func newJob(s memory.Scope, kind memory.Kind, source string, at memory.Epoch) memory.Job {
	j := memory.Job{
		ID: id.New(), TeamID: s.TeamID, ProjectID: s.ProjectID, Kind: kind, SourceType: kind.SourceType(), SourceID: source,
		JobType: kind.JobType(), Status: memory.JobQueued, MaxAttempts: memory.DefaultMaxAttempts,
		SourceAdapter: "hook", CreatedAt: at, UpdatedAt: at,
	}
	j.QueueID = memory.QueueID(j)
	return j
}

// newObservation is an observation that is not stored yet.
func newObservation(s memory.Scope, title string, at memory.Epoch) memory.Observation {
	m := memory.Metadata{Title: title}
	return memory.Observation{
		ID: id.New(), TeamID: s.TeamID, ProjectID: s.ProjectID, Kind: memory.KindDiscovery,
		Content: m.Content(), Metadata: m, OccurredAt: at, CreatedAt: at, UpdatedAt: at,
	}
}

// putSession stores a session in a transaction of its own; so do those below.
func (f *fixture) putSession(s memory.Session) memory.Session {
	f.Helper()
	f.tx(func(tx storage.Tx) (err error) { s, _, err = tx.EnsureSession(f.ctx, s); return err })
	return s
}

func (f *fixture) putEvent(e memory.Event) memory.Event {
	f.Helper()
	f.tx(func(tx storage.Tx) (err error) { e, _, err = tx.PutEvent(f.ctx, e); return err })
	return e
}

func (f *fixture) putJob(j memory.Job) memory.Job {
	f.Helper()
	f.tx(func(tx storage.Tx) (err error) { j, _, err = tx.PutJob(f.ctx, j); return err })
	return j
}

func (f *fixture) putObservation(o memory.Observation, sources ...memory.Source) memory.Observation {
	f.Helper()
	f.tx(func(tx storage.Tx) (err error) { o, _, err = tx.PutObservation(f.ctx, o, sources...); return err })
	return o
}
