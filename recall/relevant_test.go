package recall

import (
	"fmt"
	"strings"
	"testing"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// sessionOn makes a session that started on a branch.
func (f *fixture) sessionOn(t testing.TB, name, branch string) memory.Opt {
	t.Helper()
	var s memory.Session
	f.tx(t, func(tx storage.Tx) (err error) {
		s, _, err = tx.EnsureSession(t.Context(), memory.Session{
			ID: id.New(), TeamID: f.scope.TeamID, ProjectID: f.scope.ProjectID, ExternalSessionID: memory.Opt(name),
			GenerationStatus: "idle", StartedAt: 1, CreatedAt: 1, UpdatedAt: 1, DedupeKey: "ext:" + name,
			Metadata: []byte(fmt.Sprintf(`{"branch":%q}`, branch)),
		})
		return err
	})
	return memory.Opt(s.ID)
}

// buried remembers things of long ago, under many of today.
func buried(t *testing.T) *fixture {
	t.Helper()
	f := setUp(t)
	put := func(session memory.Opt, title string, files ...string) {
		o := found(memory.KindBugfix, title)
		o.SessionID, o.Metadata.FilesModified = session, files
		f.put(t, o)
	}
	put(f.sessionOn(t, "parcel", "feat/parcel-json"), "Print the report as one object", "report/json.go")
	put(f.sessionOn(t, "elsewhere", "main"), "Scan times are UTC", "delivery/day.go")
	put("", "Parcel JSON has stable keys", "keys.go")
	sub := found(memory.KindBugfix, "What a helper did to the day")
	sub.AgentID, sub.Metadata.FilesModified = "a1", []string{"delivery/day.go"}
	f.put(t, sub)
	gone := found(memory.KindBugfix, "Days were local once")
	gone.SupersededBy, gone.Metadata.FilesModified = "another", []string{"delivery/day.go"}
	f.put(t, gone)
	put("", "Holidays of the Auckland depot come from a calendar file", "calendar.go")
	today := f.session(t, "today")
	for i := range 60 {
		o := found(memory.KindBugfix, fmt.Sprintf("Rename column %d", i))
		o.SessionID, o.OccurredAt, o.Metadata.FilesModified = today, day(20), []string{"report/table.go"}
		f.put(t, o)
	}
	last := found(memory.KindSummaryObservation, "Why are holidays of the Auckland depot missing from the calendar?")
	last.SessionID, last.OccurredAt, last.Metadata.Summary = today, day(20), &memory.Summary{Completed: "Renamed columns"}
	f.put(t, last)
	return f
}

// nearby is the part of a session's context about what bears on it.
func nearby(t *testing.T, f *fixture, tree memory.WorkingTree) string {
	t.Helper()
	text := sessionContext(t, f, SessionContextInput{Observations: 12, Tree: tree}).Text
	_, after, found := strings.Cut(text, "\n## Bears on")
	if !found {
		return ""
	}
	part, _, _ := strings.Cut(after, "\n## ")
	for line := range strings.Lines(part) {
		if strings.HasPrefix(line, "#") && strings.Count(text, line) > 1 {
			t.Errorf("listed twice: %s", line)
		}
	}
	return part
}

func TestSessionContextTellsWhatBearsOnTheWork(t *testing.T) {
	f := buried(t)
	for name, tt := range map[string]struct {
		tree         memory.WorkingTree
		want, absent string
	}{
		"a changed file":            {memory.WorkingTree{Changed: []string{"delivery/day.go"}}, "Scan times are UTC", "one object"},
		"nothing of sub-agents":     {memory.WorkingTree{Changed: []string{"delivery/day.go"}}, "Scan times", "helper"},
		"nothing superseded":        {memory.WorkingTree{Changed: []string{"delivery/day.go"}}, "Scan times", "local once"},
		"sessions of the branch":    {memory.WorkingTree{Branch: "feat/parcel-json"}, "Print the report as one object", "Scan times"},
		"the branch's words":        {memory.WorkingTree{Branch: "feat/parcel-json"}, "Parcel JSON has stable keys", "Scan times"},
		"main is no topic":          {memory.WorkingTree{Branch: "main"}, "depot", "Scan times"},
		"the last session's topic":  {memory.WorkingTree{}, "Holidays of the Auckland depot come from a calendar file", "Rename column"},
		"all of them, in one place": {memory.WorkingTree{Branch: "feat/parcel-json", Changed: []string{"delivery/day.go"}}, "Scan times are UTC", "Rename"},
	} {
		t.Run(name, func(t *testing.T) {
			got := nearby(t, f, tt.tree)
			if !strings.Contains(got, tt.want) || strings.Contains(got, tt.absent) {
				t.Errorf("want %q and not %q:\n%s", tt.want, tt.absent, got)
			}
		})
	}
}

func TestRelevantLinesCountAsObservations(t *testing.T) {
	f := buried(t)
	in := SessionContextInput{Observations: 6, Tree: memory.WorkingTree{Branch: "feat/parcel-json", Changed: []string{"delivery/day.go"}}}
	first := sessionContext(t, f, in)
	if n := strings.Count(first.Text, " bugfix: "); n != 6 {
		t.Errorf("%d lines:\n%s", n, first.Text)
	}
	if again := sessionContext(t, f, in); again.Text != first.Text {
		t.Errorf("two calls differ:\n%s\n%s", first.Text, again.Text)
	}
}

func TestSessionContextHonoursItsKinds(t *testing.T) {
	f := buried(t)
	decided := found(memory.KindDecision, "Days are named by zone")
	decided.Metadata.FilesModified = []string{"delivery/day.go"}
	f.put(t, decided)
	in := SessionContextInput{Kinds: []string{memory.KindDecision, memory.KindSummaryObservation}, Tree: memory.WorkingTree{Changed: []string{"delivery/day.go"}}}
	got := sessionContext(t, f, in).Text
	if strings.Contains(got, "bugfix") || !strings.Contains(got, "Days are named by zone") || strings.Count(got, "Why are holidays") != 1 {
		t.Errorf("%s", got)
	}
}
