package daemon

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"

	"claude-mem/internal/config"
	"claude-mem/queue/goqite"
	"claude-mem/queue/redis"
	"claude-mem/storage/postgres"
)

// deployment is what the settings choose: a person's own daemon on a SQLite file, or
// one of the processes that serve a team on Postgres and Redis.
type deployment struct {
	cfg  *config.Config
	team bool
}

// chosen reads the settings. What is wrong with them, [deployment.check] says.
func chosen(cfg *config.Config) deployment {
	return deployment{cfg: cfg, team: cfg.String(config.ServerDatabaseURL) != ""}
}

// runtime is the deployment's name on the wire.
func (d deployment) runtime() string {
	if d.team {
		return "server-beta"
	}
	return "local"
}

// engine is the name of the queue's engine as it was configured.
func (d deployment) engine() string {
	if name := d.cfg.String(config.QueueEngine); name != "" || d.team {
		return name
	}
	return goqite.Engine
}

// problem is one thing that keeps a process from starting, and what mends it.
type problem struct{ what, fix string }

// SettingsError lists everything that is wrong with what the settings choose. It
// holds no secret.
type SettingsError struct{ problems []problem }

// Error lists the problems, each with its fix.
func (e *SettingsError) Error() string {
	texts := make([]string, len(e.problems))
	for i, p := range e.problems {
		texts[i] = p.what + " (" + p.fix + ")"
		if len(e.problems) > 1 {
			texts[i] = fmt.Sprintf("%d. %s", i+1, texts[i])
		}
	}
	head := "cannot start: "
	if len(texts) > 1 {
		head = fmt.Sprintf("cannot start, %d things are wrong: ", len(texts))
	}
	return head + strings.Join(texts, "; ")
}

// check returns a [*SettingsError] with all that is missing, contradictory or
// unreachable, or nil. Nothing is made up for: a server that fell back to a file of
// its own would take in what the team never sees.
func (d deployment) check(ctx context.Context, r role) error {
	problems := d.contradictions()
	if r == generates && !d.team {
		problems = append(problems, problem{"a worker of its own serves a team, and " + config.ServerDatabaseURL + " is not set",
			"set it to " + databaseExample + "; a person's own daemon generates by itself"})
	}
	problems = append(problems, d.providerProblems(r)...)
	problems = append(problems, containerProblems(d.cfg)...)
	problems = append(problems, d.unreachable(ctx)...)
	if len(problems) == 0 {
		return nil
	}
	return &SettingsError{problems}
}

// Examples in fixes.
const (
	databaseExample = "postgres://user:password@host:5432/database"
	redisExample    = "redis://[user:password@]host:6379"
)

// contradictions lists the settings that are missing or do not go together.
func (d deployment) contradictions() (problems []problem) {
	add := func(fix, format string, args ...any) {
		problems = append(problems, problem{fmt.Sprintf(format, args...), fix})
	}
	runtime, engine, redisURL := d.cfg.String(config.Runtime), d.cfg.String(config.QueueEngine), d.cfg.String(config.RedisURL)
	if !d.team {
		if runtime != "" && runtime != "local" {
			add("set it to "+databaseExample+", or "+config.Runtime+" to local", "%s is %s and %s is not set", config.Runtime, runtime, config.ServerDatabaseURL)
		}
		if engine != "" && engine != goqite.Engine {
			add("set "+config.ServerDatabaseURL+", or "+config.QueueEngine+" to goqite", "%s is %s, which serves Postgres only, and %s is not set", config.QueueEngine, engine, config.ServerDatabaseURL)
		} else if redisURL != "" {
			add("set "+config.ServerDatabaseURL+" and "+config.QueueEngine+"=redis, or unset it", "%s is set and nothing would use it", config.RedisURL)
		}
		return problems
	}
	if runtime == "local" {
		add("unset one of the two", "%s is local and %s is set", config.Runtime, config.ServerDatabaseURL)
	}
	switch engine {
	case "":
		add("set it to redis", "%s is not set, and Postgres needs one", config.QueueEngine)
	case goqite.Engine:
		add("set it to redis", "%s is goqite, which lives in a SQLite file, and %s is set", config.QueueEngine, config.ServerDatabaseURL)
	}
	if redisURL == "" {
		add("set it to "+redisExample, "%s is not set", config.RedisURL)
	}
	return problems
}

// providerProblems lists what the providers lack, where a team's process would ask
// them. A person's own daemon starts all the same: it has events to store.
func (d deployment) providerProblems(r role) []problem {
	if !d.team || r == serves && d.cfg.Bool(config.GenerationDisabled) {
		return nil
	}
	if _, err := provider(d.cfg); err != nil {
		return []problem{{oneLine(err), "or take it out of " + config.ServerProvider}}
	}
	return nil
}

// containerProblems keeps the mode without keys out of containers, where the loopback
// interface is not a person's own.
func containerProblems(cfg *config.Config) []problem {
	if cfg.String(config.AuthMode) != "local-dev" {
		return nil
	}
	if _, err := os.Stat("/.dockerenv"); err != nil && !cfg.Bool(config.Docker) {
		return nil
	}
	return []problem{{config.AuthMode + "=local-dev is not allowed in Docker", "use api-key"}}
}

// unreachable asks the servers that the settings name, both at once. It changes
// nothing on them.
func (d deployment) unreachable(ctx context.Context) (problems []problem) {
	if !d.team {
		return nil
	}
	var database, transport error
	var asked sync.WaitGroup
	asked.Go(func() { database = postgres.Reach(ctx, d.cfg.String(config.ServerDatabaseURL)) })
	if d.cfg.String(config.RedisURL) != "" {
		asked.Go(func() { transport = redis.Reach(ctx, d.redisOptions()) })
	}
	asked.Wait()
	if database != nil {
		problems = append(problems, problem{config.ServerDatabaseURL + ": " + oneLine(database), "start the database, or correct the URL; it looks like " + databaseExample})
	}
	if transport != nil {
		problems = append(problems, problem{config.RedisURL + ": " + oneLine(transport), "start Redis, or correct the URL; it looks like " + redisExample})
	}
	return problems
}

func (d deployment) redisOptions() redis.Options {
	return redis.Options{
		URL: d.cfg.String(config.RedisURL), Prefix: d.cfg.String(config.QueueRedisPrefix),
		Visibility: heldFor,
	}
}

// oneLine is an error without line breaks: drivers tell of each address they tried in
// a line of its own.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
