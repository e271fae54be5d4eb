package e2e_test

import (
	"context"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"claude-mem/client"
	"claude-mem/memory"
)

// status sends a request with a key to the server and returns the answer's status.
func (p *process) status(method, path, key, body string) int {
	p.team.t.Helper()
	req, err := http.NewRequestWithContext(p.team.t.Context(), method, p.url()+path, strings.NewReader(body))
	if err != nil {
		p.team.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		p.team.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// TestTeamFromKeysToRestart is a team's day: keys, sessions and events over two
// servers and two workers, a revocation, and everything started anew.
func TestTeamFromKeysToRestart(t *testing.T) {
	t.Parallel()
	d := newTeam(t, 2, 2)
	one, two := d.servers[0], d.servers[1]
	h, err := one.client("").Health(t.Context())
	if err != nil || h.Queue.Engine != "bullmq" || h.Queue.Redis == nil || h.Queue.Redis.Status != "ok" || len(h.Queue.Lanes) != 3 {
		t.Errorf("health %+v, %v", h, err)
	}
	full, reader, goes := d.key("full", "*"), d.key("reader", "memories:read"), d.key("leaver", "events:write,sessions:write,jobs:read")
	event := `{"projectId":"` + full.ProjectID + `","sourceType":"api","eventType":"note","occurredAtEpoch":1795399000000}`
	for key, want := range map[string]int{"": 401, "cmem_nobody": 403, reader.Key: 403, goes.Key: 201} {
		if got := one.status("POST", "/v1/events", key, event); got != want {
			t.Errorf("an event with the key %.9q: %d, want %d", key, got, want)
		}
	}
	start := `{"projectId":"` + full.ProjectID + `","externalSessionId":"s1","contentSessionId":"s1"}`
	if got := one.status("POST", "/v1/sessions/start", full.Key, start); got != 201 {
		t.Errorf("a session starts with %d", got)
	}
	if got := two.status("POST", "/v1/sessions/start", full.Key, start); got != 200 {
		t.Errorf("at the other server it starts with %d", got)
	}

	in := teamEvent(t, full.ProjectID, "waited-for", 1)
	in.ContentSessionID = "s1"
	stored, err := one.client(full.Key).PutEvent(t.Context(), in, client.EventOptions{Wait: true})
	if err != nil || stored.GenerationJob == nil || stored.GenerationJob.Status != memory.JobCompleted {
		t.Fatalf("waited for %+v, %v", stored, err)
	}
	if job, err := two.client(full.Key).Job(t.Context(), stored.GenerationJob.ID); err != nil || job.Status != memory.JobCompleted {
		t.Errorf("the job at the other server: %+v, %v", job, err)
	}
	ended, err := two.client(full.Key).EndSession(t.Context(), string(stored.Event.SessionID))
	if err != nil || ended.Session.EndedAt == 0 || ended.GenerationJob == nil {
		t.Errorf("the session ends with %+v, %v", ended, err)
	}
	d.settle() // what a revoked key asked for is not done any more
	d.run("server", "api-key", "revoke", goes.ID)

	// Nobody generates when the last events come; then everything goes, Redis with
	// all that it knew.
	for _, w := range d.workers {
		w.end(syscall.SIGKILL)
	}
	for n := range 20 {
		if _, err := d.servers[n%2].client(full.Key).PutEvent(t.Context(), teamEvent(t, full.ProjectID, "before-"+string(rune('a'+n)), n), client.EventOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range d.servers {
		s.end(syscall.SIGTERM)
	}
	d.redis.Restart(t)
	d.postgres.Stop(t)
	d.postgres.Start(t)
	for _, p := range d.all() {
		p.start()
	}
	d.awaitReady()
	if got := one.status("POST", "/v1/events", goes.Key, event); got != 403 {
		t.Errorf("a revoked key after the restart: %d", got)
	}
	if got := two.status("POST", "/v1/events", full.Key, event); got != 201 {
		t.Errorf("the full key after the restart: %d", got)
	}
	d.settle()
	d.balance()
}

// TestTeamRestartsOneByOne restarts every server in good order while clients that
// heed readiness send events: not one request may be lost.
func TestTeamRestartsOneByOne(t *testing.T) {
	d := newTeam(t, 2, 1)
	key := d.key("full", "*")
	ctx, cancel := context.WithCancel(t.Context())
	b := d.balancer(ctx, key)
	defer b.stopped.Wait()
	defer cancel()
	sent := d.send(key, b.pick)
	for _, s := range d.servers {
		s.end(syscall.SIGTERM)
		s.start()
		d.awaitReady()
	}
	if refused := sent.stop(); len(refused) > 0 {
		t.Errorf("%d requests were not answered, such as %v", len(refused), refused[0])
	}
	sent.check()
	d.settle()
	d.balance()
}
