package bench_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"claude-mem/bench/corpus"
	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/id"
	"claude-mem/internal/testbin"
	"claude-mem/memory"
	"claude-mem/storage"
	"claude-mem/storage/sqlite"
)

// rowsOfContext is how many observations a context is made of.
const rowsOfContext = 100_000

// perSession is how many of them are of one session, and branches how many branches
// the sessions take turns with.
const (
	perSession = 40
	branches   = 12
)

// fill makes a store at the path with one project of that name, and returns a working
// tree as a developer has one: a branch that sessions were on, and changed files of
// which something is known.
func fill(ctx context.Context, path, name string, rows int) (tree memory.WorkingTree, err error) {
	store, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return tree, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	var p memory.Project
	err = store.InTx(ctx, func(tx storage.Tx) error {
		team, err := tx.EnsureTeam(ctx, memory.Team{ID: id.New(), Name: memory.LocalTeam, CreatedAt: 1})
		if err != nil {
			return err
		}
		p, err = tx.EnsureProject(ctx, memory.Project{ID: id.New(), TeamID: team.ID, Name: name, CreatedAt: 1, UpdatedAt: 1})
		return err
	})
	const batch = 25 * perSession
	c := corpus.New()
	for at := 0; at < rows && err == nil; at += batch {
		err = store.InTx(ctx, func(tx storage.Tx) error {
			var session memory.Session
			for n := at; n < at+batch; n++ {
				o := c.Observation(p.Scope(), n)
				if n%perSession == 0 {
					session = memory.Session{
						ID: id.New(), TeamID: p.TeamID, ProjectID: p.ID, DedupeKey: id.New(), StartedAt: o.OccurredAt, CreatedAt: 1, UpdatedAt: 1,
						Metadata: fmt.Appendf(nil, `{"%s": "fix/handler-cache-%d"}`, memory.SessionBranch, n/perSession%branches),
					}
					if session, _, err = tx.EnsureSession(ctx, session); err != nil {
						return err
					}
				}
				o.SessionID = memory.Opt(session.ID)
				if n >= rows-2*perSession && n%10 == 0 {
					tree.Changed = append(tree.Changed, o.Metadata.FilesModified[0])
				}
				if _, _, err := tx.PutObservation(ctx, o); err != nil {
					return err
				}
			}
			tree.Branch = session.Branch()
			return nil
		})
	}
	return tree, err
}

// BenchmarkSessionContext asks a daemon for what a session starts with, out of 100,000
// observations: without and with a working tree, and as the hook does, which makes the
// session as well.
func BenchmarkSessionContext(b *testing.B) {
	ours, _ := built(b)
	p := testbin.NewProfile(b, ours)
	if err := os.MkdirAll(p.Data, 0o700); err != nil {
		b.Fatal(err)
	}
	tree, err := fill(b.Context(), filepath.Join(p.Data, "claude-mem.db"), p.Repo, rowsOfContext)
	if err != nil {
		b.Fatal(err)
	}
	state := p.Serve()
	c := client.New(fmt.Sprintf("http://%s:%d", state.Host, state.Port), p.Config().String(config.ServerAPIKey), client.Options{})
	ask := func(tree memory.WorkingTree) func(int) (string, error) {
		return func(int) (string, error) {
			told, err := c.SessionContext(b.Context(), client.SessionContextRequest{ProjectID: p.Repo, Tree: tree})
			return told.Context, err
		}
	}
	for _, way := range []struct {
		name string
		tell func(n int) (string, error)
	}{
		{"tree=no", ask(memory.WorkingTree{})},
		{"tree=yes", ask(tree)},
		{"hook", func(n int) (string, error) {
			told, err := c.Hook(b.Context(), memory.HookRecord{
				Project: p.Repo, SessionID: fmt.Sprint("s", b.N, "-", n), Want: memory.HookContext{Session: true, Tree: &tree},
			})
			return told.Context, err
		}},
	} {
		b.Run(way.name, func(b *testing.B) {
			var took samples
			before := processorTime(b, state.PID)
			for n := 0; b.Loop(); n++ {
				began := time.Now()
				text, err := way.tell(n)
				if err != nil || text == "" {
					b.Fatalf("%d bytes: %v", len(text), err)
				}
				took = append(took, time.Since(began))
			}
			took.report(b, "")
			b.ReportMetric(took.quantile(0.1).Seconds()*1e3, "p10-ms")
			b.ReportMetric((processorTime(b, state.PID)-before).Seconds()*1e3/float64(len(took)), "cpu-ms")
		})
	}
}

// processorTime is how long a process has worked so far, as Linux counts it: what a busy
// machine does not add to.
func processorTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		b.Fatalf("only Linux tells how long a process has worked: %v", err)
	}
	// After the name, which may hold anything, the 12th and 13th fields are ticks of a
	// hundredth of a second.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	var ticks int
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(string(field))
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
