package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"claude-mem/internal/id"
	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/storage"
	"claude-mem/storage/postgres"
	"claude-mem/storage/sqlite"
)

func openSQLite(t testing.TB) storage.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "memory.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func openPostgres(t testing.TB) storage.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), testenv.SharedPostgres(t).Database(t, testenv.Template{}), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// tx runs fn in a transaction that must succeed.
func tx(t testing.TB, s storage.Store, fn func(ctx context.Context, tx storage.Tx) error) {
	t.Helper()
	if err := s.InTx(t.Context(), func(tx storage.Tx) error { return fn(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

// export exports the store and returns the lines.
func export(t testing.TB, s storage.Store, project string) []string {
	t.Helper()
	var out bytes.Buffer
	err := s.View(t.Context(), func(r storage.Reader) error {
		_, err := Export(t.Context(), r, &out, ExportOptions{Project: project})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

// restore imports the lines into the store.
func restore(t testing.TB, s storage.Store, lines []string) Imported {
	t.Helper()
	got, err := Import(t.Context(), s, strings.NewReader(strings.Join(lines, "\n")), ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// project makes sure of a team and a project.
func project(t testing.TB, s storage.Store, team, name string) memory.Scope {
	t.Helper()
	var scope memory.Scope
	tx(t, s, func(ctx context.Context, tx storage.Tx) error {
		tm, err := tx.EnsureTeam(ctx, memory.Team{ID: id.New(), Name: team, CreatedAt: 1})
		if err != nil {
			return err
		}
		p, err := tx.EnsureProject(ctx, memory.Project{
			ID: id.New(), TeamID: tm.ID, Name: name, Metadata: []byte(`{"generation":{"policy":"event"}}`), CreatedAt: 2, UpdatedAt: 3,
		})
		scope = p.Scope()
		return err
	})
	return scope
}

// told is what a test says of an event.
type told struct {
	memory.Scope
	session, dedupe string
	at              memory.Epoch
}

func (e told) event() memory.Event {
	return memory.Event{
		ID: id.New(), TeamID: e.TeamID, ProjectID: e.ProjectID, SessionID: memory.Opt(e.session), SourceAdapter: "hook",
		SourceEventID: memory.Opt(e.dedupe), EventType: memory.EventToolUse, PlatformSource: "claude-code",
		Payload:  []byte(fmt.Sprintf(`{"tool_name":"Bash","tool_input":{"command":"echo <%s> && naïve \u0000 日本 \u2028"}}`, e.dedupe)),
		Metadata: []byte(`{"n":12345678901234567890}`), DedupeKey: e.dedupe, Generate: true,
		OccurredAt: e.at, ReceivedAt: e.at + 1, CreatedAt: e.at + 2,
	}
}

func newSession(s memory.Scope, name string, at memory.Epoch) memory.Session {
	return memory.Session{
		ID: id.New(), TeamID: s.TeamID, ProjectID: s.ProjectID, ExternalSessionID: memory.Opt(name), ContentSessionID: "c" + memory.Opt(name),
		AgentType: "main", PlatformSource: "claude-code", GenerationStatus: "idle", Metadata: []byte(`{"branch":"main"}`),
		StartedAt: at, EndedAt: at + 9, LastGeneratedAt: at + 8, CreatedAt: at, UpdatedAt: at + 9, DedupeKey: name,
	}
}

func newJob(s memory.Scope, kind memory.Kind, source string, at memory.Epoch) memory.Job {
	j := memory.Job{
		ID: id.New(), TeamID: s.TeamID, ProjectID: s.ProjectID, Kind: kind, SourceType: kind.SourceType(), SourceID: source,
		JobType: kind.JobType(), Status: memory.JobQueued, MaxAttempts: memory.DefaultMaxAttempts, SourceAdapter: "hook",
		ActorID: "key:local", RequestID: "r", CreatedAt: at, UpdatedAt: at,
	}
	j.QueueID = memory.QueueID(j)
	return j
}

// ended is the job in one of the states that a job may be in, by number.
func ended(j memory.Job, i int) memory.Job {
	j.Attempts, j.UpdatedAt = 1, j.CreatedAt+5
	switch i % 5 {
	case 0:
		j.Status, j.Result, j.CompletedAt, j.APIKeyID = memory.JobCompleted, "observations", j.UpdatedAt, "a-key"
	case 1:
		j.Status, j.Result, j.CompletedAt = memory.JobCompleted, "skipped: nothing to remember", j.UpdatedAt
	case 2:
		j.Status, j.LastError, j.FailedAt, j.Attempts, j.Retries = memory.JobFailed, "the model said “no”", j.UpdatedAt, 3, 2
	case 3:
		j.Status, j.CancelledAt = memory.JobCancelled, j.UpdatedAt
	case 4:
		j.NextAttemptAt = j.UpdatedAt + 100
	}
	return j
}

func newObservation(s memory.Scope, session, title string, at memory.Epoch) memory.Observation {
	m := memory.Metadata{
		Title: title, Narrative: "über <tags> & 日本語", Facts: []string{"a", "b"}, Concepts: []string{"how-it-works"},
		FilesModified: []string{"main.go"}, Provider: "local", Extra: map[string]json.RawMessage{"mine": json.RawMessage(`{"x":[1,2.50]}`)},
	}
	return memory.Observation{
		ID: id.New(), TeamID: s.TeamID, ProjectID: s.ProjectID, SessionID: memory.Opt(session), Kind: memory.KindBugfix,
		Content: m.Content(), Metadata: m, OccurredAt: at, CreatedAt: at + 1, UpdatedAt: at + 2,
	}
}

// encode is the line as an export has it.
func encode(t testing.TB, l line) []byte {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(l); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
