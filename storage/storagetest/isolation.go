package storagetest

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"reflect"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// tenantRows is one row of each kind, all of ours.
type tenantRows struct {
	key     memory.APIKey
	session memory.Session
	event   memory.Event
	job     memory.Job
	batch   memory.Job         // that owes the event
	summary memory.Observation // of the session
}

func (f *fixture) tenantRows() (r tenantRows) {
	f.Helper()
	r.session = f.putSession(newSession(f.ours, "s", 1))
	r.session.ContentSessionID = "c"
	r.session.ID, r.session.DedupeKey, r.session.ExternalSessionID = id.New(), "d", "x"
	r.session = f.putSession(r.session)
	r.event = f.putEvent(prompt(f.ours, r.session.ID, 1))
	r.job = f.putJob(newJob(f.ours, memory.KindSummary, r.session.ID, 1))
	r.batch = newJob(f.ours, memory.KindBatch, r.session.ID, 1)
	r.batch.NextAttemptAt = 99
	r.batch = f.putJob(r.batch)
	r.key = newKey(f.ours, "k", 1)
	f.addUsage(memory.Usage{
		TeamID: f.ours.TeamID, ProjectID: f.ours.ProjectID, JobID: r.job.ID, Kind: r.job.Kind, Provider: "p", Model: "m",
		At: 1, UsageCounts: memory.UsageCounts{Calls: 1, InputTokens: 1},
	})
	f.tx(func(tx storage.Tx) error {
		_, err := tx.JoinBatch(f.ctx, r.batch, r.event, roomy, 99)
		f.ok(err)
		f.ok(tx.PutKey(f.ctx, r.key))
		return tx.PutAudit(f.ctx, memory.AuditEntry{
			ID: id.New(), TeamID: f.ours.TeamID, ProjectID: memory.Opt(f.ours.ProjectID), Action: "a", ResourceType: "t", CreatedAt: 1,
		})
	})
	o := newObservation(f.ours, "needle", 1)
	o.Kind, o.SessionID = memory.KindSummaryObservation, memory.Opt(r.session.ID)
	o.Metadata.FilesRead = []string{"needle.go"}
	r.summary = f.putObservation(o, memory.Source{SourceType: memory.KindEvent.SourceType(), SourceID: r.event.ID})
	o.ID = id.New()
	f.putObservation(o) // that takes its place
	f.tx(func(tx storage.Tx) error {
		return tx.PutVectors(f.ctx, f.ours, "m", storage.Vector{Number: r.summary.Number, Values: []byte{1}})
	})
	return r
}

// attempt is what a method is tried with: in a transaction, on rows of ours, from inside
// some scope.
type attempt struct {
	storage.Tx
	tenantRows
	ctx context.Context
	in  memory.Scope
}

// place is where a row of whoever tries would be: in the scope, or, if that is a whole
// team's, in our project.
func (a attempt) place() memory.Scope {
	return memory.Scope{TeamID: a.in.TeamID, ProjectID: cmp.Or(a.in.ProjectID, a.job.ProjectID)}
}

// as is the job as somebody in the scope would name it.
func (a attempt) as(j memory.Job) memory.Job {
	j.TeamID, j.ProjectID = a.in.TeamID, a.in.ProjectID
	return j
}

// reach tries a method and reports whether it reached a row of ours.
type reach func(a attempt) (bool, error)

// found is a look-up's answer.
func found[T any](_ T, err error) (bool, error) { return err == nil, err }

// some is a list's answer.
func some[T any](list []T, err error) (bool, error) { return len(list) > 0, err }

// testIsolation tries every method that takes a scope from inside the tenant and
// from outside. From outside a row must look as if it were not there, and after
// it nothing may have changed, which trying from inside again shows.
func testIsolation(f *fixture) {
	cases := make(map[string]reach)
	for _, part := range []map[string]reach{
		reachesOfTenants(), reachesOfSessions(), reachesOfJobs(), reachesOfObservations(), reachesOfUsage(),
		reachesOfVectors(), reachesOfExchange(), reachesByRow(), reachesByObservation(),
	} {
		maps.Copy(cases, part)
	}
	for m := range reflect.TypeFor[storage.Tx]().Methods() {
		if takesTenant(m.Type) && cases[m.Name] == nil && exempt[m.Name] == "" {
			f.Errorf("storage.Tx.%s takes a scope, or a row that has one, and has no case here", m.Name)
		}
	}
	rows := f.tenantRows()
	foreign := []memory.Scope{
		f.theirs,
		f.ours2,
		{TeamID: f.theirs.TeamID},
		{TeamID: f.theirs.TeamID, ProjectID: f.ours.ProjectID},
		{TeamID: f.ours.TeamID, ProjectID: f.theirs.ProjectID},
		{ProjectID: f.ours.ProjectID},
		{},
	}
	for name, try := range cases {
		for _, s := range foreign {
			ok, err := f.try(try, s, rows)
			if ok {
				f.Errorf("%s reaches a row of ours from %+v", name, s)
			}
			if err != nil && !errors.Is(err, memory.ErrNotFound) {
				f.Errorf("%s from %+v: %v, not that it is missing", name, s, err)
			}
		}
		inside := []memory.Scope{f.ours, {TeamID: f.ours.TeamID}}
		for _, s := range inside {
			if ok, err := f.try(try, s, rows); !ok {
				f.Errorf("%s does not reach a row of ours from %+v: %v", name, s, err)
			}
		}
	}
}

// try runs a case in a transaction that is undone.
func (f *fixture) try(try reach, s memory.Scope, rows tenantRows) (ok bool, err error) {
	f.Helper()
	undo := errors.New("undo")
	end := f.store.InTx(f.ctx, func(tx storage.Tx) error {
		ok, err = try(attempt{tx, rows, f.ctx, s})
		return undo
	})
	f.fails("undo", end, undo)
	return ok, err
}

// exempt are methods that ask for no scope, and why they need none.
var exempt = map[string]string{
	"ReserveTokens": "the owner of the lease is a token that nobody else has",
}

// takesTenant reports whether a method is given a scope, or rows that belong to one.
func takesTenant(m reflect.Type) bool {
	for in := range m.Ins() {
		if in.Kind() == reflect.Slice {
			in = in.Elem()
		}
		switch in {
		case reflect.TypeFor[memory.Scope](), reflect.TypeFor[memory.Session](), reflect.TypeFor[memory.Event](),
			reflect.TypeFor[memory.Job](), reflect.TypeFor[memory.Observation]():
			return true
		}
	}
	return false
}
