package cli_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"claude-mem/cli"
	"claude-mem/client"
	"claude-mem/hooks"
	"claude-mem/internal/config"
	"claude-mem/internal/instance"
	"claude-mem/memory"
)

// The scripts run this very binary under the product's name, daemons and hooks
// included, each in a home and a profile of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"claude-mem": func() {
		if cli.IsHook(os.Args[1:]) {
			hooks.MainFar(os.Args[2:], far)
			return
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"agrees": agrees, "exits": exits, "field": field, "json": isJSON, "newestJob": newestJob, "settled": settled,
			"delivered": delivered, "embeddings": embeddings, "private": private, "tls": tls, "writes": writes,
		},
	})
}

// isJSON runs claude-mem and checks that it prints one JSON value.
func isJSON(ts *testscript.TestScript, neg bool, args []string) {
	// Whether it found something wrong is not what this is about.
	err := ts.Exec("claude-mem", args...)
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed || neg {
		ts.Fatalf("run claude-mem: %v", err)
	}
	var v any
	if out := ts.ReadFile("stdout"); json.Unmarshal([]byte(out), &v) != nil {
		ts.Fatalf("claude-mem %s prints no JSON: %q", strings.Join(args, " "), out)
	}
}

// settled waits until the given number of sessions is stored and nothing is owed:
// spooled records are taken in by the daemon in its own time.
func settled(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: settled SESSIONS")
	}
	deadline := time.Now().Add(time.Minute)
	for {
		ts.Check(ts.Exec("claude-mem", "stats", "--all", "--json"))
		var stats client.Stats
		ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &stats))
		owed := stats.Books.Queued + stats.Books.Processing
		if fmt.Sprint(stats.Sessions) == args[0] && stats.Books.Observations > 0 && owed == 0 {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("after a minute there are %d sessions and %d jobs are owed", stats.Sessions, owed)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// field puts a field of a JSON object in a file into a variable: field ID key.json id.
func field(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: field VARIABLE FILE NAME")
	}
	var object map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &object))
	ts.Setenv(args[0], fmt.Sprint(object[args[2]]))
}

// newestJob puts the id of the newest job into a variable: newestJob ID queued.
func newestJob(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: newestJob VARIABLE STATUS")
	}
	cfg, err := config.Load(config.Options{Environ: []string{config.DataDir + "=" + ts.Getenv(config.DataDir), "HOME=" + ts.Getenv("HOME")}})
	ts.Check(err)
	state, _, err := instance.Find(cfg.Dirs)
	ts.Check(err)
	list, err := client.New(fmt.Sprintf("http://%s:%d", state.Host, state.Port), cfg.String(config.ServerAPIKey), client.Options{}).Jobs(context.Background(), client.JobFilter{Status: memory.JobStatus(args[1]), Limit: 1})
	ts.Check(err)
	if len(list.Jobs) == 0 {
		ts.Fatalf("no job is %s", args[1])
	}
	ts.Setenv(args[0], list.Jobs[0].ID)
}

// exits runs a command and checks its exit code: exits 2 claude-mem bad-usage.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS…")
	}
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("run %s: %v", args[1], err)
		}
		code = exit.ExitCode()
	}
	if want := args[0]; strconv.Itoa(code) != want {
		ts.Fatalf("exit code %d, want %s", code, want)
	}
}

// setup gives a script a home and a profile, and sees to it that no daemon
// outlives it.
func setup(env *testscript.Env) error {
	home, data := filepath.Join(env.WorkDir, "home"), filepath.Join(env.WorkDir, "data")
	git := filepath.Join(env.WorkDir, "repo", ".git")
	for _, dir := range []string{home, filepath.Join(git, "objects"), filepath.Join(git, "refs")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(git, "HEAD"), []byte("ref: refs/heads/main\n"), 0o600); err != nil {
		return err
	}
	examples, err := filepath.Abs(filepath.Join("..", "examples"))
	if err != nil {
		return err
	}
	env.Setenv("HOME", home)
	env.Setenv("USERPROFILE", home)
	env.Setenv("EXAMPLES", examples)
	env.Setenv(config.DataDir, data)
	env.Setenv("NO_COLOR", "1")
	env.Setenv("TZ", "UTC")
	port, err := freePort()
	if err != nil {
		return err
	}
	env.Setenv("FREE_PORT", port)
	env.Defer(func() {
		stopDaemon(env, data)
		stopDaemon(env, filepath.Join(env.WorkDir, "server"))
	})
	return nil
}

func stopDaemon(env *testscript.Env, data string) {
	cfg, err := config.Load(config.Options{Flags: map[string]string{config.DataDir: data}, Environ: []string{"HOME=" + data}})
	if cfg == nil {
		env.T().Log("cannot find the script's daemon: ", err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := instance.Stop(ctx, cfg.Dirs); err != nil && !errors.Is(err, instance.ErrNotRunning) {
		env.T().Log("a daemon outlives its script: ", err)
	}
}
