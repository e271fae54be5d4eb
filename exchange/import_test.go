package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"claude-mem/memory"
	"claude-mem/storage"
)

// engines are where imports are tried.
var engines = map[string]func(testing.TB) storage.Store{"sqlite": openSQLite, "postgres": openPostgres}

// An import that was cut short is completed by another one, and a third changes
// nothing.
func TestImportIsResumed(t *testing.T) {
	source := openSQLite(t)
	fill(t, source)
	want := export(t, source, "")
	for name, open := range engines {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			var added Counts
			for _, cut := range []int{20, len(want) / 2, len(want) - 1} {
				got, err := Import(t.Context(), s, strings.NewReader(strings.Join(want[:cut], "\n")), ImportOptions{})
				if err == nil || !strings.Contains(err.Error(), "cut off") || !errors.Is(err, memory.ErrValidation) {
					t.Fatalf("a file of %d lines: %v", cut, err)
				}
				added.plus(got.Added)
				if books, err := s.Books(t.Context(), allOf(t, s)); err != nil || cut == len(want)-1 && !books.Closed() {
					t.Errorf("books after %d lines: %+v, %v", cut, books, err)
				}
			}
			got := restore(t, s, want)
			if got.Added != (Counts{}) || got.There != added || int(added.Total()) != len(want)-2 {
				t.Errorf("the last import did %+v, and those before added %+v", got, added)
			}
			same(t, "imported in parts", export(t, s, ""), want)
		})
	}
}

// allOf is the scope of the local team.
func allOf(t *testing.T, s storage.Store) memory.Scope {
	t.Helper()
	team, err := s.TeamByName(t.Context(), memory.LocalTeam)
	if err != nil {
		t.Fatal(err)
	}
	return memory.Scope{TeamID: team.ID}
}

func TestDryRunWritesNothing(t *testing.T) {
	source, s := openSQLite(t), openSQLite(t)
	fill(t, source)
	lines := export(t, source, "")
	before := export(t, s, "")
	got, err := Import(t.Context(), s, strings.NewReader(strings.Join(lines, "\n")), ImportOptions{DryRun: true})
	if err != nil || int(got.Added.Total()) != len(lines)-2 {
		t.Errorf("a dry run tells of %+v; %v", got, err)
	}
	same(t, "after a dry run", export(t, s, ""), before)
}

// One project goes to a store that has a project, a session and an event of the same
// names, and memories of its own: they become one, and the books still close.
func TestImportIntoWhatIsThere(t *testing.T) {
	source := openSQLite(t)
	scopes := fill(t, source)
	lines := export(t, source, scopes[0].ProjectID)
	for name, open := range engines {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			here := project(t, s, memory.LocalTeam, "/home/you/app")
			session := newSession(here, "s0-0", 1)
			tx(t, s, func(ctx context.Context, tx storage.Tx) error {
				if _, _, err := tx.EnsureSession(ctx, session); err != nil {
					return err
				}
				for i, dedupe := range []string{"s0-0-0", "s0-0-batched-0-0"} { // which the file has too
					if err := fillEvent(ctx, tx, told{here, session.ID, dedupe, 5}, i*5); err != nil {
						return err
					}
				}
				return fillBatch(ctx, tx, told{here, session.ID, "own", 5})
			})
			own, err := s.Observations(t.Context(), here, storage.ObservationFilter{}, storage.Page{})
			if err != nil || len(own) != 2 {
				t.Fatalf("%d memories there: %v", len(own), err)
			}
			got := restore(t, s, lines)
			if got.There != (Counts{Teams: 1, Projects: 1, Sessions: 1, Events: 2, Jobs: 1}) || got.Renumbered != 18 { // those that stood closely behind one another
				t.Errorf("what was there: %+v", got)
			}
			books, err := s.Books(t.Context(), here)
			if err != nil || !books.Closed() {
				t.Errorf("books are %+v; %v", books, err)
			}
			after, err := s.Observation(t.Context(), here, own[0].ID)
			if err != nil || after.Number != own[0].Number || after.SupersededBy != own[0].SupersededBy {
				t.Errorf("a memory that was there became %+v; %v", after, err)
			}
			again := restore(t, s, lines)
			if again.Added != (Counts{}) || again.There.Total() != got.There.Total()+got.Added.Total() {
				t.Errorf("importing again did %+v", again)
			}
		})
	}
}

// What is under way goes as owed, without a key that nobody knows there.
func TestExportOfWhatIsUnderWay(t *testing.T) {
	s := openSQLite(t)
	scope := project(t, s, memory.LocalTeam, "/home/you/app")
	j := newJob(scope, memory.KindEvent, "e", 5)
	j.APIKeyID = "a-key"
	vector := newJob(scope, memory.KindReindex, "o", 5)
	tx(t, s, func(ctx context.Context, tx storage.Tx) error {
		for _, j := range []memory.Job{j, vector} {
			if _, _, err := tx.PutJob(ctx, j); err != nil {
				return err
			}
		}
		_, err := tx.LeaseJob(ctx, j.ID, "worker", 10, 1000)
		return err
	})
	lines := export(t, s, "")
	if len(lines) != 5 {
		t.Fatalf("exported %d lines: a job of vectors is none", len(lines))
	}
	var l line
	if err := json.Unmarshal([]byte(lines[3]), &l); err != nil {
		t.Fatal(err)
	}
	got := l.Job.row()
	if got.Status != memory.JobQueued || got.Attempts != 0 || got.LockedBy != "" || got.APIKeyID != "" {
		t.Errorf("exported %+v", got)
	}
	other := openSQLite(t)
	restore(t, other, lines)
	owed, err := other.JobsDue(t.Context(), 100, 100)
	if err != nil || !owed {
		t.Errorf("the job is not found to be owed: %v", err)
	}
}

// A row that belongs to somebody else in the store ends the import.
func TestForeignRow(t *testing.T) {
	s := openSQLite(t)
	scopes := fill(t, s)
	lines := export(t, s, scopes[0].ProjectID)
	for i, text := range lines { // as if the project were another one
		lines[i] = strings.ReplaceAll(text, scopes[0].ProjectID, "p-other")
		lines[i] = strings.ReplaceAll(lines[i], "/home/you/app", "/home/you/other")
	}
	before := export(t, s, scopes[0].ProjectID)
	_, err := Import(t.Context(), s, strings.NewReader(strings.Join(lines, "\n")), ImportOptions{})
	if !errors.Is(err, memory.ErrConflict) || !strings.HasPrefix(err.Error(), "line 4: id: ") {
		t.Errorf("the import ended with %v", err)
	}
	same(t, "what was there", export(t, s, scopes[0].ProjectID), before)
}

// Which project is meant may be said by its id, its name, or the end of that.
func TestExportOfOneProject(t *testing.T) {
	s := openSQLite(t)
	scopes := fill(t, s)
	want := export(t, s, scopes[2].ProjectID)
	if slices.ContainsFunc(want, func(l string) bool { return strings.Contains(l, scopes[0].ProjectID) }) {
		t.Error("another project is in it")
	}
	for _, name := range []string{"/home/you/lib", "lib"} {
		same(t, name, export(t, s, name), want)
	}
	for name, kind := range map[string]error{"app": memory.ErrConflict, "ap": memory.ErrNotFound} {
		err := s.View(t.Context(), func(r storage.Reader) error {
			_, err := Export(t.Context(), r, discard{}, ExportOptions{Project: name})
			return err
		})
		if !errors.Is(err, kind) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
