package exchange

import (
	"context"
	"errors"

	"claude-mem/memory"
	"claude-mem/storage"
)

// rows stores lines of one kind, except those that are there.
func (im *importer) rows(ctx context.Context, tx storage.Tx, rows []numbered, done *outcome) error {
	fresh, err := im.fresh(ctx, tx, rows, done)
	if err != nil {
		return err
	}
	if im.dry {
		for _, n := range fresh {
			done.Added.add(n.line)
		}
		return nil
	}
	switch rows[0].table() {
	case storage.TableSessions:
		return im.sessions(ctx, tx, fresh, done)
	case storage.TableEvents:
		return im.events(ctx, tx, fresh, done)
	case storage.TableJobs:
		return im.jobs(ctx, tx, fresh, done)
	}
	return im.observations(ctx, tx, fresh, done)
}

// fresh returns the lines whose rows are not there, as rows of this store.
func (im *importer) fresh(ctx context.Context, tx storage.Tx, rows []numbered, done *outcome) ([]numbered, error) {
	ids := make([]string, len(rows))
	for i, n := range rows {
		ids[i], _ = n.identity()
	}
	owners, err := tx.Owners(ctx, rows[0].table(), ids)
	if err != nil {
		return nil, err
	}
	var out []numbered
	for i, n := range rows {
		_, file := n.identity()
		here, ok := im.projects[file.ProjectID]
		if !ok || here.team != file.TeamID {
			return nil, n.errorf(memory.CodeValidation, "projectId: no line before this one has project %s of team %s; export again", file.ProjectID, file.TeamID)
		}
		owner, taken := owners[ids[i]]
		switch {
		case taken && owner != here.Scope:
			return nil, n.errorf(memory.CodeConflict, "id: %s is there, in another project of this store; import it into another store", ids[i])
		case taken:
			done.There.add(n.line)
			continue
		}
		owners[ids[i]] = here.Scope // for a second line with this id
		if n.Job != nil && im.accounted(n.Job) {
			done.There.add(n.line)
			continue
		}
		out = append(out, numbered{im.localize(n.line, here.Scope), n.number})
	}
	return out, nil
}

// identity is the row's id, and whose it is by the file.
func (l line) identity() (id string, s memory.Scope) {
	switch {
	case l.Session != nil:
		return l.Session.ID, l.Session.Scope()
	case l.Event != nil:
		return l.Event.ID, l.Event.Scope()
	case l.Job != nil:
		return l.Job.ID, l.Job.Scope()
	}
	return l.Observation.ID, l.Observation.Scope()
}

func (im *importer) sessions(ctx context.Context, tx storage.Tx, rows []numbered, done *outcome) error {
	for _, n := range rows {
		s := n.Session.row()
		stored, created, err := tx.EnsureSession(ctx, s)
		if err != nil {
			return &rowError{lineError(n.number, err)}
		}
		done.stored(n.line, created, s.ID, stored.ID)
	}
	return nil
}

func (im *importer) events(ctx context.Context, tx storage.Tx, rows []numbered, done *outcome) error {
	err := refer(ctx, tx, storage.TableSessions, rows, "event.serverSessionId", func(l line) []string { return []string{string(l.Event.SessionID)} })
	if err != nil {
		return err
	}
	events := make([]memory.Event, len(rows))
	for i, n := range rows {
		events[i] = n.Event.row()
	}
	stored, err := storage.PutEvents(ctx, tx, events)
	if err != nil {
		return err
	}
	for i, n := range rows {
		done.stored(n.line, stored[i].Created, events[i].ID, stored[i].ID)
	}
	return nil
}

// jobs stores what was owed, or still is. No message is sent for it: the reconciler
// finds it.
func (im *importer) jobs(ctx context.Context, tx storage.Tx, rows []numbered, done *outcome) error {
	err := refer(ctx, tx, storage.TableEvents, rows, "job.events", func(l line) (ids []string) {
		for _, m := range l.Job.Events {
			ids = append(ids, m.EventID)
		}
		return ids
	})
	if err != nil {
		return err
	}
	for _, n := range rows {
		j := n.Job.row()
		stored, created, err := tx.PutJob(ctx, j)
		if err == nil && !created && len(n.Job.Events) > 0 {
			stored, created, err = again(ctx, tx, j)
		}
		if err == nil && created {
			err = tx.PutBatchMembers(ctx, stored, members(stored.ID, n.Job.Events)...)
		}
		if err != nil {
			return &rowError{lineError(n.number, err)}
		}
		done.stored(n.line, created, j.ID, stored.ID)
	}
	return nil
}

// again stores a batch whose place is taken by another batch of the session, behind
// all of them: its events are owed by no other.
func again(ctx context.Context, tx storage.Tx, j memory.Job) (memory.Job, bool, error) {
	newest, err := tx.JobOfSource(ctx, j.Scope(), j.Kind, j.SourceID)
	if err != nil {
		return memory.Job{}, false, err
	}
	j.Revision = newest.Revision + 1
	j.QueueID = memory.QueueID(j)
	return tx.PutJob(ctx, j)
}

func members(jobID string, events []member) []storage.BatchMember {
	out := make([]storage.BatchMember, len(events))
	for i, m := range events {
		out[i] = storage.BatchMember{JobID: jobID, EventID: m.EventID, Bytes: m.Bytes, Result: m.Result}
	}
	return out
}

func (im *importer) observations(ctx context.Context, tx storage.Tx, rows []numbered, done *outcome) error {
	err := refer(ctx, tx, storage.TableSessions, rows, "observation.serverSessionId", func(l line) []string { return []string{string(l.Observation.SessionID)} })
	if err != nil {
		return err
	}
	for _, n := range rows {
		o := n.Observation.Observation
		stored, created, err := tx.RestoreObservation(ctx, o, n.Observation.Sources...)
		if errors.Is(err, memory.ErrConflict) {
			return n.errorf(memory.CodeConflict, "observation: one of its sources is there with another observation; export again")
		}
		if err != nil {
			return &rowError{lineError(n.number, err)}
		}
		done.stored(n.line, created, o.ID, stored.ID)
		if created && stored.Number != o.Number {
			done.Renumbered++
		}
	}
	return nil
}

// stored notes what became of a row.
func (done *outcome) stored(l line, created bool, file, here string) {
	if created {
		done.Added.add(l)
		return
	}
	done.There.add(l)
	if file != here {
		done.moved[file] = here
	}
}
