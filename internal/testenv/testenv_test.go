package testenv

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// ask runs a query that answers with one text.
func ask(t *testing.T, url, query string) (string, error) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		return "", err
	}
	defer conn.Close(context.Background())
	var answer string
	err = conn.QueryRow(t.Context(), query).Scan(&answer)
	return answer, err
}

// unique makes a name of a template that no earlier run of the test has made.
func unique(name string) string { return name + strconv.FormatInt(databases.Add(1), 10) }

func TestDatabaseIsACopyOfItsTemplate(t *testing.T) {
	p := SharedPostgres(t)
	prepared := 0
	tpl := Template{Name: unique("copy"), Prepare: func(ctx context.Context, url string) error {
		prepared++
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, "CREATE TABLE words AS SELECT 'hello' AS word")
		return err
	}}
	first, second := p.Database(t, tpl), p.Database(t, tpl)
	if first == second {
		t.Fatal("two tests got one database")
	}
	if _, err := ask(t, first, "UPDATE words SET word = 'changed' RETURNING word"); err != nil {
		t.Fatal(err)
	}
	if got, err := ask(t, second, "SELECT word FROM words"); err != nil || got != "hello" {
		t.Errorf("the second database answered %q, %v", got, err)
	}
	if prepared != 1 {
		t.Errorf("the template was made %d times", prepared)
	}
}

func TestDatabaseIsDroppedWithItsTest(t *testing.T) {
	p := SharedPostgres(t)
	var url string
	t.Run("user", func(t *testing.T) {
		url = p.Database(t, Template{})
		// A connection left open must not keep it.
		if _, err := pgx.Connect(context.Background(), url); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := ask(t, url, "SELECT 'there'"); err == nil {
		t.Error("the database outlived its test")
	}
}

func TestAFailedTemplateIsReported(t *testing.T) {
	p := SharedPostgres(t)
	name, want := unique("failing"), errors.New("no schema")
	for range 2 {
		err := p.template(name, func(context.Context, string) error { return want })
		if !errors.Is(err, want) {
			t.Fatalf("got %v", err)
		}
	}
}

func TestPostgresKeepsWhatWasCommittedWhenKilled(t *testing.T) {
	p := StartPostgres(t, PostgresOptions{Durable: true})
	url := p.Database(t, Template{})
	if _, err := ask(t, url, "SELECT current_setting('fsync') WHERE current_setting('fsync') = 'on'"); err != nil {
		t.Fatalf("a durable server has fsync on: %v", err)
	}
	if err := run(t, url, "CREATE TABLE kept AS SELECT 'kept'::text AS word"); err != nil {
		t.Fatal(err)
	}
	p.Kill(t)
	if _, err := ask(t, url, "SELECT 'alive'"); err == nil {
		t.Fatal("a killed server answers")
	}
	p.Start(t)
	if got, err := ask(t, url, "SELECT word FROM kept"); err != nil || got != "kept" {
		t.Errorf("after the kill: %q, %v", got, err)
	}
	p.Stop(t)
	p.Start(t)
	if got, err := ask(t, url, "SELECT word FROM kept"); err != nil || got != "kept" {
		t.Errorf("after the stop: %q, %v", got, err)
	}
}

func run(t *testing.T, url, statement string) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), statement)
	return err
}

func TestRedisForgetsWhatItIsToldTo(t *testing.T) {
	r := StartRedis(t)
	for name, forget := range map[string]func(testing.TB){"flush": r.Flush, "restart": r.Restart} {
		if err := r.command(t.Context(), "SET word hello", "+OK"); err != nil {
			t.Fatal(err)
		}
		if err := r.command(t.Context(), "EXISTS word", ":1"); err != nil {
			t.Fatal(err)
		}
		forget(t)
		if err := r.command(t.Context(), "EXISTS word", ":0"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.Kill(t)
	if err := r.command(t.Context(), "PING", "+PONG"); err == nil {
		t.Error("a killed server answers")
	}
	r.Start(t)
	if err := r.command(t.Context(), "PING", "+PONG"); err != nil {
		t.Error(err)
	}
}

// helperEnv makes the test binary play a test process that is killed.
const helperEnv = "CLAUDE_MEM_TESTENV_HELPER"

func TestNothingOutlivesAKilledTestProcess(t *testing.T) {
	report := os.Getenv(helperEnv)
	if report != "" {
		r := StartRedis(t)
		text := r.host.dir + "\n" + strconv.Itoa(r.port)
		if err := os.WriteFile(report+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(report+".new", report); err != nil {
			t.Fatal(err)
		}
		select {} // until it is killed
	}
	StartRedis(t) // so that the test is skipped where there is none
	report = filepath.Join(t.TempDir(), "report")
	helper := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	helper.Env = append(os.Environ(), helperEnv+"="+report)
	if err := helper.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), startFor)
	defer cancel()
	var dir, port string
	err := poll(ctx, func(context.Context) error {
		text, err := os.ReadFile(report)
		dir, port, _ = strings.Cut(string(text), "\n")
		return err
	}, nil)
	if kill := helper.Process.Kill(); err != nil || kill != nil {
		t.Fatal(err, kill)
	}
	_ = helper.Wait()
	left := Redis{}
	if left.port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	err = poll(ctx, func(context.Context) error {
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			return errors.New("the server's files are still there")
		}
		if left.command(ctx, "PING", "+PONG") == nil {
			return errors.New("the server still runs")
		}
		return nil
	}, nil)
	if err != nil {
		t.Error(err)
	}
}

func TestFindPrefersPath(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if _, err := find("no-such-server"); err == nil || !strings.Contains(err.Error(), "no-such-server is not installed") {
		t.Errorf("a server that is nowhere: %v", err)
	}
	want := filepath.Join(dir, "postgres")
	if err := os.WriteFile(want, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got, err := find("postgres"); err != nil || got != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
}

func TestPollGivesUp(t *testing.T) {
	no := errors.New("not ready")
	ended := make(chan struct{})
	close(ended)
	if err := poll(t.Context(), func(context.Context) error { return no }, ended); !errors.Is(err, no) {
		t.Errorf("a server that ended: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if err := poll(ctx, func(context.Context) error { return no }, nil); !errors.Is(err, no) {
		t.Errorf("a server that does not answer: %v", err)
	}
}
