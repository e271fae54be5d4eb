package cli

import (
	"maps"
	"slices"

	"claude-mem/memory"
)

// replayReport is what became of a replay, and what `replay --json` prints.
type replayReport struct {
	Lines      int            `json:"lines"`
	Events     int            `json:"events"` // sent; each record holds at most one event
	New        int            `json:"new"`
	Duplicates int            `json:"duplicates"` // stored before
	Signals    int            `json:"signals"`    // records without an event: a session's start or end
	Skipped    map[string]int `json:"skipped"`    // by reason, as a live hook would have
	Refused    int            `json:"refused"`
	Reasons    []string       `json:"reasons,omitempty"` // why, of the first few that were refused
	Projects   []string       `json:"projects"`
	Jobs       jobCounts      `json:"jobs"`
	Closed     bool           `json:"booksClosed"`
}

// jobCounts is what became of the jobs that a replay owed.
type jobCounts struct {
	Written   int64 `json:"completed"`
	Skipped   int64 `json:"skipped"`
	Open      int64 `json:"open"` // queued or processing
	Failed    int64 `json:"failed"`
	Cancelled int64 `json:"cancelled"`
	Memories  int64 `json:"observations"`
}

// add counts what changed in one project's books. Only Open stands as it is now.
func (j *jobCounts) add(now, before memory.Books) {
	j.Written += now.Written - before.Written
	j.Skipped += now.Skipped - before.Skipped
	j.Open += now.Queued + now.Processing
	j.Failed += now.Failed - before.Failed
	j.Cancelled += now.Cancelled - before.Cancelled
	j.Memories += now.Observations - before.Observations
}

// count notes a record that was taken in.
func (r *replayReport) count(record memory.HookRecord, answer memory.HookAnswer) {
	switch {
	case record.Event == nil:
		r.Signals++
		return
	case answer.Duplicate:
		r.Duplicates++
	default:
		r.New++
	}
	r.Events++
}

// maxReasons is how many reasons of refusal a report repeats.
const maxReasons = 5

func (r *replayReport) refuse(err error) {
	r.Refused++
	if len(r.Reasons) < maxReasons {
		r.Reasons = append(r.Reasons, oneLine(err))
	}
}

// good reports whether everything was taken in and accounted for.
func (r *replayReport) good() bool { return r.Closed && r.Refused == 0 && r.Jobs.Failed == 0 }

// print tells it in a few lines.
func (r *replayReport) print(s screen) {
	s.printf("%d lines: %d events sent (%d new, %d known already), %d session signals\n", r.Lines, r.Events, r.New, r.Duplicates, r.Signals)
	for _, reason := range slices.Sorted(maps.Keys(r.Skipped)) {
		s.printf("  %d skipped: %s\n", r.Skipped[reason], s.line(12, reason))
	}
	if r.Refused > 0 {
		s.printf("  %d refused:\n", r.Refused)
		for _, reason := range r.Reasons {
			s.text(4, reason)
		}
	}
	j := r.Jobs
	s.printf("%d memories from %d jobs; %d jobs had nothing worth keeping, %d failed, %d cancelled, %d still open\n",
		j.Memories, j.Written, j.Skipped, j.Failed, j.Cancelled, j.Open)
	for _, name := range r.Projects {
		s.printf("filed under %s\n", clean(name))
	}
	if r.Closed {
		s.printf("%s\n", s.paint(green, "the books close"))
	} else {
		s.printf("%s\n", s.paint(red, "the books do not close: `claude-mem server jobs status` shows them"))
	}
	if j.Failed > 0 {
		s.printf("%s\n", s.paint(red, "some memories could not be made: `claude-mem server jobs failed` says why"))
	}
}
