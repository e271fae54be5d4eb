package daemon

import (
	"context"
	"errors"
	"strings"
	"testing"

	"claude-mem/internal/config"
	"claude-mem/internal/testenv"
)

// nobody is an address where nothing listens.
const nobody = "127.0.0.1:1"

// hidden is a password that no message may hold.
const hidden = "hunter2"

func TestSettingsThatDoNotGoTogether(t *testing.T) {
	database, transport := "postgres://u:"+hidden+"@"+nobody+"/d", "redis://:"+hidden+"@"+nobody
	for name, c := range map[string]struct {
		worker   bool
		settings []string
		want     []string // a part of each problem, in order
	}{
		"nothing is set":             {false, nil, nil},
		"a person's own, in words":   {false, []string{config.Runtime, "local", config.QueueEngine, "goqite"}, nil},
		"a server without database":  {false, []string{config.Runtime, "server"}, []string{"CLAUDE_MEM_RUNTIME is server and CLAUDE_MEM_SERVER_DATABASE_URL is not set (set it to postgres://"}},
		"Redis beside SQLite":        {false, []string{config.QueueEngine, "bullmq", config.RedisURL, transport}, []string{"is bullmq, which serves Postgres only"}},
		"Redis that nothing uses":    {false, []string{config.RedisURL, transport}, []string{"CLAUDE_MEM_REDIS_URL is set and nothing would use it"}},
		"a worker for one person":    {true, nil, []string{"a worker of its own serves a team"}},
		"local-dev in a container":   {false, []string{config.AuthMode, "local-dev", config.Docker, "1"}, []string{"local-dev is not allowed in Docker (use api-key)"}},
		"a database and nothing":     {false, []string{config.ServerDatabaseURL, database}, []string{"QUEUE_ENGINE is not set, and Postgres needs one (set it to redis)", "REDIS_URL is not set (set it to redis://", "DATABASE_URL: database d on 127.0.0.1:1 cannot be reached"}},
		"a database that is no URL":  {false, []string{config.ServerDatabaseURL, "postgres://u:" + hidden + "@:x/", config.QueueEngine, "redis", config.RedisURL, transport}, []string{"the database URL is not valid", "REDIS_URL: redis: no answer from 127.0.0.1:1"}},
		"goqite beside Postgres":     {false, []string{config.ServerDatabaseURL, database, config.QueueEngine, "goqite", config.RedisURL, transport}, []string{"QUEUE_ENGINE is goqite, which lives in a SQLite file", "DATABASE_URL: ", "REDIS_URL: "}},
		"local and a team's":         {false, []string{config.ServerDatabaseURL, database, config.Runtime, "local", config.QueueEngine, "redis", config.RedisURL, transport}, []string{"CLAUDE_MEM_RUNTIME is local and", "DATABASE_URL: ", "REDIS_URL: "}},
		"a prefix that cannot be":    {true, []string{config.ServerDatabaseURL, database, config.QueueEngine, "redis", config.RedisURL, transport, config.QueueRedisPrefix, "{a}"}, []string{"DATABASE_URL: ", `prefix "{a}" is not`}},
		"both away and local-dev in": {false, []string{config.ServerDatabaseURL, database, config.QueueEngine, "redis", config.RedisURL, transport, config.AuthMode, "local-dev", config.Docker, "1"}, []string{"local-dev is not allowed in Docker", "DATABASE_URL: ", "REDIS_URL: "}},
	} {
		t.Run(name, func(t *testing.T) {
			r := serves
			if c.worker {
				r = generates
			}
			err := chosen(load(t, settings(t, c.settings...))).check(t.Context(), r)
			var wrong *SettingsError
			if !errors.As(err, &wrong) {
				wrong = &SettingsError{}
			}
			if len(wrong.problems) != len(c.want) || (err == nil) != (len(c.want) == 0) {
				t.Fatalf("%d problems, want %d: %v", len(wrong.problems), len(c.want), err)
			}
			for i, want := range c.want {
				if got := (&SettingsError{wrong.problems[i : i+1]}).Error(); !strings.Contains(got, want) {
					t.Errorf("problem %d is %q, want %q", i, got, want)
				}
			}
			if err != nil && (strings.Contains(err.Error(), hidden) || strings.ContainsAny(err.Error(), "\r\n")) {
				t.Errorf("the message shows a password or is not one line: %q", err)
			}
		})
	}
}

// A setting that is wrong must not have changed the database that another names.
func TestCheckChangesNothing(t *testing.T) {
	url := testenv.SharedPostgres(t).Database(t, testenv.Template{})
	d := chosen(load(t, settings(t, config.ServerDatabaseURL, url)))
	if err := d.check(context.Background(), serves); err == nil || strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("check: %v", err)
	}
	if n := tables(t, url); n != 0 {
		t.Errorf("%d tables", n)
	}
}
