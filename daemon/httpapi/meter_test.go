package httpapi

import (
	"context"
	"strings"
	"testing"
	"time"

	"claude-mem/client"
	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// clock is a time that tests move.
type clock struct{ at time.Time }

// at sets the time of the meter.
func (w *world) at(c *clock) { w.meter.now = func() time.Time { return c.at } }

func noon() *clock { return &clock{time.Date(2026, 11, 25, 12, 0, 10, 0, time.UTC)} }

func (w *world) projects(key string) reply { return w.do("GET", "/v1/projects", key, "") }

func TestRateLimit(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Quotas.PerMinute = 3 })
	c := noon()
	w.at(c)
	for range 3 {
		w.projects(w.key).want(200)
	}
	got := w.projects(w.key).want(429)
	if body := into[client.ErrorBody](got); body.Error != memory.CodeTooMany || got.Header().Get("Retry-After") != "50" {
		t.Errorf("%s, Retry-After %q", got.Body, got.Header().Get("Retry-After"))
	}
	w.projects(w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}})).want(200) // each key has its own
	w.do("GET", "/healthz", "", "").want(200)
	c.at = c.at.Add(50 * time.Second)
	w.projects(w.key).want(200)
}

// Servers share what a key may do, but for what each let in since they wrote it down.
func TestRateLimitOverServers(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Quotas.PerMinute = 4 })
	second := &world{API: New(w.Config), t: t, store: w.store}
	c := noon()
	w.at(c)
	second.at(c)
	for range 3 {
		w.projects(w.key).want(200)
	}
	w.Flush(t.Context())
	second.projects(w.key).want(200)
	second.projects(w.key).want(429)
	second.Flush(t.Context())
	c.at = c.at.Add(flushEvery)
	w.projects(w.key).want(429)
}

func TestMonthlyRequestCap(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Quotas.MonthlyRequests = 2 })
	c := noon()
	w.at(c)
	w.projects(w.key).want(200)
	w.Flush(t.Context())
	w.projects(w.key).want(200)
	got := w.projects(w.key).want(402)
	if body := into[client.ErrorBody](got); body.Error != memory.CodeQuota || !strings.Contains(body.Message, "request quota reached (2)") {
		t.Errorf("answer %s", got.Body)
	}
	w.projects(w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}})).want(402) // it is the team's
	w.projects(w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}, TeamID: w.theirs.ID})).want(200)
	c.at = c.at.AddDate(0, 1, 0)
	w.projects(w.key).want(200)
}

// When the tokens are used up nothing is taken in any more; all else goes on.
func TestMonthlyTokenCap(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Quotas.MonthlyTokens = 100 })
	c := noon()
	w.at(c)
	o := w.remember("the retry budget is three")
	use := func(k memory.Kind, tokens int64) {
		w.tx(func(tx storage.Tx) error {
			return tx.AddUsage(t.Context(), memory.Usage{
				TeamID: w.ours.ID, ProjectID: w.p.ID, Kind: k, Provider: "claude", At: memory.EpochOf(c.at),
				UsageCounts: memory.UsageCounts{Calls: 1, InputTokens: tokens, OutputTokens: 10},
			})
		})
	}
	use(memory.UsageEmbeddingFree, 1000)
	c.at = c.at.Add(flushEvery)
	w.do("POST", "/v1/events", w.key, w.event(nil)).want(201) // what costs nothing is not held against the cap
	use(memory.KindEvent, 90)
	c.at = c.at.Add(flushEvery)
	if got := w.do("POST", "/v1/events", w.key, w.event(nil)).want(402); !strings.Contains(got.Body.String(), "tokens quota reached (100)") {
		t.Errorf("answer %s", got.Body)
	}
	if len(w.found("retry")) != 1 {
		t.Error("search does not go on")
	}
	w.do("DELETE", "/v1/memories/"+o.ID, w.key, "").want(200)
}

// What was used outside of jobs is written a moment later, also if it cannot be at once.
func TestWhatIsCountedOutsideOfJobsIsWritten(t *testing.T) {
	w := newWorld(t, nil)
	u := memory.Usage{
		TeamID: w.ours.ID, ProjectID: w.p.ID, Kind: memory.UsageEmbedding, Provider: "embeddings", Model: "m", At: memory.Now(),
		UsageCounts: memory.UsageCounts{Calls: 1, InputTokens: 7},
	}
	w.Count(u)
	w.Count(u)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.meter.flush(gone); err == nil {
		t.Fatal("written for somebody who is gone")
	}
	w.Count(u)
	got := into[client.Usage](w.do("GET", "/v1/usage?by=kind&kind=embedding", w.key, "").want(200))
	if len(got.Rows) != 1 || got.Rows[0].Calls != 3 || got.Rows[0].InputTokens != 21 || got.Rows[0].Group != "embedding" {
		t.Errorf("usage %+v", got)
	}
}

// A reindex that waits says why.
func TestReindexSaysWhyItWaits(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.EmbeddingModel = "m" })
	w.remember("the retry budget is three")
	path := "/v1/projects/" + w.p.ID + "/reindex"
	if got := into[client.Reindexed](w.do("GET", path, w.key, "").want(200)); got.Waiting != "" {
		t.Errorf("answer %+v", got)
	}
	w.tx(func(tx storage.Tx) error {
		j := memory.Job{
			ID: id.New(), ProjectID: w.p.ID, TeamID: w.ours.ID, Kind: memory.KindReindex, JobType: memory.KindReindex.JobType(),
			SourceType: memory.KindReindex.SourceType(), SourceID: w.p.ID, Status: memory.JobQueued, MaxAttempts: 3,
		}
		j.QueueID = memory.QueueID(j)
		j, _, err := tx.PutJob(t.Context(), j)
		if err != nil {
			return err
		}
		return tx.DeferJob(t.Context(), j, memory.Now().Add(time.Hour), "the budget is used up")
	})
	got := into[client.Reindexed](w.do("GET", path, w.key, "").want(200))
	if got.Waiting != "the budget is used up" || got.Indexed != 0 || got.Observations != 1 {
		t.Errorf("answer %+v", got)
	}
}

func TestUsage(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Quotas.Meter = true })
	bound := w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}, ProjectID: memory.Opt(w.q.ID)})
	for range 3 {
		w.projects(w.key).want(200)
	}
	w.projects(bound).want(200)
	if sum, err := w.store.UsageSum(t.Context(), memory.Scope{TeamID: w.ours.ID}, 0); err != nil || sum.Requests != 0 {
		t.Errorf("a request cost a write: %+v, %v", sum, err)
	}
	got := into[client.Usage](w.do("GET", "/v1/usage", w.key, "").want(200))
	if got.Usage["request"] != 5 || len(got.Usage) != 1 || got.Rows != nil || got.Since != memory.Now().Month().Time().Format(isoMillis) {
		t.Errorf("usage %+v", got)
	}
	got = into[client.Usage](w.do("GET", "/v1/usage?by=key&kind=request&limit=1", w.key, "").want(200))
	if len(got.Rows) != 1 || got.Usage["request"] != 6 {
		t.Errorf("by key: %+v", got)
	}
	if got := into[client.Usage](w.do("GET", "/v1/usage", bound, "").want(200)); got.Usage["request"] != 2 {
		t.Errorf("of a bound key: %+v", got)
	}
	w.do("GET", "/v1/usage?by=moon", w.key, "").want(400)
	w.do("GET", "/v1/usage?projectId="+w.foreign.ID, w.key, "").want(403)
	if got := into[client.Usage](w.do("GET", "/v1/usage?since=2999-01-01", w.key, "").want(200)); len(got.Usage) != 0 {
		t.Errorf("of the future: %+v", got)
	}
}

// What cannot be written is counted still, and written later.
func TestCountsSurviveAFailure(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Quotas = Quotas{Meter: true, PerMinute: 2} })
	w.at(noon())
	w.projects(w.key).want(200)
	broken := w.meter.store
	w.meter.store = failing{broken}
	if err := w.meter.flush(t.Context()); err == nil {
		t.Fatal("the store did not fail")
	}
	w.meter.store = broken
	w.projects(w.key).want(200)
	w.projects(w.key).want(429)
	w.Flush(t.Context())
	if sum, err := w.store.UsageSum(t.Context(), memory.Scope{TeamID: w.ours.ID}, 0); err != nil || sum.Requests != 2 {
		t.Errorf("counted %+v, %v", sum, err)
	}
}

// While nothing can be written, minutes that are over are not kept.
func TestMinutesAreForgottenThoughUnwritten(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Quotas = Quotas{PerMinute: 10} })
	w.meter.store = failing{w.meter.store}
	now := noon()
	w.at(now)
	for range 10 {
		now.at = now.at.Add(time.Minute)
		w.projects(w.key).want(200)
		if err := w.meter.flush(t.Context()); err == nil {
			t.Fatal("the store did not fail")
		}
	}
	if n := len(w.meter.keys); n > 3 {
		t.Errorf("%d minutes of one key are kept", n)
	}
}

// failing is a store that cannot be written to.
type failing struct{ storage.Store }

func (failing) InTx(context.Context, func(storage.Tx) error) error { return memory.ErrUnavailable }
