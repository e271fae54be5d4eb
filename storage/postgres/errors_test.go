package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"claude-mem/internal/id"
	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/storage"
)

func TestConvert(t *testing.T) {
	pg := func(code string) error { return &pgconn.PgError{Code: code, Message: "as the server says"} }
	for _, c := range []struct {
		name string
		err  error
		want memory.Code
	}{
		{"unique", pg(uniqueViolation), memory.CodeConflict},
		{"foreign key", pg(foreignKeyViolation), memory.CodeNotFound},
		{"NUL", pg("22021"), memory.CodeValidation},
		{"not JSON", pg("22P02"), memory.CodeValidation},
		{"too long for an index", pg(programLimitExceeded), memory.CodeTooLarge},
		{"deadlock", pg(deadlockDetected), memory.CodeUnavailable},
		{"too many connections", pg("53300"), memory.CodeUnavailable},
		{"shutdown", pg("57P01"), memory.CodeUnavailable},
		{"lost", lostError{errors.New("EOF")}, memory.CodeUnavailable},
		{"syntax", pg("42601"), memory.CodeInternal},
		{"ours", memory.ErrForbidden, memory.CodeForbidden},
	} {
		err := convert(c.err)
		if got := memory.CodeOf(err); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if !errors.Is(err, c.err) {
			t.Errorf("%s: the cause is lost", c.name)
		}
	}
	if convert(nil) != nil {
		t.Error("no error became one")
	}
	if err := convert(context.Canceled); err != context.Canceled {
		t.Errorf("a cancelled context became %v", err)
	}
}

// What no caller should have sent is told by a typed error, whatever the type of
// the column, and the transaction that it was in leaves nothing.
func TestUnfitValues(t *testing.T) {
	s := open(t, Options{})
	scope := tenant(t, s)
	for name, spoil := range map[string]func(e *memory.Event){
		"NUL in a text":           func(e *memory.Event) { e.EventType = "a\x00b" },
		"invalid UTF-8":           func(e *memory.Event) { e.EventType = "a\xffb" },
		"NUL byte in the payload": func(e *memory.Event) { e.Payload = json.RawMessage("{\"a\":\"\x00\"}") },
		"payload is not JSON":     func(e *memory.Event) { e.Payload = json.RawMessage(`{"a":`) },
	} {
		e := event(scope)
		spoil(&e)
		err := s.InTx(t.Context(), func(tx storage.Tx) error {
			_, _, err := tx.PutEvent(t.Context(), e)
			return err
		})
		if !errors.Is(err, memory.ErrValidation) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// jsonb would refuse or change all of these.
func TestPayloadsComeBackToTheLetter(t *testing.T) {
	s := open(t, Options{})
	e := event(tenant(t, s))
	e.Payload = json.RawMessage(`{"b": "\u0000", "a": "\ud800",  "a": 1.0, "n": 1e400, "big": 12345678901234567890123}`)
	err := s.InTx(t.Context(), func(tx storage.Tx) error {
		_, _, err := tx.PutEvent(t.Context(), e)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Event(t.Context(), e.Scope(), e.ID)
	if err != nil || string(got.Payload) != string(e.Payload) {
		t.Errorf("got %s, %v", got.Payload, err)
	}
}

func TestNoErrorHoldsThePassword(t *testing.T) {
	const secret = "hunter2hunter2"
	server := testenv.SharedPostgres(t)
	url := server.Database(t, testenv.Template{})
	var logs bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	reasons := map[string]string{"wrong password": "password authentication failed", "no such server": "refused", "no URL": "not valid"}
	for name, url := range map[string]string{
		"wrong password":  strings.ReplaceAll(url, server.Password(), secret),
		"no such server":  "postgres://u:" + secret + "@127.0.0.1:1/db?connect_timeout=1",
		"no URL":          "postgres//u:" + secret + "@host/db",
		"slash in it":     "postgres://u:" + secret + "/x@host:notaport/db",
		"wrong parameter": "postgres://u:" + secret + "@host/db?pool_max_conns=many",
		"keywords":        "host=127.0.0.1 port=no password='" + secret + "'",
	} {
		_, err := Open(t.Context(), url, Options{Logger: log})
		if err == nil {
			t.Errorf("%s: it opened", name)
			continue
		}
		if why := reasons[name]; !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v does not say %q", name, err, why)
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if strings.Contains(e.Error(), secret) {
				t.Errorf("%s: %v", name, e)
			}
		}
	}
	if strings.Contains(logs.String(), secret) {
		t.Errorf("logged: %s", &logs)
	}
}

func TestPlaceHoldsNoPassword(t *testing.T) {
	for url, want := range map[string]string{
		"postgres://u:hunter2@db.internal:5433/memory": "memory on db.internal:5433",
		"postgres//u:hunter2@host/db":                  "",
	} {
		if got := Place(url); got != want {
			t.Errorf("%s is told as %q, not %q", url, got, want)
		}
	}
}

func TestConfigureKeepsWhatTheURLSays(t *testing.T) {
	cfg, err := configure("postgres://u@host/db?pool_max_conns=3&connect_timeout=7&application_name=mine")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.MaxConns != 3 || cfg.ConnConfig.ConnectTimeout.Seconds() != 7 || cfg.ConnConfig.RuntimeParams["application_name"] != "mine" {
		t.Errorf("got %d connections, %s, %v", cfg.MaxConns, cfg.ConnConfig.ConnectTimeout, cfg.ConnConfig.RuntimeParams)
	}
	cfg, err = configure("postgres://u@host/db")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.MaxConns != defaultConns || cfg.ConnConfig.ConnectTimeout != connectFor || cfg.ConnConfig.RuntimeParams["application_name"] != "claude-mem" {
		t.Errorf("got %d connections, %s, %v", cfg.MaxConns, cfg.ConnConfig.ConnectTimeout, cfg.ConnConfig.RuntimeParams)
	}
}

// tenant makes a team with a project.
func tenant(tb testing.TB, s *Store) (scope memory.Scope) {
	tb.Helper()
	err := s.InTx(tb.Context(), func(tx storage.Tx) error {
		team, err := tx.EnsureTeam(tb.Context(), memory.Team{ID: id.New(), Name: id.New(), CreatedAt: 1})
		if err != nil {
			return err
		}
		p, err := tx.EnsureProject(tb.Context(), memory.Project{ID: id.New(), TeamID: team.ID, Name: "/p", CreatedAt: 1, UpdatedAt: 1})
		scope = p.Scope()
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return scope
}

// event is an event that is not stored yet.
func event(s memory.Scope) memory.Event {
	e := memory.Event{
		ID: id.New(), TeamID: s.TeamID, ProjectID: s.ProjectID, SourceAdapter: "hook", EventType: memory.EventToolUse,
		Payload: json.RawMessage(`{"tool_name":"Edit"}`), Generate: true, OccurredAt: 1, ReceivedAt: 1, CreatedAt: 1,
	}
	e.DedupeKey = e.ID
	return e
}

// job is the job of an event, not stored yet.
func job(e memory.Event) memory.Job {
	k := memory.KindEvent
	return memory.Job{
		ID: id.New(), TeamID: e.TeamID, ProjectID: e.ProjectID, Kind: k, JobType: k.JobType(), SourceType: k.SourceType(),
		SourceID: e.ID, EventID: memory.Opt(e.ID), Status: memory.JobQueued, QueueID: "evt_" + e.ID,
		MaxAttempts: memory.DefaultMaxAttempts, SourceAdapter: "hook", CreatedAt: memory.Now(), UpdatedAt: memory.Now(),
	}
}
