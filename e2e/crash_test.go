package e2e_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/testbin"
	"claude-mem/memory"
)

const hookLoops = 3 // how many sessions fire hooks at a time

// TestKilledDaemonLosesNothing kills the daemon again and again while sessions
// fire hooks and a client posts events. Whatever a hook took or the API
// acknowledged must be stored once, and every observation owed must arrive once.
func TestKilledDaemonLosesNothing(t *testing.T) { killAgainAndAgain(t, 200) }

// TestKilledBatchesLoseNothing does the same while observations are owed of several
// events together.
func TestKilledBatchesLoseNothing(t *testing.T) {
	for _, policy := range []memory.Policy{memory.PolicyDebounce, memory.PolicyEndOfSession} {
		t.Run(string(policy), func(t *testing.T) {
			killAgainAndAgain(t, 40, config.SessionPolicy+"="+string(policy), config.SessionDebounce+"=300")
		})
	}
}

func killAgainAndAgain(t *testing.T, kills int, settings ...string) {
	p := testbin.NewProfile(t, binary)
	p.Env = append(p.Env, settings...)
	if s := os.Getenv("CLAUDE_MEM_CRASH_KILLS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("CLAUDE_MEM_CRASH_KILLS=%q: want a number of kills", s)
		}
		kills = n
	}
	p.Serve()

	ctx, cancel := context.WithCancel(t.Context())
	var told ledger
	var load sync.WaitGroup
	for loop := range hookLoops {
		load.Go(func() { fireHooks(ctx, t, p, loop, &told) })
	}
	load.Go(func() { postEvents(ctx, t, p, &told) })

	random := rand.New(rand.NewPCG(1, uint64(kills)))
	for done := 0; done < kills; {
		time.Sleep(time.Duration(random.IntN(80)) * time.Millisecond)
		if p.Kill() {
			done++
		}
		p.Serve()
	}
	cancel()
	load.Wait()

	// Whoever was cut off ends now: nobody waits for an hour here.
	for _, session := range append(told.begun, "api") {
		runHook(t.Context(), t, p, session, "SessionEnd", map[string]any{"reason": "other"})
	}
	settle(t, p)
	p.Must("stop")
	told.check(t, filepath.Join(p.Data, "claude-mem.db"))
}

// ledger is what the product has taken responsibility for.
type ledger struct {
	mu     sync.Mutex
	events []string // a tool's source event id, else the text of a prompt or an answer
	begun  []string // sessions
	ended  []string // those whose end was told under load
}

func (l *ledger) begin(session string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun = append(l.begun, session)
}

func (l *ledger) add(event string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, event)
}

func (l *ledger) end(session string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = append(l.ended, session)
}

// fireHooks runs one session after the other, a process for each hook, until ctx ends.
func fireHooks(ctx context.Context, t *testing.T, p *testbin.Profile, loop int, told *ledger) {
	for n := 0; ctx.Err() == nil; n++ {
		session := fmt.Sprintf("session-%d-%d", loop, n)
		told.begin(session)
		hook := func(event string, fields map[string]any) bool {
			return ctx.Err() == nil && runHook(ctx, t, p, session, event, fields)
		}
		hook("SessionStart", map[string]any{"source": "startup"})
		prompt := "Add a counter to " + session
		if hook("UserPromptSubmit", map[string]any{"prompt": prompt}) {
			told.add(prompt)
		}
		for tool := range 8 {
			id := fmt.Sprintf("toolu_%s_%d", session, tool)
			if hook("PostToolUse", editCall(p.Repo, id, tool)) {
				told.add(id)
			}
		}
		answer := "Added the counter of " + session + " to counter.go and tested it."
		if hook("Stop", map[string]any{"last_assistant_message": answer}) {
			told.add(answer)
		}
		if hook("SessionEnd", map[string]any{"reason": "other"}) {
			told.end(session)
		}
	}
}

// runHook runs the hook of one event of a session, to its end even if ctx is done.
func runHook(ctx context.Context, t *testing.T, p *testbin.Profile, session, event string, fields map[string]any) bool {
	fields["hook_event_name"], fields["session_id"], fields["cwd"] = event, session, p.Repo
	in, err := json.Marshal(fields)
	if err != nil {
		t.Error(err)
		return false
	}
	r, err := p.Run(context.WithoutCancel(ctx), string(in), "hook", "claude-code")
	if err != nil || r.Code != 0 || r.Stderr != "" {
		t.Errorf("%s hook: %v, exit %d, stderr %q", event, err, r.Code, r.Stderr)
		return false
	}
	return true
}

// editCall is the host's account of a successful edit.
func editCall(repo, id string, n int) map[string]any {
	path := filepath.Join(repo, fmt.Sprintf("counter%d.go", n))
	before, after := "func Count() int { return 0 }", fmt.Sprintf("func Count%d() int { return %d }", n, n)
	return map[string]any{
		"tool_name": "Edit", "tool_use_id": id,
		"tool_input":    map[string]any{"file_path": path, "old_string": before, "new_string": after},
		"tool_response": map[string]any{"filePath": path, "oldString": before, "newString": after},
	}
}

// postEvents posts events over HTTP until ctx ends, and notes those acknowledged.
func postEvents(ctx context.Context, t *testing.T, p *testbin.Profile, told *ledger) {
	key := p.Config().String(config.ServerAPIKey)
	for n := 0; ctx.Err() == nil; n++ {
		id := fmt.Sprintf("api_%d", n)
		payload, err := json.Marshal(editCall(p.Repo, id, n))
		if err != nil {
			t.Error(err)
			return
		}
		at := memory.Epoch(1795399000000 + n)
		// The port may change from one daemon to the next.
		state, ok := p.Find()
		if !ok {
			continue
		}
		c := client.New(fmt.Sprintf("http://%s:%d", state.Host, state.Port), key, client.Options{Retries: -1})
		_, err = c.PutEvent(ctx, memory.EventInput{
			ProjectID: p.Repo, ContentSessionID: "api", SourceType: "api", SourceEventID: id,
			EventType: memory.EventToolUse, Payload: payload, OccurredAt: &at,
		}, client.EventOptions{})
		switch {
		case err == nil:
			told.add(id)
		case !errors.Is(err, memory.ErrUnavailable): // to be cut off is what the test is about
			t.Errorf("POST /v1/events: %v", err)
			return
		}
	}
}

// settle waits until the spool is empty and no job is open.
func settle(t *testing.T, p *testbin.Profile) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		p.Serve()
		open := openJobs(t, filepath.Join(p.Data, "claude-mem.db"))
		spooled, err := filepath.Glob(filepath.Join(p.Data, "spool", "*.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		if open == 0 && len(spooled) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after two minutes %d jobs are open and the spool holds %v", open, spooled)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func openJobs(t *testing.T, path string) (n int) {
	t.Helper()
	query(t, path, `SELECT count(*) FROM observation_generation_jobs WHERE status IN ('queued', 'processing')`, &n)
	return n
}

// open opens a database that a daemon may have open too.
func open(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=query_only(1)")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// query reads one row.
func query(t *testing.T, path, q string, dest ...any) {
	t.Helper()
	db := open(t, path)
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(t.Context(), q).Scan(dest...); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}

// check compares the ledger with the database.
func (l *ledger) check(t *testing.T, path string) {
	t.Helper()
	stored := counts(t, path, `SELECT CASE event_type
		WHEN 'user_prompt' THEN json_extract(payload, '$.prompt')
		WHEN 'assistant_message' THEN json_extract(payload, '$.message')
		ELSE source_event_id END, count(*) FROM agent_events GROUP BY 1`)
	for event, n := range stored {
		if n != 1 {
			t.Errorf("event %q is stored %d times", event, n)
		}
	}
	lost := 0
	for _, event := range l.events {
		if stored[event] == 0 {
			lost++
		}
	}
	if lost > 0 || len(l.events) == 0 {
		t.Errorf("%d of %d events that were taken are not stored", lost, len(l.events))
	}
	// A session that ended is summed up as it is, by one summary that counts.
	summed := counts(t, path, `SELECT s.external_session_id, count(DISTINCT o.id) FROM server_sessions s
		JOIN observation_generation_jobs j ON j.source_id = s.id AND j.kind = 'summary' AND j.status = 'completed'
			AND j.revision = (SELECT count(*) FROM agent_events e WHERE e.session_id = s.id)
		JOIN observations o ON o.session_id = s.id AND o.kind = 'summary' AND o.superseded_by IS NULL
		WHERE s.ended_at IS NOT NULL GROUP BY 1`)
	for _, session := range l.ended {
		if n := summed[session]; n != 1 {
			t.Errorf("session %s ended and has %d summaries of all its events", session, n)
		}
	}
	t.Logf("%d events and %d ends of sessions taken, %d events stored", len(l.events), len(l.ended), len(stored))

	for what, q := range map[string]string{
		"events that asked for an observation and have no job, or two": `SELECT count(*) FROM agent_events e WHERE e.generate = 1
			AND 1 <> (SELECT count(*) FROM observation_generation_jobs j WHERE j.source_type = 'agent_event' AND j.source_id = e.id)
				+ (SELECT count(*) FROM batch_events b WHERE b.event_id = e.id)`,
		"events of a batch without a result": `SELECT count(*) FROM batch_events WHERE result IS NULL`,
		"jobs that did not complete":         `SELECT count(*) FROM observation_generation_jobs WHERE status <> 'completed'`,
		"jobs that did not complete once": `SELECT count(*) FROM observation_generation_jobs j WHERE 1 <> (
			SELECT count(*) FROM audit_log a WHERE a.action = 'generation_job.completed' AND a.resource_id = j.id)`,
		"jobs that claim observations and have none": `SELECT count(*) FROM observation_generation_jobs j
			WHERE j.result = 'observations' AND NOT EXISTS (SELECT 1 FROM observations o WHERE o.created_by_job = j.id)`,
		"observations made without a completed job": `SELECT count(*) FROM observations o WHERE NOT EXISTS (
			SELECT 1 FROM observation_generation_jobs j WHERE j.id = o.created_by_job AND j.result = 'observations')`,
	} {
		var n int
		query(t, path, q, &n)
		if n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
	var made int
	query(t, path, `SELECT count(*) FROM observations`, &made)
	if made == 0 {
		t.Error("no observation was made at all")
	}
}

// counts runs a query for texts with a number each.
func counts(t *testing.T, path, q string) map[string]int {
	t.Helper()
	db := open(t, path)
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(t.Context(), q)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]int{}
	for rows.Next() {
		var text sql.NullString
		var n int
		if err := rows.Scan(&text, &n); err != nil {
			t.Fatal(err)
		}
		out[text.String] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
