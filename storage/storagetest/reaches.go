package storagetest

import (
	"errors"

	"claude-mem/internal/lexical"
	"claude-mem/memory"
	"claude-mem/storage"
)

// reachesOfTenants are the cases of tenants and keys.
func reachesOfTenants() map[string]reach {
	return map[string]reach{
		"Project":       func(a attempt) (bool, error) { return found(a.Project(a.ctx, a.in, a.job.ProjectID)) },
		"ProjectByName": func(a attempt) (bool, error) { return found(a.ProjectByName(a.ctx, a.in, "/home/us/one")) },
		"Projects":      func(a attempt) (bool, error) { return hasProject(a, a.job.ProjectID) },
		"HoldProject": func(a attempt) (bool, error) {
			return found(a.HoldProject(a.ctx, a.in, a.job.ProjectID))
		},
		"SetProjectMetadata": func(a attempt) (bool, error) {
			return found(a.SetProjectMetadata(a.ctx, a.in, a.job.ProjectID, []byte(`{"a":1}`), 2))
		},
		"Counts": func(a attempt) (bool, error) {
			n, err := a.Counts(a.ctx, a.in)
			return n.Sessions+n.Events > 0, err
		},
		"Key":       func(a attempt) (bool, error) { return found(a.Key(a.ctx, a.in, a.key.ID)) },
		"Keys":      func(a attempt) (bool, error) { return some(a.Keys(a.ctx, a.in, storage.Page{})) },
		"RevokeKey": func(a attempt) (bool, error) { return found(a.RevokeKey(a.ctx, a.in, a.key.ID, 2)) },
		"RotateKey": func(a attempt) (bool, error) {
			return found(a.RotateKey(a.ctx, a.in, a.key.ID, memory.Rotation{Hash: "rotated", Prefix: "cm_r"}))
		},
		"Audit": func(a attempt) (bool, error) {
			return some(a.Audit(a.ctx, a.in, storage.AuditFilter{}, storage.Page{}))
		},
		"DropAudit": func(a attempt) (bool, error) {
			n, err := a.DropAudit(a.ctx, a.in, 9, 9)
			return n > 0, err
		},
		"PurgeStep": func(a attempt) (bool, error) {
			n, err := a.PurgeStep(a.ctx, a.in, a.job.ProjectID, 9, 9)
			return n != (memory.Purged{}), err
		},
	}
}

// reachesOfSessions are the cases of sessions and their events.
func reachesOfSessions() map[string]reach {
	return map[string]reach{
		"Session":             func(a attempt) (bool, error) { return found(a.Session(a.ctx, a.in, a.session.ID)) },
		"SessionByExternalID": func(a attempt) (bool, error) { return found(a.SessionByExternalID(a.ctx, a.in, "x")) },
		"SessionByContentID":  func(a attempt) (bool, error) { return found(a.SessionByContentID(a.ctx, a.in, "c")) },
		"Sessions":            func(a attempt) (bool, error) { return some(a.Sessions(a.ctx, a.in, storage.Page{})) },
		"SessionDigests": func(a attempt) (bool, error) {
			return some(a.SessionDigests(a.ctx, a.in, []string{a.session.ID}))
		},
		"HoldSession": func(a attempt) (bool, error) { return found(a.HoldSession(a.ctx, a.in, a.session.ID)) },
		"EndSession":  func(a attempt) (bool, error) { return found(a.EndSession(a.ctx, a.in, a.session.ID, 2)) },
		"SetSessionGeneration": func(a attempt) (bool, error) {
			err := a.SetSessionGeneration(a.ctx, a.in, a.session.ID, "failed", 2)
			return err == nil, err
		},
		"Event": func(a attempt) (bool, error) { return found(a.Event(a.ctx, a.in, a.event.ID)) },
		"SessionEvents": func(a attempt) (bool, error) {
			return some(a.SessionEvents(a.ctx, a.in, a.session.ID, storage.Page{}))
		},
		"EventsBefore": func(a attempt) (bool, error) {
			e := a.event
			e.OccurredAt += 9
			return some(a.EventsBefore(a.ctx, a.in, e, 9))
		},
		"LastPrompt": func(a attempt) (bool, error) {
			return found(a.LastPrompt(a.ctx, a.in, a.session.ID, 99))
		},
		"CountSessionEvents": func(a attempt) (bool, error) {
			n, err := a.CountSessionEvents(a.ctx, a.in, a.session.ID)
			return n > 0, err
		},
	}
}

// reachesOfJobs are the cases of jobs, of one event or many.
func reachesOfJobs() map[string]reach {
	return map[string]reach{
		"Job": func(a attempt) (bool, error) { return found(a.Job(a.ctx, a.in, a.job.ID)) },
		"JobOfSource": func(a attempt) (bool, error) {
			return found(a.JobOfSource(a.ctx, a.in, a.job.Kind, a.job.SourceID))
		},
		"Jobs": func(a attempt) (bool, error) {
			l, total, err := a.Jobs(a.ctx, a.in, storage.JobFilter{}, storage.Page{})
			return len(l) > 0 || total > 0, err
		},
		"Books": func(a attempt) (bool, error) {
			b, err := a.Books(a.ctx, a.in)
			return b != (memory.Books{}), err
		},
		"CancelJob": func(a attempt) (bool, error) { return found(a.CancelJob(a.ctx, a.in, a.job.ID, 2)) },
		"RequeueJob": func(a attempt) (bool, error) {
			_, err := a.RequeueJob(a.ctx, a.in, a.job.ID, 2)
			return errors.Is(err, memory.ErrConflict), err // it is queued already
		},
		"WakeJobs":     func(a attempt) (bool, error) { return some(a.WakeJobs(a.ctx, a.in, a.batch.SourceID, 2)) },
		"BatchOfEvent": func(a attempt) (bool, error) { return found(a.BatchOfEvent(a.ctx, a.in, a.event.ID)) },
		"BatchEvents":  func(a attempt) (bool, error) { return some(a.BatchEvents(a.ctx, a.in, a.batch.ID)) },
	}
}

// reachesOfObservations are the cases of observations.
func reachesOfObservations() map[string]reach {
	return map[string]reach{
		"Observation": func(a attempt) (bool, error) { return found(a.Observation(a.ctx, a.in, a.summary.ID)) },
		"ObservationsByNumber": func(a attempt) (bool, error) {
			return some(a.ObservationsByNumber(a.ctx, a.in, []int64{a.summary.Number}))
		},
		"Observations": func(a attempt) (bool, error) {
			return some(a.Observations(a.ctx, a.in, storage.ObservationFilter{}, storage.Page{}))
		},
		"LastWritten": func(a attempt) (bool, error) {
			return some(a.LastWritten(a.ctx, a.in, storage.ObservationFilter{Files: []string{"needle.go"}}, 0))
		},
		"Around":            func(a attempt) (bool, error) { return some(a.Around(a.ctx, a.in, a.summary.Number, 9, 9)) },
		"EventObservations": func(a attempt) (bool, error) { return some(a.EventObservations(a.ctx, a.in, a.event.ID)) },
		"HoldObservation": func(a attempt) (bool, error) {
			return found(a.HoldObservation(a.ctx, a.in, a.summary.ID))
		},
		"DeleteObservation": func(a attempt) (bool, error) {
			err := a.DeleteObservation(a.ctx, a.in, a.summary.ID)
			return err == nil, err
		},
		"Supersede": func(a attempt) (bool, error) {
			err := a.Supersede(a.ctx, a.in, "another", []string{a.summary.ID})
			return err == nil, err
		},
		"SupersedeSummaries": func(a attempt) (bool, error) {
			if err := a.SupersedeSummaries(a.ctx, a.in, a.session.ID); err != nil {
				return false, err
			}
			o, err := a.Observation(a.ctx, a.summary.Scope(), a.summary.ID)
			return o.SupersededBy != "", err
		},
		"Matching": func(a attempt) (bool, error) {
			m, err := a.Matching(a.ctx, a.in, storage.Matching{Clauses: [][]string{{lexical.Root("needle")}}})
			return err == nil && len(m[0].Numbers) > 0, err
		},
		"Words": func(a attempt) (bool, error) {
			return some(a.Words(a.ctx, a.in, storage.Spelling{Begin: "need", End: "dle", Shortest: 4, Longest: 8}))
		},
		"DropWords": func(a attempt) (bool, error) {
			o := newObservation(a.summary.Scope(), "needlework", 1)
			if _, _, err := a.PutObservation(a.ctx, o); err != nil {
				return false, err
			}
			if err := a.DeleteObservation(a.ctx, o.Scope(), o.ID); err != nil {
				return false, err
			}
			_, n, err := a.DropWords(a.ctx, a.in, o.ProjectID, "", 9)
			return n > 0, err
		},
		"Ranked": func(a attempt) (bool, error) {
			return some(a.Ranked(a.ctx, a.in, storage.Ranking{Numbers: []int64{a.summary.Number}, Reach: 2}))
		},
		"Extent": func(a attempt) (bool, error) {
			n, err := a.Extent(a.ctx, a.in)
			return n > 0, err
		},
	}
}

// reachesOfUsage are the cases of the ledger.
func reachesOfUsage() map[string]reach {
	return map[string]reach{
		"Usage": func(a attempt) (bool, error) {
			return some(a.Usage(a.ctx, a.in, storage.UsageFilter{}, storage.Page{}))
		},
		"UsageSum": func(a attempt) (bool, error) {
			sum, err := a.UsageSum(a.ctx, a.in, 0)
			return sum != (memory.UsageCounts{}), err
		},
		"JobUsage": func(a attempt) (bool, error) { return some(a.JobUsage(a.ctx, a.in, a.job.ID)) },
		"TokensTaken": func(a attempt) (bool, error) {
			n, err := a.TokensTaken(a.ctx, a.in, 0)
			return n > 0, err
		},
	}
}

// hasProject looks for a project in the list, which may hold others of its own.
func hasProject(a attempt, id string) (bool, error) {
	list, err := a.Projects(a.ctx, a.in, storage.Page{})
	for _, p := range list {
		if p.ID == id {
			return true, err
		}
	}
	return false, err
}
