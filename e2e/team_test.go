package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/testenv"
	"claude-mem/memory"
)

// teamWithin bounds everything that a test of the team waits for.
const teamWithin = 2 * time.Minute

// team is a deployment on this machine: processes of the real binary on a Postgres
// and a Redis of their own.
type team struct {
	t        *testing.T
	postgres *testenv.Postgres
	redis    *testenv.Redis
	database string
	home     string
	more     []string // settings of every process
	servers  []*process
	workers  []*process
}

// newTeam starts the given numbers of servers, which only serve, and of workers.
// More settings are added to each process's environment.
func newTeam(t *testing.T, servers, workers int, more ...string) *team {
	t.Helper()
	d := &team{t: t, redis: testenv.StartRedis(t), postgres: testenv.StartPostgres(t, testenv.PostgresOptions{}), home: t.TempDir(), more: more}
	d.database = d.postgres.Database(t, testenv.Template{})
	for range servers {
		port := config.ServerPort + "=" + strconv.Itoa(freePort(t))
		d.servers = append(d.servers, &process{team: d, args: []string{"server", "run"}, env: []string{port, config.GenerationDisabled + "=true"}})
	}
	for range workers {
		d.workers = append(d.workers, &process{team: d, args: []string{"server", "worker", "start"}})
	}
	for _, p := range d.all() {
		p.start()
	}
	d.awaitReady()
	return d
}

func (d *team) all() []*process {
	return append(d.servers[:len(d.servers):len(d.servers)], d.workers...)
}

// awaitReady waits until every server takes requests and all workers are known.
func (d *team) awaitReady() {
	d.t.Helper()
	for _, s := range d.servers {
		d.eventually("a server is well and knows the workers", func() bool {
			h, err := s.client("").Health(d.t.Context())
			return err == nil && h.Status == "ok" && len(h.Workers) >= len(d.workers)
		})
	}
}

func (d *team) eventually(what string, so func() bool) {
	d.t.Helper()
	deadline := time.Now().Add(teamWithin)
	for !so() {
		if time.Now().After(deadline) {
			for _, p := range d.all() {
				d.t.Logf("%v:\n%s", p.args, p.tail())
			}
			d.t.Fatalf("waited %s until %s", teamWithin, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// environ is what every process of the deployment is told.
func (d *team) environ() []string {
	return append([]string{
		"HOME=" + d.home, "PATH=" + os.Getenv("PATH"), config.DataDir + "=" + d.home,
		config.ServerDatabaseURL + "=" + d.database, config.QueueEngine + "=bullmq", config.RedisURL + "=" + d.redis.URL,
		config.ServerDrain + "=500ms",
	}, d.more...)
}

// madeKey is what `api-key create --json` prints.
type madeKey struct{ ID, Key, TeamID, ProjectID string }

// run runs a command of the deployment's console that must succeed.
func (d *team) run(args ...string) []byte {
	d.t.Helper()
	cmd := exec.CommandContext(d.t.Context(), binary, args...)
	cmd.Env, cmd.Dir = d.environ(), d.home
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		d.t.Fatalf("%v: %v\n%s%s", args, err, stdout.String(), stderr.String())
	}
	return stdout.Bytes()
}

func (d *team) key(name, scopes string) (k madeKey) {
	d.t.Helper()
	if err := json.Unmarshal(d.run("server", "api-key", "create", "--name", name, "--scope", scopes, "--json"), &k); err != nil {
		d.t.Fatal(err)
	}
	return k
}

// number reads one number from the database.
func (d *team) number(query string, args ...any) (n int) {
	d.t.Helper()
	conn, err := pgx.Connect(d.t.Context(), d.database)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(d.t.Context())) }()
	if err := conn.QueryRow(d.t.Context(), query, args...).Scan(&n); err != nil {
		d.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// settle waits until nothing is owed any more.
func (d *team) settle() {
	d.t.Helper()
	d.eventually("nothing is owed", func() bool {
		return d.number(`SELECT COUNT(*) FROM observation_generation_jobs WHERE status IN ('queued', 'processing')`) == 0
	})
}

// balance checks that the books close and that nothing was done twice.
func (d *team) balance() {
	d.t.Helper()
	for what, q := range map[string]string{
		"events that asked for an observation and have no job, or two": `SELECT COUNT(*) FROM agent_events e WHERE e.generate
			AND 1 <> (SELECT COUNT(*) FROM observation_generation_jobs j WHERE j.source_type = 'agent_event' AND j.source_id = e.id)`,
		"jobs that did not complete": `SELECT COUNT(*) FROM observation_generation_jobs WHERE status <> 'completed'`,
		"jobs that did not complete once": `SELECT COUNT(*) FROM observation_generation_jobs j WHERE 1 <> (
			SELECT COUNT(*) FROM audit_log a WHERE a.action = 'generation_job.completed' AND a.resource_id = j.id)`,
		"jobs that claim observations and have none": `SELECT COUNT(*) FROM observation_generation_jobs j
			WHERE j.result = 'observations' AND NOT EXISTS (SELECT 1 FROM observations o WHERE o.created_by_job = j.id)`,
		"jobs of one event with a second observation": `SELECT COUNT(*) FROM observation_generation_jobs j
			WHERE j.kind = 'event' AND 1 < (SELECT COUNT(*) FROM observations o WHERE o.created_by_job = j.id)`,
		"events that are stored twice": `SELECT COUNT(*) FROM (SELECT 1 FROM agent_events GROUP BY project_id, source_event_id HAVING COUNT(*) > 1) twice`,
	} {
		if n := d.number(q); n != 0 {
			d.t.Errorf("%d %s", n, what)
		}
	}
	if d.number(`SELECT COUNT(*) FROM observations`) == 0 {
		d.t.Error("no observation was made at all")
	}
}

// process is one server or worker; it may be ended and started any number of times.
type process struct {
	team  *team
	args  []string
	env   []string
	ended chan struct{} // closed when it has

	mu  sync.Mutex // guards what follows
	cmd *exec.Cmd
	log bytes.Buffer
}

// Write keeps the last of what the process logs.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.log.Len() > 1<<20 {
		p.log.Reset()
	}
	return p.log.Write(b)
}

func (p *process) tail() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := p.log.String()
	return text[max(0, len(text)-4000):]
}

func (p *process) start() {
	p.team.t.Helper()
	cmd := exec.Command(binary, p.args...)
	cmd.Env, cmd.Dir, cmd.Stderr = append(p.team.environ(), p.env...), p.team.home, p
	if err := cmd.Start(); err != nil {
		p.team.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // whoever waits for its end knows why
		close(ended)
	}()
	p.mu.Lock()
	p.cmd, p.ended = cmd, ended
	p.mu.Unlock()
	p.team.t.Cleanup(func() {
		_ = cmd.Process.Kill() // most often it has ended
		<-ended
	})
}

// signal sends a signal to a process that runs, or did a moment ago.
func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// end sends the signal and waits until the process is gone.
func (p *process) end(s syscall.Signal) {
	p.team.t.Helper()
	p.signal(s)
	select {
	case <-p.ended:
	case <-time.After(teamWithin):
		p.team.t.Fatalf("%v does not end", p.args)
	}
}

// url is where a server listens.
func (p *process) url() string {
	_, port, _ := bytes.Cut([]byte(p.env[0]), []byte("="))
	return "http://127.0.0.1:" + string(port)
}

// client asks this server, once.
func (p *process) client(key string) *client.Client {
	return client.New(p.url(), key, client.Options{Transport: client.OneShot{}, Retries: -1})
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// teamEvent is a tool call that is worth an observation.
func teamEvent(t *testing.T, project, source string, n int) memory.EventInput {
	t.Helper()
	payload, err := json.Marshal(editCall("/src/team", source, n))
	if err != nil {
		t.Fatal(err)
	}
	at := memory.Epoch(1795399000000 + n)
	return memory.EventInput{
		ProjectID: project, ContentSessionID: fmt.Sprintf("session-%d", n%7), SourceType: "api", SourceEventID: source,
		EventType: memory.EventToolUse, Payload: payload, OccurredAt: &at,
	}
}
