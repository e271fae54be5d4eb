package storagetest

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"reflect"

	"claude-mem/internal/id"
	"claude-mem/internal/lexical"
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

// reach tries a method in a scope and reports whether it reached a row of ours.
type reach func(ctx context.Context, tx storage.Tx, s memory.Scope, r tenantRows) (bool, error)

// found is a look-up's answer.
func found[T any](_ T, err error) (bool, error) { return err == nil, err }

// some is a list's answer.
func some[T any](list []T, err error) (bool, error) { return len(list) > 0, err }

// reaches has a case for every method of a transaction that takes a scope.
func reaches() map[string]reach {
	type (
		c = context.Context
		t = storage.Tx
		s = memory.Scope
		r = tenantRows
	)
	return map[string]reach{
		"Project":       func(ctx c, tx t, s s, r r) (bool, error) { return found(tx.Project(ctx, s, r.job.ProjectID)) },
		"ProjectByName": func(ctx c, tx t, s s, _ r) (bool, error) { return found(tx.ProjectByName(ctx, s, "/home/us/one")) },
		"Projects":      func(ctx c, tx t, s s, r r) (bool, error) { return hasProject(ctx, tx, s, r.job.ProjectID) },
		"Counts": func(ctx c, tx t, s s, _ r) (bool, error) {
			n, err := tx.Counts(ctx, s)
			return n.Sessions+n.Events > 0, err
		},
		"Key":       func(ctx c, tx t, s s, r r) (bool, error) { return found(tx.Key(ctx, s, r.key.ID)) },
		"Keys":      func(ctx c, tx t, s s, _ r) (bool, error) { return some(tx.Keys(ctx, s, storage.Page{})) },
		"RevokeKey": func(ctx c, tx t, s s, r r) (bool, error) { return found(tx.RevokeKey(ctx, s, r.key.ID, 2)) },
		"RotateKey": func(ctx c, tx t, s s, r r) (bool, error) {
			return found(tx.RotateKey(ctx, s, r.key.ID, memory.Rotation{Hash: "rotated", Prefix: "cm_r"}))
		},
		"Session":             func(ctx c, tx t, s s, r r) (bool, error) { return found(tx.Session(ctx, s, r.session.ID)) },
		"SessionByExternalID": func(ctx c, tx t, s s, _ r) (bool, error) { return found(tx.SessionByExternalID(ctx, s, "x")) },
		"SessionByContentID":  func(ctx c, tx t, s s, _ r) (bool, error) { return found(tx.SessionByContentID(ctx, s, "c")) },
		"Sessions":            func(ctx c, tx t, s s, _ r) (bool, error) { return some(tx.Sessions(ctx, s, storage.Page{})) },
		"SessionDigests": func(ctx c, tx t, s s, r r) (bool, error) {
			return some(tx.SessionDigests(ctx, s, []string{r.session.ID}))
		},
		"HoldSession": func(ctx c, tx t, s s, r r) (bool, error) { return found(tx.HoldSession(ctx, s, r.session.ID)) },
		"EndSession":  func(ctx c, tx t, s s, r r) (bool, error) { return found(tx.EndSession(ctx, s, r.session.ID, 2)) },
		"SetSessionGeneration": func(ctx c, tx t, s s, r r) (bool, error) {
			err := tx.SetSessionGeneration(ctx, s, r.session.ID, "failed", 2)
			return err == nil, err
		},
		"Event": func(ctx c, tx t, s s, r r) (bool, error) { return found(tx.Event(ctx, s, r.event.ID)) },
		"SessionEvents": func(ctx c, tx t, s s, r r) (bool, error) {
			return some(tx.SessionEvents(ctx, s, r.session.ID, storage.Page{}))
		},
		"LastPrompt": func(ctx c, tx t, s s, r r) (bool, error) {
			return found(tx.LastPrompt(ctx, s, r.session.ID, 99))
		},
		"CountSessionEvents": func(ctx c, tx t, s s, r r) (bool, error) {
			n, err := tx.CountSessionEvents(ctx, s, r.session.ID)
			return n > 0, err
		},
		"Job": func(ctx c, tx t, s s, r r) (bool, error) { return found(tx.Job(ctx, s, r.job.ID)) },
		"JobOfSource": func(ctx c, tx t, s s, r r) (bool, error) {
			return found(tx.JobOfSource(ctx, s, r.job.Kind, r.job.SourceID))
		},
		"Jobs": func(ctx c, tx t, s s, _ r) (bool, error) {
			l, total, err := tx.Jobs(ctx, s, storage.JobFilter{}, storage.Page{})
			return len(l) > 0 || total > 0, err
		},
		"Books": func(ctx c, tx t, s s, _ r) (bool, error) {
			b, err := tx.Books(ctx, s)
			return b != (memory.Books{}), err
		},
		"CancelJob": func(ctx c, tx t, s s, r r) (bool, error) { return found(tx.CancelJob(ctx, s, r.job.ID, 2)) },
		"RequeueJob": func(ctx c, tx t, s s, r r) (bool, error) {
			_, err := tx.RequeueJob(ctx, s, r.job.ID, 2)
			return errors.Is(err, memory.ErrConflict), err // it is queued already
		},
		"Observation": func(ctx c, tx t, s s, r r) (bool, error) { return found(tx.Observation(ctx, s, r.summary.ID)) },
		"ObservationsByNumber": func(ctx c, tx t, s s, r r) (bool, error) {
			return some(tx.ObservationsByNumber(ctx, s, []int64{r.summary.Number}))
		},
		"Observations": func(ctx c, tx t, s s, _ r) (bool, error) {
			return some(tx.Observations(ctx, s, storage.ObservationFilter{}, storage.Page{}))
		},
		"LastWritten": func(ctx c, tx t, s s, _ r) (bool, error) {
			return some(tx.LastWritten(ctx, s, storage.ObservationFilter{Files: []string{"needle.go"}}, 0))
		},
		"Around":            func(ctx c, tx t, s s, r r) (bool, error) { return some(tx.Around(ctx, s, r.summary.Number, 9, 9)) },
		"EventObservations": func(ctx c, tx t, s s, r r) (bool, error) { return some(tx.EventObservations(ctx, s, r.event.ID)) },
		"HoldObservation": func(ctx c, tx t, s s, r r) (bool, error) {
			return found(tx.HoldObservation(ctx, s, r.summary.ID))
		},
		"DeleteObservation": func(ctx c, tx t, s s, r r) (bool, error) {
			err := tx.DeleteObservation(ctx, s, r.summary.ID)
			return err == nil, err
		},
		"Supersede": func(ctx c, tx t, s s, r r) (bool, error) {
			err := tx.Supersede(ctx, s, "another", []string{r.summary.ID})
			return err == nil, err
		},
		"SupersedeSummaries": func(ctx c, tx t, s s, r r) (bool, error) {
			if err := tx.SupersedeSummaries(ctx, s, r.session.ID); err != nil {
				return false, err
			}
			o, err := tx.Observation(ctx, r.summary.Scope(), r.summary.ID)
			return o.SupersededBy != "", err
		},
		"PurgeStep": func(ctx c, tx t, s s, r r) (bool, error) {
			n, err := tx.PurgeStep(ctx, s, r.job.ProjectID, 9, 9)
			return n != (memory.Purged{}), err
		},
		"Audit": func(ctx c, tx t, s s, _ r) (bool, error) {
			return some(tx.Audit(ctx, s, storage.AuditFilter{}, storage.Page{}))
		},
	}
}

// reachesOfSearch are the cases of what search reads.
func reachesOfSearch() map[string]reach {
	type (
		c = context.Context
		t = storage.Tx
		s = memory.Scope
		r = tenantRows
	)
	return map[string]reach{
		"Matching": func(ctx c, tx t, s s, _ r) (bool, error) {
			m, err := tx.Matching(ctx, s, storage.Matching{Clauses: [][]string{{lexical.Root("needle")}}})
			return err == nil && len(m[0].Numbers) > 0, err
		},
		"Ranked": func(ctx c, tx t, s s, r r) (bool, error) {
			return some(tx.Ranked(ctx, s, storage.Ranking{Numbers: []int64{r.summary.Number}, Reach: 2}))
		},
		"Extent": func(ctx c, tx t, s s, _ r) (bool, error) {
			n, err := tx.Extent(ctx, s)
			return n > 0, err
		},
	}
}

// reachesByRow are the cases where the row carries the tenant.
func reachesByRow() map[string]reach {
	type (
		c = context.Context
		t = storage.Tx
		s = memory.Scope
		r = tenantRows
	)
	return map[string]reach{
		"UpdateObservation": func(ctx c, tx t, s s, r r) (bool, error) {
			o := r.summary
			o.TeamID, o.ProjectID = s.TeamID, s.ProjectID
			return found(tx.UpdateObservation(ctx, o))
		},
		"JobObservations": func(ctx c, tx t, s s, r r) (bool, error) {
			o, _, err := tx.PutObservation(ctx, madeBy(r.job, "made", 1))
			if err != nil {
				return false, err
			}
			j := memory.Job{ID: r.job.ID, TeamID: s.TeamID, ProjectID: cmp.Or(s.ProjectID, o.ProjectID)}
			return some(tx.JobObservations(ctx, j))
		},
		"RefreshSummaryJob": func(ctx c, tx t, s s, r r) (bool, error) {
			j := r.job
			j.TeamID, j.ProjectID = s.TeamID, s.ProjectID
			_, err := tx.RefreshSummaryJob(ctx, j, 9, "q")
			if errors.Is(err, memory.ErrConflict) {
				return false, nil // not to be had, like one that is gone
			}
			return err == nil, err
		},
	}
}

// reachesOfUsage are the cases of the ledger.
func reachesOfUsage() map[string]reach {
	type (
		c = context.Context
		t = storage.Tx
		s = memory.Scope
		r = tenantRows
	)
	return map[string]reach{
		"Usage": func(ctx c, tx t, s s, _ r) (bool, error) {
			return some(tx.Usage(ctx, s, storage.UsageFilter{}, storage.Page{}))
		},
		"UsageSum": func(ctx c, tx t, s s, _ r) (bool, error) {
			sum, err := tx.UsageSum(ctx, s, 0)
			return sum != (memory.UsageCounts{}), err
		},
		"JobUsage": func(ctx c, tx t, s s, r r) (bool, error) { return some(tx.JobUsage(ctx, s, r.job.ID)) },
		"TokensTaken": func(ctx c, tx t, s s, _ r) (bool, error) {
			n, err := tx.TokensTaken(ctx, s, 0)
			return n > 0, err
		},
	}
}

// reachesOfBatches are the cases of jobs for many events.
func reachesOfBatches() map[string]reach {
	type (
		c = context.Context
		t = storage.Tx
		s = memory.Scope
		r = tenantRows
	)
	return map[string]reach{
		"EventsBefore": func(ctx c, tx t, s s, r r) (bool, error) {
			e := r.event
			e.OccurredAt += 9
			return some(tx.EventsBefore(ctx, s, e, 9))
		},
		"HoldProject": func(ctx c, tx t, s s, r r) (bool, error) {
			return found(tx.HoldProject(ctx, s, r.job.ProjectID))
		},
		"SetProjectMetadata": func(ctx c, tx t, s s, r r) (bool, error) {
			return found(tx.SetProjectMetadata(ctx, s, r.job.ProjectID, []byte(`{"a":1}`), 2))
		},
		"BatchOfEvent": func(ctx c, tx t, s s, r r) (bool, error) { return found(tx.BatchOfEvent(ctx, s, r.event.ID)) },
		"BatchEvents":  func(ctx c, tx t, s s, r r) (bool, error) { return some(tx.BatchEvents(ctx, s, r.batch.ID)) },
		"WakeJobs":     func(ctx c, tx t, s s, r r) (bool, error) { return some(tx.WakeJobs(ctx, s, r.batch.SourceID, 2)) },

		// These carry the tenant in the row.
		"JoinBatch": func(ctx c, tx t, s s, r r) (bool, error) {
			j := r.batch
			j.TeamID, j.ProjectID = s.TeamID, s.ProjectID
			e := newEvent(r.event.Scope(), "", 3)
			if _, _, err := tx.PutEvent(ctx, e); err != nil {
				return false, err
			}
			_, err := tx.JoinBatch(ctx, j, e, roomy, 2)
			if errors.Is(err, memory.ErrConflict) {
				return false, nil // not to be had, like one that is gone
			}
			return err == nil, err
		},
		"BatchSize": func(ctx c, tx t, s s, r r) (bool, error) {
			j := r.batch
			j.TeamID, j.ProjectID = s.TeamID, s.ProjectID
			n, _, err := tx.BatchSize(ctx, j)
			return n > 0, err
		},
	}
}

// hasProject looks for a project in the list, which may hold others of its own.
func hasProject(ctx context.Context, tx storage.Tx, s memory.Scope, id string) (bool, error) {
	list, err := tx.Projects(ctx, s, storage.Page{})
	for _, p := range list {
		if p.ID == id {
			return true, err
		}
	}
	return false, err
}

// testIsolation tries every method that takes a scope from inside the tenant and
// from outside. From outside a row must look as if it were not there, and after
// it nothing may have changed, which trying from inside again shows.
func testIsolation(f *fixture) {
	cases := reaches()
	maps.Copy(cases, reachesByRow())
	maps.Copy(cases, reachesOfSearch())
	maps.Copy(cases, reachesOfVectors())
	maps.Copy(cases, reachesOfUsage())
	maps.Copy(cases, reachesOfBatches())
	maps.Copy(cases, reachesOfExchange())
	for m := range reflect.TypeFor[storage.Tx]().Methods() {
		if takesScope(m.Type) && cases[m.Name] == nil {
			f.Errorf("storage.Tx.%s takes a scope and has no case here", m.Name)
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
		ok, err = try(f.ctx, tx, s, rows)
		return undo
	})
	f.fails("undo", end, undo)
	return ok, err
}

func takesScope(m reflect.Type) bool {
	for in := range m.Ins() {
		if in == reflect.TypeFor[memory.Scope]() {
			return true
		}
	}
	return false
}
