package exchange

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/recall"
	"claude-mem/storage"
)

// fill gives a store two teams whose rows stand between each other's: sessions, events
// with and without, jobs in every state, a batch, and observations of every sort, more
// than fit a page.
func fill(t testing.TB, s storage.Store) (scopes []memory.Scope) {
	t.Helper()
	scopes = []memory.Scope{
		project(t, s, memory.LocalTeam, "/home/you/app"), project(t, s, "others", "/home/them/app"), project(t, s, memory.LocalTeam, "/home/you/lib"),
	}
	for round := range 2 {
		for i, scope := range scopes {
			fillSession(t, s, scope, fmt.Sprintf("s%d-%d", i, round), memory.Epoch(1_700_000_000_000+100_000*round))
		}
	}
	return scopes
}

func fillSession(t testing.TB, s storage.Store, scope memory.Scope, name string, at memory.Epoch) {
	t.Helper()
	session := newSession(scope, name, at)
	tx(t, s, func(ctx context.Context, tx storage.Tx) error {
		if _, _, err := tx.EnsureSession(ctx, session); err != nil {
			return err
		}
		for i := range 70 {
			if err := fillEvent(ctx, tx, told{scope, session.ID, fmt.Sprintf("%s-%d", name, i), at + memory.Epoch(i)}, i); err != nil {
				return err
			}
		}
		lone := told{scope, "", name + "-lone", at}.event()
		lone.Generate, lone.Payload, lone.Metadata = false, nil, nil
		if _, _, err := tx.PutEvent(ctx, lone); err != nil {
			return err
		}
		if err := fillBatch(ctx, tx, told{scope, session.ID, name + "-batched", at}); err != nil {
			return err
		}
		return fillSummaries(ctx, tx, session)
	})
}

// fillEvent stores an event with its job and, if that made any, its observation. Each
// tenth is like the one before it, and replaces that.
func fillEvent(ctx context.Context, tx storage.Tx, in told, i int) error {
	e := in.event()
	if i%7 == 0 {
		e.AgentID, e.AgentType = "sub", "explorer"
	}
	if _, _, err := tx.PutEvent(ctx, e); err != nil {
		return err
	}
	j := ended(newJob(in.Scope, memory.KindEvent, e.ID, e.CreatedAt), i)
	j.EventID, j.SessionID = memory.Opt(e.ID), e.SessionID
	if _, _, err := tx.PutJob(ctx, j); err != nil || j.Result != "observations" {
		return err
	}
	o := newObservation(in.Scope, in.session, fmt.Sprintf("finding %d", i-i%10), in.at)
	o.CreatedByJob, o.GenerationKey, o.AgentID = memory.Opt(j.ID), memory.Opt(j.GenerationKeys()+"0"), e.AgentID
	_, _, err := tx.PutObservation(ctx, o, memory.Source{SourceType: j.SourceType, SourceID: e.ID, JobID: memory.Opt(j.ID)})
	return err
}

// fillBatch stores a batch that is done and one that waits.
func fillBatch(ctx context.Context, tx storage.Tx, in told) error {
	for i := range 2 {
		j := newJob(in.Scope, memory.KindBatch, in.session, in.at)
		j.Revision, j.SessionID, j.NextAttemptAt = int64(i+1), memory.Opt(in.session), in.at+50
		j.QueueID = memory.QueueID(j)
		if i == 0 {
			j = ended(j, 0)
			j.NextAttemptAt = 0
		}
		if _, _, err := tx.PutJob(ctx, j); err != nil {
			return err
		}
		for k, result := range []memory.Opt{"observations", "skipped: trivial"} {
			e := told{in.Scope, in.session, fmt.Sprintf("%s-%d-%d", in.dedupe, i, k), in.at}.event()
			if _, _, err := tx.PutEvent(ctx, e); err != nil {
				return err
			}
			if i == 1 {
				result = ""
			}
			err := tx.PutBatchMembers(ctx, j, storage.BatchMember{JobID: j.ID, EventID: e.ID, Bytes: int64(len(e.Payload)), Result: result})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// fillSummaries stores two summaries, a manual memory, and two that are alike and both
// count, as an operator may wish.
func fillSummaries(ctx context.Context, tx storage.Tx, s memory.Session) error {
	for i := range 2 {
		j := ended(newJob(s.Scope(), memory.KindSummary, s.ID, s.StartedAt), 0)
		j.Revision, j.SessionID = int64(i+10), memory.Opt(s.ID)
		j.QueueID = memory.QueueID(j)
		if _, _, err := tx.PutJob(ctx, j); err != nil {
			return err
		}
		o := newObservation(s.Scope(), s.ID, "what was done", s.StartedAt)
		o.Kind, o.CreatedByJob = memory.KindSummaryObservation, memory.Opt(j.ID)
		o.Metadata.Summary = &memory.Summary{Request: "Wie geht’s?", Completed: "all"}
		if _, _, err := tx.PutObservation(ctx, o); err != nil {
			return err
		}
	}
	if err := tx.SupersedeSummaries(ctx, s.Scope(), s.ID); err != nil {
		return err
	}
	first := newObservation(s.Scope(), "", "twins", s.StartedAt)
	first.Kind = memory.KindManual
	second := first
	second.ID = id.New()
	for _, o := range []memory.Observation{first, second} {
		if _, _, err := tx.PutObservation(ctx, o); err != nil {
			return err
		}
	}
	return tx.Supersede(ctx, s.Scope(), "", []string{first.ID})
}

// A memory that moves to another engine and back is the same, line by line, with the
// same books and the same answers.
func TestRoundTrip(t *testing.T) {
	first := openSQLite(t)
	scopes := fill(t, first)
	want := export(t, first, "")

	team := openPostgres(t)
	got := restore(t, team, want)
	if got.There != (Counts{}) || got.Renumbered != 0 {
		t.Errorf("in an empty store there was something already: %+v", got)
	}
	same(t, "in Postgres", export(t, team, ""), want)
	back := openSQLite(t)
	restore(t, back, export(t, team, ""))
	same(t, "back in SQLite", export(t, back, ""), want)

	for _, s := range []storage.Store{team, back} {
		for _, scope := range scopes {
			sameAnswers(t, first, s, scope)
		}
	}
	// What is written next gets a number of its own.
	for _, s := range []storage.Store{team, back} {
		tx(t, s, func(ctx context.Context, tx storage.Tx) error {
			_, _, err := tx.PutObservation(ctx, newObservation(scopes[0], "", "the next", 5))
			return err
		})
	}
}

// same compares two exports but for their headers, which tell when they were made.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if d := cmp.Diff(want[1:], got[1:]); d != "" {
		t.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

func sameAnswers(t *testing.T, want, got storage.Store, s memory.Scope) {
	t.Helper()
	books, err := want.Books(t.Context(), s)
	if err != nil || !books.Closed() || books.Failed == 0 || books.Queued == 0 || books.Skipped == 0 {
		t.Fatalf("the books that are compared are closed and hold something: %+v, %v", books, err)
	}
	here, err := got.Books(t.Context(), s)
	if err != nil || here != books {
		t.Errorf("books are %+v, want %+v; %v", here, books, err)
	}
	for _, q := range []string{"finding 30", "twins", "日本語", "what was done"} {
		a, err := recall.New(want).Search(t.Context(), s, recall.SearchInput{Query: q})
		if err != nil || len(a) == 0 {
			t.Fatalf("%q finds %d: %v", q, len(a), err)
		}
		b, err := recall.New(got).Search(t.Context(), s, recall.SearchInput{Query: q})
		// A score weighs how much there is, which an engine may estimate.
		if d := cmp.Diff(a, b, cmpopts.IgnoreFields(storage.Hit{}, "Score")); d != "" || err != nil {
			t.Errorf("%q finds something else (-want +got), %v:\n%s", q, err, d)
		}
	}
}

// What is written while an export runs is not in it, and does not wait for it.
func TestExportIsOneMoment(t *testing.T) {
	for name, open := range map[string]func(testing.TB) storage.Store{"sqlite": openSQLite, "postgres": openPostgres} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			scope := project(t, s, memory.LocalTeam, "/home/you/app")
			fillSession(t, s, scope, "before", 1)
			want := export(t, s, "")
			var got Counts
			err := s.View(t.Context(), func(r storage.Reader) error {
				fillSession(t, s, scope, "meanwhile", 2)
				var err error
				got, err = Export(t.Context(), r, discard{}, ExportOptions{})
				return err
			})
			if err != nil || int(got.Total()) != len(want)-2 {
				t.Errorf("exported %+v, want %d rows; %v", got, len(want)-2, err)
			}
		})
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
