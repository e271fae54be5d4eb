package e2e_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claude-mem/internal/config"
	"claude-mem/internal/testbin"
)

// book is what `claude-mem usage --json` prints.
type book struct {
	Total struct {
		Calls, InputTokens, OutputTokens int64
		CostDollars                      *float64
	}
}

func usage(t *testing.T, p *testbin.Profile) (b book) {
	t.Helper()
	if err := json.Unmarshal([]byte(p.Must("usage", "--json").Stdout), &b); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestBudget lets a real daemon ask a paid provider, first without a budget, so that the ledger
// shows what it cost; then with none left: then it waits, and says so, while what
// happens is stored and found.
func TestBudget(t *testing.T) {
	p := testbin.NewProfile(t, binary)
	p.Env = append(p.Env, config.ModelPrices+"=stub-*=10/100")
	model := askStub(t, p)
	p.Serve()
	runHook(t.Context(), t, p, "s1", "PostToolUse", editCall(p.Repo, "first", 1))
	settle(t, p)
	calls := int64(len(model.sent()))
	b := usage(t, p)
	if calls == 0 || b.Total.Calls != calls || b.Total.InputTokens != calls*stubInput || b.Total.OutputTokens != calls*stubOutput {
		t.Errorf("%d calls, and the ledger says %+v", calls, b.Total)
	}
	if cost := float64(calls) * (stubInput*10 + stubOutput*100) / 1e6; b.Total.CostDollars == nil || *b.Total.CostDollars < cost*0.999 || *b.Total.CostDollars > cost*1.001 {
		t.Errorf("cost %v, want %v", b.Total.CostDollars, cost)
	}
	p.Must("stop")

	unlimited := p.Env
	p.Env = append(unlimited[:len(unlimited):len(unlimited)], config.ProjectDailyTokens+"=0")
	p.Serve()
	runHook(t.Context(), t, p, "s1", "PostToolUse", editCall(p.Repo, "second", 2))
	var why string
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(why, "budget") && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		query(t, filepath.Join(p.Data, "claude-mem.db"), `SELECT COALESCE(MAX(last_error), '') FROM observation_generation_jobs
			WHERE status = 'queued' AND attempts = 0`, &why)
	}
	if !strings.Contains(why, "daily budget of the project is used up") {
		t.Errorf("the job waits because %q", why)
	}
	if n := int64(len(model.sent())); n != calls {
		t.Errorf("%d calls without a budget", n-calls)
	}
	if status := p.Must("status").Stdout; !strings.Contains(status, "1 project whose budget of tokens is used up") {
		t.Errorf("status does not say why nothing is made:\n%s", status)
	}
	if found := p.Must("search", "deployed").Stdout; !strings.Contains(found, "Deployed the service") {
		t.Errorf("search stopped with the budget:\n%s", found)
	}
}
