package storagetest

import (
	"errors"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// reachesByRow are the cases of methods that are given no scope but a row that has one.
// Of what stores a row, to reach is to be handed one of ours that it is the same as. For
// those of observations see reachesByObservation.
func reachesByRow() map[string]reach {
	return map[string]reach{
		"EnsureSession": func(a attempt) (bool, error) {
			in := a.session
			in.ID, in.TeamID, in.ProjectID = id.New(), a.place().TeamID, a.place().ProjectID
			_, created, err := a.EnsureSession(a.ctx, in)
			return err == nil && !created, err
		},
		"PutEvent": func(a attempt) (bool, error) {
			e := a.event
			e.ID, e.TeamID, e.ProjectID = id.New(), a.place().TeamID, a.place().ProjectID
			_, created, err := a.PutEvent(a.ctx, e)
			return err == nil && !created, err
		},
		"PutJob": func(a attempt) (bool, error) {
			j := a.job
			j.ID, j.TeamID, j.ProjectID = id.New(), a.place().TeamID, a.place().ProjectID
			_, created, err := a.PutJob(a.ctx, j)
			return err == nil && !created, err
		},
		"DeferJob": func(a attempt) (bool, error) {
			if err := a.DeferJob(a.ctx, a.as(a.job), 77, "why"); err != nil {
				return false, err
			}
			j, err := a.Job(a.ctx, a.job.Scope(), a.job.ID)
			return j.NextAttemptAt == 77, err
		},
		"PostponeJob": func(a attempt) (bool, error) {
			if err := a.PostponeJob(a.ctx, a.as(a.batch), 177); err != nil {
				return false, err
			}
			j, err := a.Job(a.ctx, a.batch.Scope(), a.batch.ID)
			return j.NextAttemptAt == 177, err
		},
		"SetBatchResults": func(a attempt) (bool, error) {
			if err := a.SetBatchResults(a.ctx, a.as(a.batch), storage.BatchResult{EventID: a.event.ID, Result: "skipped"}); err != nil {
				return false, err
			}
			members, err := a.BatchMembers(a.ctx, a.batch.Scope(), []string{a.batch.ID})
			return len(members) == 1 && members[0].Result != "", err
		},
		"PutBatchMembers": func(a attempt) (bool, error) {
			e, _, err := a.PutEvent(a.ctx, newEvent(a.event.Scope(), "", 3))
			if err != nil {
				return false, err
			}
			j := a.batch
			j.TeamID, j.ProjectID = a.place().TeamID, a.place().ProjectID
			if err := a.PutBatchMembers(a.ctx, j, storage.BatchMember{JobID: j.ID, EventID: e.ID}); err != nil {
				return false, err
			}
			events, err := a.BatchEvents(a.ctx, a.batch.Scope(), a.batch.ID)
			return len(events) > 1, err
		},
		"ReleaseTokens": func(a attempt) (bool, error) {
			_, err := a.LeaseJob(a.ctx, a.job.ID, "me", 2, 9)
			err = errors.Join(err, a.ReserveTokens(a.ctx, a.job, "me", 5))
			_, err2 := a.CancelJob(a.ctx, a.job.Scope(), a.job.ID, 3)
			if err := errors.Join(err, err2); err != nil {
				return false, err
			}
			return a.ReleaseTokens(a.ctx, a.as(a.job))
		},
		"RefreshSummaryJob": func(a attempt) (bool, error) {
			_, err := a.RefreshSummaryJob(a.ctx, a.as(a.job), 9, "q")
			if errors.Is(err, memory.ErrConflict) {
				return false, nil // not to be had, like one that is gone
			}
			return err == nil, err
		},
		"BatchSize": func(a attempt) (bool, error) {
			n, _, err := a.BatchSize(a.ctx, a.as(a.batch))
			return n > 0, err
		},
		"JoinBatch": func(a attempt) (bool, error) {
			e := newEvent(a.event.Scope(), "", 3)
			if _, _, err := a.PutEvent(a.ctx, e); err != nil {
				return false, err
			}
			_, err := a.JoinBatch(a.ctx, a.as(a.batch), e, roomy, 2)
			if errors.Is(err, memory.ErrConflict) {
				return false, nil // not to be had, like one that is gone
			}
			return err == nil, err
		},
	}
}

// reachesByObservation are those of observations.
func reachesByObservation() map[string]reach {
	return map[string]reach{
		"PutObservation": func(a attempt) (bool, error) {
			o := newObservation(a.job.Scope(), "made", 1)
			o.GenerationKey = "made once"
			if _, _, err := a.PutObservation(a.ctx, o); err != nil {
				return false, err
			}
			o.ID, o.TeamID, o.ProjectID = id.New(), a.place().TeamID, a.place().ProjectID
			_, created, err := a.PutObservation(a.ctx, o)
			return err == nil && !created, err
		},
		"RestoreObservation": func(a attempt) (bool, error) {
			o := newObservation(a.job.Scope(), "made", 1)
			o.GenerationKey = "made once"
			if _, _, err := a.PutObservation(a.ctx, o); err != nil {
				return false, err
			}
			o.ID, o.TeamID, o.ProjectID = id.New(), a.place().TeamID, a.place().ProjectID
			_, created, err := a.RestoreObservation(a.ctx, o)
			return err == nil && !created, err
		},
		"JobObservations": func(a attempt) (bool, error) {
			if _, _, err := a.PutObservation(a.ctx, madeBy(a.job, "made", 1)); err != nil {
				return false, err
			}
			in := a.place()
			return some(a.JobObservations(a.ctx, memory.Job{ID: a.job.ID, TeamID: in.TeamID, ProjectID: in.ProjectID}))
		},
		"UpdateObservation": func(a attempt) (bool, error) {
			o := a.summary
			o.TeamID, o.ProjectID = a.in.TeamID, a.in.ProjectID
			return found(a.UpdateObservation(a.ctx, o))
		},
	}
}
