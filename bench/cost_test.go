package bench_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"claude-mem/capture"
	"claude-mem/generation"
	"claude-mem/hooks"
	"claude-mem/internal/config"
	"claude-mem/internal/id"
	"claude-mem/internal/project"
	"claude-mem/internal/recorded"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/providers/local"
	"claude-mem/queue/goqite"
	"claude-mem/storage"
	"claude-mem/storage/sqlite"
)

// What a request of a language model is taken to hold: instructions and the shape of
// the answer, the titles it is told, and of every event so much at most.
const (
	instructionTokens = 1000
	titleTokens       = 15
	eventBytes        = 8 << 10
	requestBytes      = 64 << 10
	bytesPerToken     = 4
	observationTokens = 180
	summaryTokens     = 400
)

// fewSessions is how many are played unless all are asked for.
const fewSessions = 8

// longestPause is what is left of the pauses in a recording, in which people slept.
const longestPause = time.Minute

// TestCostOfPolicies plays the recorded sessions under each policy to a stub that
// counts the tokens a model would have been sent, and reports what each costs
// compared with one call for every event; CLAUDE_MEM_BENCH_LARGE=1 plays them all. The clock is the test's own, so that
// sessions pause as they did.
func TestCostOfPolicies(t *testing.T) {
	sessions := loadSessions(t)
	if os.Getenv("CLAUDE_MEM_BENCH_LARGE") == "" {
		sessions = sessions[:min(len(sessions), fewSessions)]
	}
	costs := make(map[memory.Policy]memory.UsageCounts)
	for _, policy := range memory.Policies() {
		t.Run(string(policy), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				used, base := play(t, policy, sessions)
				costs[policy] = used
				ratio := func(a, b int64) float64 { return float64(a) / float64(max(b, 1)) }
				t.Logf("%s: %d calls (%.3f), %d tokens in (%.3f), %d out (%.3f), %d observations, %d events skipped; one call for each event: %d calls, %d in, %d out",
					policy, used.Calls, ratio(used.Calls, base.Calls), used.InputTokens, ratio(used.InputTokens, base.InputTokens),
					used.OutputTokens, ratio(used.OutputTokens, base.OutputTokens), used.Observations, used.Skipped,
					base.Calls, base.InputTokens, base.OutputTokens)
				if used.Calls >= base.Calls || used.InputTokens >= base.InputTokens {
					t.Errorf("%s costs as much as one call for each event", policy)
				}
			})
		})
	}
	if a, b, c := costs[memory.PolicyPerEvent], costs[memory.PolicyDebounce], costs[memory.PolicyEndOfSession]; a.Calls <= b.Calls || b.Calls <= c.Calls {
		t.Errorf("calls %d, %d, %d: batching saves none", a.Calls, b.Calls, c.Calls)
	}
}

// play runs the sessions through hooks, capture and generation, and returns what was
// used and what one call for each event would have used.
func play(t *testing.T, policy memory.Policy, sessions [][][]byte) (used, base memory.UsageCounts) {
	ctx := t.Context()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "cost.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	q, err := goqite.New(ctx, store, goqite.Options{Logger: log, Poll: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	store.SetOutbox(q)
	caller := aCaller(t, store)
	in := capture.New(store, capture.Options{CreateProjects: true, Policy: policy, Debounce: 5 * time.Second})
	stub := &counter{Provider: local.New()}
	worker := generation.New(generation.Config{Store: store, Queue: q, Provider: stub, Logger: log})
	running, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { _ = worker.Run(running) })

	decoder := aDecoder(t)
	for _, session := range sessions {
		var last time.Time
		for _, line := range session {
			var at struct {
				Timestamp time.Time `json:"timestamp"`
			}
			_ = json.Unmarshal(line, &at) // without a time there is no pause
			if !last.IsZero() && at.Timestamp.After(last) {
				time.Sleep(min(at.Timestamp.Sub(last), longestPause))
			}
			last = at.Timestamp
			record, skipped, err := decoder.Decode(line)
			if err != nil || skipped != "" {
				continue
			}
			if _, err := in.Hook(ctx, caller, record); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(longestPause)
	}
	books := settled(t, store, caller)
	stop()
	done.Wait()

	team := memory.Scope{TeamID: caller.Key.TeamID}
	if used, err = store.UsageSum(ctx, team, 0); err != nil {
		t.Fatal(err)
	}
	if !books.Closed() || books.Failed != 0 {
		t.Errorf("books %+v", books)
	}
	return used, oneByOne(t, store, team, stub)
}

// settled waits until nothing is owed any more.
func settled(t *testing.T, store *sqlite.Store, caller memory.Caller) memory.Books {
	t.Helper()
	for range 50 {
		time.Sleep(5 * time.Minute)
		b, err := store.Books(t.Context(), memory.Scope{TeamID: caller.Key.TeamID})
		if err != nil {
			t.Fatal(err)
		}
		if b.Queued+b.Processing == 0 {
			return b
		}
	}
	t.Fatal("jobs are left over")
	return memory.Books{}
}

// oneByOne is what it would have cost to ask about every event by itself, with the
// same summaries.
func oneByOne(t *testing.T, store *sqlite.Store, team memory.Scope, stub *counter) (base memory.UsageCounts) {
	t.Helper()
	sessions, err := store.Sessions(t.Context(), team, storage.Page{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sessions {
		for offset := 0; ; offset += 500 {
			events, err := store.SessionEvents(t.Context(), team, s.ID, storage.Page{Limit: 500, Offset: offset})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if e.Generate {
					base.Calls++
					base.InputTokens += tokensIn(providers.Request{Events: []memory.Event{e}, Recent: make([]string, 10)})
				}
			}
			if len(events) < 500 {
				break
			}
		}
	}
	base.OutputTokens = base.Calls * observationTokens
	base = base.Plus(stub.summaries)
	return base
}

// counter answers as the rules do, and counts what a model would have been sent.
type counter struct {
	providers.Provider
	mu        sync.Mutex
	summaries memory.UsageCounts
}

func (c *counter) Generate(ctx context.Context, r providers.Request) (providers.Response, error) {
	resp, err := c.Provider.Generate(ctx, r)
	resp.InputTokens = tokensIn(r)
	resp.OutputTokens = max(int64(len(resp.Observations)), 1) * observationTokens
	if r.Kind == memory.KindSummary {
		resp.OutputTokens = summaryTokens
		c.mu.Lock()
		defer c.mu.Unlock()
		c.summaries = c.summaries.Plus(memory.UsageCounts{Calls: 1, InputTokens: resp.InputTokens, OutputTokens: resp.OutputTokens})
	}
	return resp, err
}

// tokensIn is about how many tokens a request has.
func tokensIn(r providers.Request) int64 {
	n := min(len(r.Prompt), eventBytes)
	for _, e := range r.Events {
		n += min(len(e.Payload), eventBytes)
	}
	return instructionTokens + int64(len(r.Recent))*titleTokens + int64(min(n, requestBytes))/bytesPerToken
}

// loadSessions reads the recorded sessions, in order, line by line.
func loadSessions(t *testing.T) (all [][][]byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(recorded.Dir(t), "sessions", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded sessions: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var lines [][]byte
		sc := bufio.NewScanner(bytes.NewReader(raw))
		sc.Buffer(nil, 16<<20)
		for sc.Scan() {
			lines = append(lines, bytes.Clone(sc.Bytes()))
		}
		if err := sc.Err(); err != nil {
			t.Fatal(err)
		}
		all = append(all, lines)
	}
	return all
}

// aCaller makes a team and a key.
func aCaller(t *testing.T, store *sqlite.Store) memory.Caller {
	t.Helper()
	key := memory.APIKey{ID: id.New(), Name: "cost", Hash: "hash", Scopes: []string{memory.ScopeAll}, CreatedAt: memory.Now()}
	err := store.InTx(t.Context(), func(tx storage.Tx) error {
		team, err := tx.EnsureTeam(t.Context(), memory.Team{ID: id.New(), Name: "team", CreatedAt: memory.Now()})
		if err != nil {
			return err
		}
		key.TeamID = team.ID
		return tx.PutKey(t.Context(), key)
	})
	if err != nil {
		t.Fatal(err)
	}
	return memory.Caller{Key: key}
}

// aDecoder reads hook payloads, of whatever folder.
func aDecoder(t *testing.T) *hooks.Decoder {
	t.Helper()
	cfg, err := config.Load(config.Options{Environ: []string{config.DataDir + "=" + t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := hooks.NewDecoder(hooks.DecoderOptions{Agent: hooks.ClaudeCode, Config: cfg, Resolve: func(cwd string) project.Identity {
		return project.Identity{Name: cwd, Root: cwd}
	}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}
