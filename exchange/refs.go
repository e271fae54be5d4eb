package exchange

import (
	"context"
	"slices"

	"claude-mem/memory"
	"claude-mem/storage"
)

// localize makes of the row one of the tenant, which refers to what is here. The line
// itself stays as it is: the transaction may be run again.
func (im *importer) localize(l line, s memory.Scope) line {
	switch {
	case l.Session != nil:
		row := *l.Session
		row.TeamID, row.ProjectID = s.TeamID, s.ProjectID
		return line{Session: &row}
	case l.Event != nil:
		row := *l.Event
		row.TeamID, row.ProjectID = s.TeamID, s.ProjectID
		row.SessionID = im.optHere(storage.TableSessions, row.SessionID)
		return line{Event: &row}
	case l.Job != nil:
		return line{Job: im.localJob(*l.Job, s)}
	}
	row := *l.Observation
	row.TeamID, row.ProjectID = s.TeamID, s.ProjectID
	row.SessionID = im.optHere(storage.TableSessions, row.SessionID)
	row.CreatedByJob = im.optHere(storage.TableJobs, row.CreatedByJob)
	row.SupersededBy = im.optHere(storage.TableObservations, row.SupersededBy)
	row.Sources = slices.Clone(row.Sources)
	for i := range row.Sources {
		src := &row.Sources[i]
		src.SourceID = im.sourceHere(src.SourceType, src.SourceID)
		src.JobID = im.optHere(storage.TableJobs, src.JobID)
	}
	return line{Observation: &row}
}

// localJob is localize for a job. The id of its message is made of what it is for.
func (im *importer) localJob(j job, s memory.Scope) *job {
	before := j.row()
	j.TeamID, j.ProjectID = s.TeamID, s.ProjectID
	j.SourceID = im.sourceHere(j.SourceType, j.SourceID)
	j.EventID = im.optHere(storage.TableEvents, j.EventID)
	j.SessionID = im.optHere(storage.TableSessions, j.SessionID)
	j.Events = slices.DeleteFunc(slices.Clone(j.Events), func(m member) bool { return im.isElsewhere(m.EventID) })
	if j.SourceID != before.SourceID || j.Scope() != before.Scope() {
		j.QueueID = memory.QueueID(j.row())
	}
	return &j
}

// isElsewhere reports whether the event was there under another id. Then the store has
// an account of its own of what it owes for it.
func (im *importer) isElsewhere(eventID string) bool {
	_, ok := im.moved[storage.TableEvents][eventID]
	return ok
}

// accounted reports whether all that the job is for is accounted for without it.
func (im *importer) accounted(j *job) bool {
	if j.Kind == memory.KindEvent {
		return im.isElsewhere(j.SourceID)
	}
	return len(j.Events) > 0 && !slices.ContainsFunc(j.Events, func(m member) bool { return !im.isElsewhere(m.EventID) })
}

// here is the id that a row of the file has in this store.
func (im *importer) here(t storage.Table, id string) string {
	if other, ok := im.moved[t][id]; ok {
		return other
	}
	return id
}

func (im *importer) optHere(t storage.Table, id memory.Opt) memory.Opt {
	return memory.Opt(im.here(t, string(id)))
}

// sourceHere is here for what a job or an observation is made from: an event, or else a
// session.
func (im *importer) sourceHere(sourceType, id string) string {
	if sourceType == memory.KindEvent.SourceType() {
		return im.here(storage.TableEvents, id)
	}
	return im.here(storage.TableSessions, id)
}

// refer checks that what rows refer to by a field is in their project.
func refer(ctx context.Context, tx storage.Tx, t storage.Table, rows []numbered, field string, refs func(line) []string) error {
	seen := map[string]bool{}
	var ids []string
	for _, n := range rows {
		for _, id := range refs(n.line) {
			if id != "" && !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	owners := make(map[string]memory.Scope, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), storage.MaxPage)
		some, err := tx.Owners(ctx, t, ids[:n])
		if err != nil {
			return err
		}
		for id, s := range some {
			owners[id] = s
		}
		ids = ids[n:]
	}
	for _, n := range rows {
		_, s := n.identity()
		for _, id := range refs(n.line) {
			if id != "" && owners[id] != s {
				return n.errorf(memory.CodeValidation, "%s: %s is none of the project's %s; export again, or mend it", field, id, t)
			}
		}
	}
	return nil
}
