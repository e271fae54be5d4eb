// Package storage is the contract between the product and its databases. Each
// engine (sqlite, postgres) implements [Store] in a package of its own and proves
// it with the suite in storagetest.
//
// Rules that hold for every engine and method:
//
//   - Every query of tenant data filters on the [memory.Scope] in SQL. A row of
//     another tenant is answered as a missing one: memory.ErrNotFound.
//   - Texts are stored as given; NUL bytes and invalid UTF-8 are the caller's to
//     remove (see internal/privacy). An empty memory.Opt and NULL are the same. A
//     JSON object that is absent is stored and returned as {}.
//   - An empty DedupeKey or GenerationKey is the same as no other.
//   - Lists have a definite order, ties broken by id. A limit below 1 or above
//     MaxPage becomes MaxPage; a negative offset becomes 0.
//   - A unique violation that the method does not resolve itself is
//     memory.ErrConflict; a row of a project or session that does not exist, or
//     not in that tenant, is memory.ErrNotFound.
//   - What a returned InTx wrote is on stable storage.
package storage

import (
	"context"
	"encoding/json"

	"claude-mem/memory"
)

// MaxPage is how many rows one call returns at most.
const MaxPage = 1000

// Page is a window on an ordered list.
type Page struct{ Limit, Offset int }

// Clamp brings the window into bounds; def stands in for a limit of 0.
func (p Page) Clamp(def int) Page {
	if p.Limit == 0 {
		p.Limit = def
	}
	if p.Limit < 1 || p.Limit > MaxPage {
		p.Limit = MaxPage
	}
	p.Offset = max(p.Offset, 0)
	return p
}

// Store is one database. It is safe for concurrent use.
type Store interface {
	Reader

	// InTx runs fn in a transaction and commits it when fn returns nil. What fn
	// returns otherwise is returned as it is and nothing of the transaction stays.
	// fn may be run again after a serialisation failure, so it must not have
	// effects outside tx; it must not use the Store, and must not block on
	// anything but tx: engines run many such functions in one commit.
	InTx(ctx context.Context, fn func(tx Tx) error) error

	// View runs fn on the store as it is at one moment, however long fn takes and
	// whatever others write meanwhile; they do not wait for it. What fn returns is
	// returned as it is.
	View(ctx context.Context, fn func(r Reader) error) error

	Info(ctx context.Context) (Info, error)
	Close() error
}

// Checker is a Store that can verify what it has on disk. It may take long.
type Checker interface {
	// Check returns what is damaged, nil if nothing is.
	Check(ctx context.Context) error
}

// Info describes a store.
type Info struct {
	Driver        string `json:"driver"`
	SchemaVersion int64  `json:"schemaVersion"`
	SizeBytes     int64  `json:"sizeBytes"` // on disk, as far as the engine can tell
	// Pgvector is the version of the extension that finds what is near in meaning; empty
	// where the program compares vectors itself.
	Pgvector string `json:"pgvector,omitempty"`
}

// Reader is everything that can be asked, of a Store or inside a Tx.
type Reader interface {
	TenantReader
	SessionReader
	EventReader
	JobReader
	BatchReader
	ObservationReader
	WordReader
	VectorReader
	UsageReader
	AuditReader
	MinuteReader
	WorkerReader
	ExchangeReader
}

// Tx is a transaction: it reads its own writes.
type Tx interface {
	Reader
	TenantWriter
	SessionWriter
	EventWriter
	JobWriter
	BatchWriter
	ObservationWriter
	WordWriter
	VectorWriter
	UsageWriter
	AuditWriter
	Purger
	MinuteWriter
	WorkerWriter
	ExchangeWriter

	// Enqueue sends wake-up messages if and only if the transaction commits: in it,
	// where the queue lives in the same database, else right after.
	Enqueue(ctx context.Context, msgs ...memory.Message) error
}

// TenantReader finds teams, projects and keys.
type TenantReader interface {
	Team(ctx context.Context, id string) (memory.Team, error)
	TeamByName(ctx context.Context, name string) (memory.Team, error)
	Project(ctx context.Context, s memory.Scope, id string) (memory.Project, error)
	ProjectByName(ctx context.Context, s memory.Scope, name string) (memory.Project, error)
	// Projects lists by name.
	Projects(ctx context.Context, s memory.Scope, p Page) ([]memory.Project, error)
	// Counts counts what is stored in the scope.
	Counts(ctx context.Context, s memory.Scope) (memory.Counts, error)
	// KeyByHash finds a key, usable or not, by the hex SHA-256 of it. Found by the one
	// that it had before it was rotated, it expires when that does. It is one of the
	// two look-ups without a tenant: the key is what establishes the tenant.
	KeyByHash(ctx context.Context, hash string) (memory.APIKey, error)
	// Key finds a key of the team by id.
	Key(ctx context.Context, s memory.Scope, id string) (memory.APIKey, error)
	// Keys lists oldest first, revoked ones too.
	Keys(ctx context.Context, s memory.Scope, p Page) ([]memory.APIKey, error)
}

// TenantWriter makes teams, projects and keys.
type TenantWriter interface {
	// EnsureTeam returns the team of that name, made from t if there is none.
	EnsureTeam(ctx context.Context, t memory.Team) (memory.Team, error)
	// EnsureProject returns the team's project of that name, made from p if there is none.
	EnsureProject(ctx context.Context, p memory.Project) (memory.Project, error)
	// HoldProject is Project for whoever is about to write back what it read: until the
	// transaction ends, others neither change the project's row nor hold it; they may
	// store what belongs to it.
	HoldProject(ctx context.Context, s memory.Scope, id string) (memory.Project, error)
	// SetProjectMetadata replaces the metadata, an object.
	SetProjectMetadata(ctx context.Context, s memory.Scope, id string, metadata json.RawMessage, at memory.Epoch) (memory.Project, error)
	PutKey(ctx context.Context, k memory.APIKey) error
	// RevokeKey sets RevokedAt once; a second call keeps the first time.
	RevokeKey(ctx context.Context, s memory.Scope, id string, at memory.Epoch) (memory.APIKey, error)
	// RotateKey gives the key another secret; the one before is forgotten, also if it
	// was still good from the last time. ErrConflict if the key is revoked.
	RotateKey(ctx context.Context, s memory.Scope, id string, r memory.Rotation) (memory.APIKey, error)
}

// SessionReader finds sessions.
type SessionReader interface {
	Session(ctx context.Context, s memory.Scope, id string) (memory.Session, error)
	SessionByExternalID(ctx context.Context, s memory.Scope, external string) (memory.Session, error)
	SessionByContentID(ctx context.Context, s memory.Scope, content string) (memory.Session, error)
	// Sessions lists newest first, by start.
	Sessions(ctx context.Context, s memory.Scope, p Page) ([]memory.Session, error)
	// SessionDigests counts what the sessions with the ids consist of, in the order of
	// their ids, each once; at most MaxPage ids are looked at. What it costs grows with
	// their events.
	SessionDigests(ctx context.Context, s memory.Scope, ids []string) ([]memory.SessionDigest, error)
}

// SessionWriter starts and ends sessions.
//
// Whoever changes several rows in a transaction does so in this order, so that no two wait
// for each other: the budget of a team (LockBudget), jobs of events, sessions in the
// order of their ids, jobs of sessions (memory.Job.OfSession), observations. For a
// session that is ended comes before the jobs that are owed for it, and a job that is
// leased or finished before the session that shows it; so a job of a session comes
// after HoldSession, or after SetSessionGeneration.
type SessionWriter interface {
	// EnsureSession returns the project's session with the same DedupeKey, made from
	// in if there is none; created says which.
	EnsureSession(ctx context.Context, in memory.Session) (s memory.Session, created bool, err error)
	// HoldSession is Session for whoever is about to end it: until the transaction ends,
	// others neither store events of the session nor end it, and what they stored
	// before is there to be counted.
	HoldSession(ctx context.Context, s memory.Scope, id string) (memory.Session, error)
	// EndSession sets EndedAt if it is not set; at may be in the past. To end a session
	// again changes nothing, but those who do it go one after the other.
	EndSession(ctx context.Context, s memory.Scope, id string, at memory.Epoch) (memory.Session, error)
	// SetSessionGeneration records where the session's generation stands; a
	// generatedAt of 0 leaves LastGeneratedAt as it is.
	SetSessionGeneration(ctx context.Context, s memory.Scope, id, status string, generatedAt memory.Epoch) error
}

// EventReader finds events.
type EventReader interface {
	Event(ctx context.Context, s memory.Scope, id string) (memory.Event, error)
	// SessionEvents lists a session's events in the order they occurred (then by
	// id), at most p.Limit from p.Offset on.
	SessionEvents(ctx context.Context, s memory.Scope, sessionID string, p Page) ([]memory.Event, error)
	// EventsBefore lists the n events of e's session that come before it in the order of
	// SessionEvents, the nearest first; n is bounded by MaxPage. Without a session there
	// are none.
	EventsBefore(ctx context.Context, s memory.Scope, e memory.Event, n int) ([]memory.Event, error)
	// LastPrompt finds the newest of the session's memory.EventUserPrompt events that
	// occurred at or before the given time. It is asked for every event of a tool, so
	// what it costs does not depend on how long the session is, nor the last prompt ago.
	LastPrompt(ctx context.Context, s memory.Scope, sessionID string, notAfter memory.Epoch) (memory.Event, error)
	// CountSessionEvents counts a session's events.
	CountSessionEvents(ctx context.Context, s memory.Scope, sessionID string) (int64, error)
}

// EventWriter stores events.
type EventWriter interface {
	// PutEvent stores e, unless the project has an event with the same DedupeKey:
	// then that one is returned and created is false.
	PutEvent(ctx context.Context, e memory.Event) (stored memory.Event, created bool, err error)
}

// StoredEvent is what became of an event that was to be stored.
type StoredEvent struct {
	memory.Event
	Created bool // false: it is the one that was there
}

// EventsWriter is an EventWriter that stores many events for less than one by one.
type EventsWriter interface {
	// PutEvents is PutEvent for each event, in order.
	PutEvents(ctx context.Context, events []memory.Event) ([]StoredEvent, error)
}

// PutEvents stores events in order, in whatever way w does it best.
func PutEvents(ctx context.Context, w EventWriter, events []memory.Event) ([]StoredEvent, error) {
	if many, ok := w.(EventsWriter); ok {
		return many.PutEvents(ctx, events)
	}
	out := make([]StoredEvent, len(events))
	for i, e := range events {
		var err error
		if out[i].Event, out[i].Created, err = w.PutEvent(ctx, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}
