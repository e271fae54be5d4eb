package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/testenv"
	"claude-mem/memory"
)

// tables counts the tables of a database that are not the server's own.
func tables(t *testing.T, url string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if err := conn.QueryRow(t.Context(), `SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// team is a deployment on an empty database and a Redis of its own.
type team struct {
	t     *testing.T
	redis *testenv.Redis
	url   string
}

func newTeam(t *testing.T) *team {
	t.Helper()
	return &team{t, testenv.StartRedis(t), testenv.SharedPostgres(t).Database(t, testenv.Template{})}
}

// settings are those of one more process of the deployment.
func (d *team) settings(more ...string) map[string]string {
	return settings(d.t, append([]string{
		config.ServerDatabaseURL, d.url, config.QueueEngine, "bullmq", config.RedisURL, d.redis.URL, config.ServerDrain, "0",
	}, more...)...)
}

// key makes the project /src/p and a key with all scopes.
func (d *team) key() string {
	d.t.Helper()
	_, err := CreateKey(d.t.Context(), load(d.t, d.settings()), KeyRequest{Name: "p", Scopes: []string{memory.ScopeAll}, Project: "/src/p"})
	if err != nil {
		d.t.Fatal(err)
	}
	key, err := CreateKey(d.t.Context(), load(d.t, d.settings()), KeyRequest{Name: "all", Scopes: []string{memory.ScopeAll}})
	if err != nil {
		d.t.Fatal(err)
	}
	return key.Secret
}

func with(r *running, key string) *client.Client {
	return client.New(r.URL(), key, client.Options{Transport: client.OneShot{}})
}

// What one server takes in, a worker elsewhere generates, and another server finds.
func TestTeam(t *testing.T) {
	d := newTeam(t)
	first := start(t, d.settings(config.GenerationDisabled, "1"))
	second := start(t, d.settings(config.GenerationDisabled, "1"))
	launch(t, NewWorker(load(t, d.settings()), Options{}))
	key := d.key()
	at := memory.Now()
	got, err := with(first, key).PutEvent(t.Context(), memory.EventInput{
		ProjectID: "/src/p", SourceType: "api", EventType: memory.EventToolUse, OccurredAt: &at, Payload: edit("s", "t", "a.go").Event.Payload,
	}, client.EventOptions{Wait: true})
	if err != nil || got.GenerationJob == nil || got.GenerationJob.Status != memory.JobCompleted {
		t.Fatalf("told %+v, %v", got, err)
	}
	found, err := with(second, key).Job(t.Context(), got.GenerationJob.ID)
	if err != nil || found.Status != memory.JobCompleted {
		t.Errorf("the other server finds %+v, %v", found, err)
	}
	alive, err := with(second, key).Healthz(t.Context())
	if err != nil || alive.Runtime != "server-beta" || alive.User != "" {
		t.Errorf("healthz %+v, %v", alive, err)
	}
	h, err := with(second, key).Health(t.Context())
	if err != nil || h.Status != "ok" || h.Queue.Engine != "bullmq" || h.Queue.Implementation != "redis" ||
		h.Queue.Redis == nil || h.Queue.Redis.Status != "ok" || h.Queue.Redis.Prefix != "claude-mem" || h.Storage.Driver != "postgres" || h.Spool != nil {
		t.Errorf("health %+v, %v", h, err)
	}
}

// Whoever waits for a job is woken by the process that did it.
func TestTeamHearsOfJobs(t *testing.T) {
	d := newTeam(t)
	server := start(t, d.settings(config.GenerationDisabled, "1"))
	launch(t, NewWorker(load(t, d.settings()), Options{}))
	other, err := chosen(load(t, d.settings())).open(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.close() }()
	ctx, cancel := context.WithCancel(t.Context())
	heard, stopped := make(chan string, 1000), make(chan struct{})
	go func() {
		defer close(stopped)
		other.listen(ctx, func(text string) {
			_, notice, _ := strings.Cut(text, " ") // after who tells it
			if n, ok := memory.ParseNotice(notice); ok && n.Kind == memory.NoticeJob {
				heard <- n.ID
			}
		})
	}()
	defer func() { cancel(); <-stopped }()
	c, told := with(server, d.key()), make(map[string]bool)
	eventually(t, "it hears of a job that a worker did", func() bool {
		at := memory.Now() // one more, as nothing tells since when it listens
		got, err := c.PutEvent(t.Context(), memory.EventInput{
			ProjectID: "/src/p", SourceType: "api", EventType: "x", SourceEventID: fmt.Sprint(len(told)), OccurredAt: &at,
		}, client.EventOptions{Wait: true})
		if err != nil {
			t.Fatal(err)
		}
		told[got.GenerationJob.ID] = true
		select {
		case id := <-heard:
			return told[id]
		default:
			return false
		}
	})
}

// The first key makes all that there has to be before anything can be taken in.
func TestFirstKeyOfATeam(t *testing.T) {
	d := newTeam(t)
	cfg := load(t, d.settings())
	if keys, err := Keys(t.Context(), cfg, ""); err != nil || len(keys) != 0 {
		t.Errorf("keys of an empty database: %v, %v", keys, err)
	}
	wide, err := CreateKey(t.Context(), cfg, KeyRequest{Name: "hooks", Scopes: []string{memory.ScopeEventsWrite}})
	if err != nil || wide.ProjectID != "" || wide.Project.Name != memory.LocalProject || wide.Project.TeamID != wide.TeamID {
		t.Fatalf("made %+v, %v", wide, err)
	}
	bound, err := CreateKey(t.Context(), cfg, KeyRequest{Name: "api", Scopes: []string{memory.ScopeAll}, Team: "payments", Project: "api"})
	if err != nil || string(bound.ProjectID) != bound.Project.ID || bound.Project.Name != "api" || bound.TeamID == wide.TeamID {
		t.Fatalf("made %+v, %v", bound, err)
	}
	for _, team := range []string{"payments", bound.TeamID} {
		keys, err := Keys(t.Context(), cfg, team)
		if err != nil || len(keys) != 1 || keys[0].ID != bound.ID {
			t.Errorf("keys of team %s: %+v, %v", team, keys, err)
		}
	}
	at, r := memory.Now(), start(t, d.settings(config.GenerationDisabled, "1"))
	_, err = with(r, wide.Secret).PutEvent(t.Context(), memory.EventInput{
		ProjectID: wide.Project.ID, SourceType: "api", EventType: "x", OccurredAt: &at,
	}, client.EventOptions{})
	if err != nil {
		t.Errorf("the first event: %v", err)
	}
	if _, err := RevokeKey(t.Context(), cfg, "payments", bound.ID); err != nil {
		t.Error(err)
	}
	if _, err := with(r, bound.Secret).Projects(t.Context()); !errors.Is(err, memory.ErrForbidden) {
		t.Errorf("a revoked key: %v", err)
	}
}

// health is what the server says, with its reasons as one text.
func (r *running) health() (h client.Health, reasons string) {
	r.t.Helper()
	h, err := with(r, "").Health(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return h, strings.Join(h.Reasons, "; ")
}

func TestTeamHealth(t *testing.T) {
	d := newTeam(t)
	server := start(t, d.settings(config.GenerationDisabled, "1"))
	if h, reasons := server.health(); h.Status != "degraded" || !strings.HasPrefix(reasons, "no worker is alive") {
		t.Errorf("without a worker: %s, %q", h.Status, reasons)
	}
	worker := launch(t, NewWorker(load(t, d.settings()), Options{}))
	eventually(t, "a worker is alive", func() bool {
		h, _ := server.health()
		return h.Status == "ok" && len(h.Workers) == 1 && h.Workers[0].PID == os.Getpid()
	})
	d.redis.Kill(t)
	eventually(t, "it says that Redis is away", func() bool {
		h, reasons := server.health()
		return h.Status == "degraded" && h.Queue.Redis.Status == "error" && reasons == redisAway
	})
	info, err := with(server, "").Info(t.Context())
	if err != nil || info.Boundaries["queueManager"].Status != "errored" || info.Boundaries["generationWorkerManager"].Status != "disabled" || !info.Postgres.Initialized {
		t.Errorf("info %+v, %v", info, err)
	}
	d.redis.Start(t)
	eventually(t, "it says that Redis is back", func() bool {
		h, _ := server.health()
		return h.Status == "ok"
	})
	worker.end()
	eventually(t, "the worker has left", func() bool {
		h, reasons := server.health()
		return h.Status == "degraded" && strings.HasPrefix(reasons, "no worker is alive") && len(h.Workers) == 0
	})
}

// A team's processes are found by the settings of others, not by files.
func TestTeamKeepsNothingOnDisk(t *testing.T) {
	d := newTeam(t)
	s := d.settings()
	r := start(t, s)
	if files, err := os.ReadDir(s[config.DataDir]); err != nil || len(files) != 0 {
		t.Errorf("files %v, %v", files, err)
	}
	err := New(load(t, s), Options{}).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "choose another port") {
		t.Errorf("a second one on its port: %v", err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URL()+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "memory.example.org"
	resp, err := http.DefaultTransport.(*http.Transport).Clone().RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("under a name of its network: %v, %v", resp, err)
	}
	_ = resp.Body.Close()
}

// Told to stop, a server says so before it turns anybody away.
func TestTeamDrains(t *testing.T) {
	d := newTeam(t)
	server, drained := New(load(t, d.settings()), Options{}), make(chan struct{})
	server.drain = func(context.Context) { <-drained }
	r := launch(t, server)
	c := with(r, d.key())
	r.stop()
	eventually(t, "it is not ready any more", func() bool {
		_, err := c.Readiness(t.Context())
		return err != nil
	})
	if _, err := c.Projects(t.Context()); err != nil {
		t.Errorf("a request while it drains: %v", err)
	}
	resp, err := (&http.Transport{}).RoundTrip(mustGet(t, r.URL()+"/healthz"))
	if err != nil || !resp.Close {
		t.Fatalf("the connection is kept: %v, %v", resp, err)
	}
	_ = resp.Body.Close()
	close(drained)
}

func mustGet(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}
