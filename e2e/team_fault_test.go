package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"claude-mem/client"
	"claude-mem/memory"
)

// senders is how many clients send at a time.
const senders = 4

// sending is a load of events on the servers of a team.
type sending struct {
	team *team
	key  madeKey
	end  context.CancelFunc
	done sync.WaitGroup

	mu      sync.Mutex // guards what follows
	acked   []string
	refused []error
}

// picker chooses the server for a request.
type picker func(n int) *client.Client

// turns is what a client does that knows nothing: it takes turns.
func (d *team) turns(key madeKey) picker {
	return func(n int) *client.Client { return d.servers[n%len(d.servers)].client(key.Key) }
}

// balancer is what stands before a team's servers: it looks now and then which are
// ready, sends to those, and keeps its connections.
type balancer struct {
	clients []*client.Client
	ready   []atomic.Bool
	stopped sync.WaitGroup
}

// probeEvery is how often the balancer looks. The servers go on serving for longer
// than that when they say that they are not ready any more.
const probeEvery = 100 * time.Millisecond

// balancer makes a balancer that looks until ctx ends.
func (d *team) balancer(ctx context.Context, key madeKey) *balancer {
	b := &balancer{ready: make([]atomic.Bool, len(d.servers))}
	for i, s := range d.servers {
		kept := http.DefaultTransport.(*http.Transport).Clone()
		b.clients = append(b.clients, client.New(s.url(), key.Key, client.Options{Transport: kept, Retries: -1}))
		b.ready[i].Store(true)
		b.stopped.Go(func() {
			defer kept.CloseIdleConnections()
			for tick := time.Tick(probeEvery); ; {
				select {
				case <-ctx.Done():
					return
				case <-tick:
					_, err := s.client("").Readiness(ctx)
					b.ready[i].Store(err == nil)
				}
			}
		})
	}
	return b
}

// pick implements picker.
func (b *balancer) pick(n int) *client.Client {
	for ; ; n++ {
		if i := n % len(b.clients); b.ready[i].Load() {
			return b.clients[i]
		}
	}
}

// send sends until it is stopped. What was not acknowledged is sent again, as hooks
// and any careful client do.
func (d *team) send(key madeKey, pick picker) *sending {
	ctx, cancel := context.WithCancel(d.t.Context())
	s := &sending{team: d, key: key, end: cancel}
	for i := range senders {
		s.done.Go(func() {
			for n := i; ctx.Err() == nil; n += senders {
				s.deliver(ctx, pick, fmt.Sprintf("sent-%d", n), n)
			}
		})
	}
	return s
}

// deliver sends one event until it is acknowledged.
func (s *sending) deliver(ctx context.Context, pick picker, source string, n int) {
	in := teamEvent(s.team.t, s.key.ProjectID, source, n)
	for try := n; ctx.Err() == nil; try++ {
		// A request is seen through: to be cut off by us says nothing of the server.
		_, err := pick(try).PutEvent(context.WithoutCancel(ctx), in, client.EventOptions{})
		s.mu.Lock()
		if err == nil {
			s.acked = append(s.acked, source)
		} else {
			s.refused = append(s.refused, err)
		}
		s.mu.Unlock()
		switch {
		case err == nil:
			return
		case !errors.Is(err, memory.ErrUnavailable):
			s.team.t.Errorf("an event is refused: %v", err)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// stop ends the load and returns what was not acknowledged at once.
func (s *sending) stop() []error {
	s.end()
	s.done.Wait()
	return s.refused
}

// check looks for everything that was acknowledged.
func (s *sending) check() {
	s.team.t.Helper()
	found := s.team.number(`SELECT COUNT(DISTINCT source_event_id) FROM agent_events WHERE source_event_id = ANY($1)`, s.acked)
	if found != len(s.acked) || found == 0 {
		s.team.t.Errorf("%d of %d events that were acknowledged are stored", found, len(s.acked))
	}
	s.team.t.Logf("%d events acknowledged, %d requests not", len(s.acked), len(s.refused))
}

// rounds is how often something is killed: few in every run, more on demand.
func rounds(t *testing.T, few int) int {
	t.Helper()
	s := os.Getenv("CLAUDE_MEM_FAULT_ROUNDS")
	if s == "" {
		return few
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("CLAUDE_MEM_FAULT_ROUNDS=%q: want a number of rounds", s)
	}
	return n
}

// TestTeamSurvivesKills kills servers, workers, Redis and Postgres again and again
// while events come in. Whatever was acknowledged must be stored once, and every
// observation that is owed must arrive once.
func TestTeamSurvivesKills(t *testing.T) {
	n := rounds(t, 10)
	d := newTeam(t, 2, 2)
	key := d.key("full", "*")
	sent := d.send(key, d.turns(key))
	random := rand.New(rand.NewPCG(3, uint64(n)))
	restart := func(p *process) {
		p.end(syscall.SIGKILL)
		p.start()
	}
	faults := []func(){
		func() { restart(d.servers[random.IntN(2)]) },
		func() { restart(d.workers[random.IntN(2)]) },
		func() { d.redis.Restart(t) },
		func() { d.redis.Flush(t) },
		func() { d.postgres.Kill(t); d.postgres.Start(t) },
	}
	for i := range n {
		time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
		faults[i%len(faults)]()
		d.revive()
	}
	sent.stop()
	d.awaitReady()
	d.settle()
	sent.check()
	d.balance()
}

// revive starts what found no database when it started, as a service manager does.
func (d *team) revive() {
	d.t.Helper()
	for _, p := range d.all() {
		select {
		case <-p.ended:
			p.start()
		default:
		}
	}
}

// TestTeamWithoutRedis has Redis go for some seconds (CLAUDE_MEM_FAULT_AWAY, such as
// 60s): events are taken in, the health says what is wrong, and when Redis is back,
// empty, every job is done within seconds.
func TestTeamWithoutRedis(t *testing.T) {
	t.Parallel()
	away := 3 * time.Second
	if s := os.Getenv("CLAUDE_MEM_FAULT_AWAY"); s != "" {
		var err error
		if away, err = time.ParseDuration(s); err != nil {
			t.Fatalf("CLAUDE_MEM_FAULT_AWAY: %v", err)
		}
	}
	d := newTeam(t, 1, 1)
	key := d.key("full", "*")
	sent := d.send(key, d.turns(key))
	d.redis.Kill(t)
	d.eventually("the server says that Redis is away", func() bool {
		h, err := d.servers[0].client("").Health(t.Context())
		return err == nil && h.Status == "degraded" && h.Queue.Redis.Status == "error"
	})
	time.Sleep(away)
	if refused := sent.stop(); len(refused) > 0 {
		t.Errorf("%d events were refused, such as %v", len(refused), refused[0])
	}
	d.redis.Start(t)
	d.awaitReady()
	d.settle()
	sent.check()
	d.balance()
}
