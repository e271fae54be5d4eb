package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claude-mem/internal/config"
	"claude-mem/internal/testbin"
	"claude-mem/memory"
)

// TestKilledDaemonPaysOnce kills the daemon while a model that costs works. A call that
// was cut off may have to be made again, as another attempt; no other is, no job is
// completed twice, and none is forgotten.
func TestKilledDaemonPaysOnce(t *testing.T) {
	for _, policy := range []memory.Policy{memory.PolicyPerEvent, memory.PolicyDebounce} {
		t.Run(string(policy), func(t *testing.T) { payAndKill(t, policy) })
	}
}

func payAndKill(t *testing.T, policy memory.Policy) {
	const events, kills = 24, 8
	p := testbin.NewProfile(t, binary)
	model := askStub(t, p)
	model.takes = 200 * time.Millisecond
	p.Env = append(p.Env, config.SessionPolicy+"="+string(policy), config.SessionDebounce+"=100")
	random := rand.New(rand.NewPCG(2, kills))
	for n := range events {
		p.Serve()
		marker := fmt.Sprintf("paid-%02d", n)
		call := editCall(filepath.Join(p.Repo, marker), marker, n)
		runHook(t.Context(), t, p, "s1", "PostToolUse", call)
		if n%(events/kills) == 0 {
			time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond)
			p.Kill()
		}
	}
	settle(t, p)
	p.Must("stop")

	path := filepath.Join(p.Data, "claude-mem.db")
	attempts := counts(t, path, `SELECT e.source_event_id, j.attempts FROM agent_events e JOIN observation_generation_jobs j
		ON j.source_type = 'agent_event' AND j.source_id = e.id OR j.id IN (SELECT job_id FROM batch_events WHERE event_id = e.id)`)
	if len(attempts) != events {
		t.Errorf("jobs are owed for %d events of %d", len(attempts), events)
	}
	again := 0
	for event, most := range attempts {
		calls := 0
		for _, body := range model.sent() {
			if strings.Contains(body, event) {
				calls++
			}
		}
		if calls > most || calls == 0 {
			t.Errorf("%s: %d calls in %d attempts", event, calls, most)
		}
		again += max(calls-1, 0)
	}
	t.Logf("%d calls for %d events, %d events shown again", len(model.sent()), events, again)
	closeLedger(t, path, len(model.sent()), kills)
	if again == 0 {
		t.Error("the test is too tame: no call was cut off")
	}
	for what, q := range map[string]string{
		"jobs still open": `SELECT count(*) FROM observation_generation_jobs WHERE status NOT IN ('completed', 'failed')`,
		"jobs given up before their attempts were used up": `SELECT count(*) FROM observation_generation_jobs
			WHERE status = 'failed' AND attempts < max_attempts`,
		"jobs that did not end once": `SELECT count(*) FROM observation_generation_jobs j WHERE 1 <> (SELECT count(*) FROM audit_log a
			WHERE a.action IN ('generation_job.completed', 'generation_job.failed') AND a.resource_id = j.id)`,
		"completed jobs without the one observation of their answer": `SELECT count(*) FROM observation_generation_jobs j
			WHERE status = 'completed' AND 1 <> (SELECT count(*) FROM observations o WHERE o.created_by_job = j.id)`,
	} {
		var n int
		if query(t, path, q, &n); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
}

// closeLedger checks that every call that the model was sent is in the ledger, by what it
// cost or by its estimate. Beyond them are only calls that were cut off before they
// were sent, a few with each kill.
func closeLedger(t *testing.T, path string, sent, kills int) {
	t.Helper()
	var calls, tokens, reserved int
	query(t, path, `SELECT SUM(calls), SUM(input_tokens + output_tokens) FROM usage_days`, &calls, &tokens)
	query(t, path, `SELECT SUM(reserved_tokens) FROM observation_generation_jobs`, &reserved)
	const workers = 10 // of both lanes
	if calls < sent || calls > sent+workers*kills {
		t.Errorf("the ledger has %d calls, the model was sent %d", calls, sent)
	}
	if tokens < sent*(stubInput+stubOutput) {
		t.Errorf("the ledger has %d tokens for %d calls", tokens, sent)
	}
	if reserved != 0 {
		t.Errorf("%d tokens are set aside for nobody", reserved)
	}
}
