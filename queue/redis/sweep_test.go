package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hibiken/asynq"
	goredis "github.com/redis/go-redis/v9"

	"claude-mem/internal/testenv"
	"claude-mem/memory"
)

// A lease is dead when it stands still under the eyes of an observer for the
// visibility time, whatever the time it names.
func TestSightings(t *testing.T) {
	const visibility = 20 * time.Second
	type look struct {
		at     int // seconds
		leases map[string]float64
		dead   []string
	}
	for name, looks := range map[string][]look{
		"one that moves lives, even in another century": {
			{0, map[string]float64{"a": 5}, nil}, {5, map[string]float64{"a": 10}, nil},
			{10, map[string]float64{"a": 15}, nil}, {15, map[string]float64{"a": 20}, nil},
			{20, map[string]float64{"a": 25}, nil}, {25, map[string]float64{"a": 30}, nil},
		},
		"one that stands is dead, even if it ends in another": {
			{0, map[string]float64{"a": 9e9}, nil}, {10, map[string]float64{"a": 9e9}, nil},
			{19, map[string]float64{"a": 9e9}, nil}, {20, map[string]float64{"a": 9e9}, []string{"a"}},
		},
		"one that was handed on starts anew": {
			{0, map[string]float64{"a": 1}, nil}, {10, map[string]float64{}, nil},
			{15, map[string]float64{"a": 1}, nil}, {20, map[string]float64{"a": 1}, nil},
			{30, map[string]float64{"a": 1}, nil}, {35, map[string]float64{"a": 1}, []string{"a"}},
		},
		"one by one": {
			{0, map[string]float64{"a": 1, "b": 1}, nil}, {10, map[string]float64{"a": 1, "b": 2}, nil},
			{20, map[string]float64{"a": 1, "b": 2}, []string{"a"}}, {30, map[string]float64{"b": 2}, []string{"b"}},
		},
		"a long time without a look proves nothing": {
			{0, map[string]float64{"a": 1}, nil}, {60, map[string]float64{"a": 1}, nil},
			{70, map[string]float64{"a": 1}, nil}, {80, map[string]float64{"a": 1}, []string{"a"}},
		},
	} {
		var s sightings
		start := time.Now()
		for _, l := range looks {
			var leases []goredis.Z
			for id, end := range l.leases {
				leases = append(leases, goredis.Z{Member: id, Score: end})
			}
			var dead []string
			for _, z := range s.look(start.Add(time.Duration(l.at)*time.Second), visibility, leases) {
				dead = append(dead, z.Member.(string))
			}
			if diff := cmp.Diff(l.dead, dead); diff != "" {
				t.Errorf("%s: after %d s (-want +got):\n%s", name, l.at, diff)
			}
		}
	}
}

// aged makes what was seen look as if it had been seen for a while.
func aged(s *sightings, by time.Duration) {
	for id, l := range s.leases {
		l.since = l.since.Add(-by)
		s.leases[id] = l
	}
}

// lab is a lane with an observer, and asynq's own eyes on it.
type lab struct {
	*consumer
	tasks *asynq.Inspector
}

func newLab(t *testing.T) lab {
	t.Helper()
	q, err := Open(context.Background(), Options{URL: testenv.StartRedis(t).URL, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { q.Close() })
	name, err := q.lane(memory.LaneEvent)
	if err != nil {
		t.Fatal(err)
	}
	return lab{&consumer{q: q, lane: memory.LaneEvent, queue: name, client: q.client}, q.tasks}
}

// receive makes a message active without a worker, as asynq does for one that dies
// right after: its lease ends after leaseTime.
func (l lab) receive(t *testing.T, m memory.Message) {
	t.Helper()
	ctx := context.Background()
	if err := l.q.Enqueue(ctx, m); err != nil {
		t.Fatal(err)
	}
	started, gate := make(chan struct{}), make(chan struct{})
	srv := asynq.NewServerFromRedisClient(l.client, asynq.Config{
		Concurrency: 1, Queues: map[string]int{string(l.queue): 1}, TaskCheckInterval: time.Millisecond, LogLevel: asynq.FatalLevel,
	})
	if err := srv.Start(asynq.HandlerFunc(func(context.Context, *asynq.Task) error {
		close(started)
		<-gate
		return nil
	})); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		close(gate)
		srv.Shutdown()
	})
	<-started
}

// lease returns the end of a message's lease, 0 if there is none.
func (l lab) leaseEnd(t *testing.T, id string) float64 {
	t.Helper()
	end, err := l.client.ZScore(context.Background(), l.queue.lease(), id).Result()
	if err != nil && !errors.Is(err, goredis.Nil) {
		t.Fatal(err)
	}
	return end
}

func (l lab) sweepOnce(t *testing.T, s *sightings) {
	t.Helper()
	if err := l.sweep(context.Background(), s); err != nil {
		t.Fatal(err)
	}
}

// TestLayout holds this package's knowledge of asynq's keys against asynq.
func TestLayout(t *testing.T) {
	l := newLab(t)
	m := wholeMessage()
	l.receive(t, m)
	left := time.Until(time.Unix(int64(l.leaseEnd(t, m.ID)), 0))
	if left > leaseTime || left < leaseTime-minVisibility/2 {
		t.Errorf("a fresh lease ends in %v, not %v: stalled messages would be counted wrongly", left, leaseTime)
	}
	states, err := l.q.states(context.Background(), announcement{queue: l.queue, id: m.ID})
	if err != nil || states[0] != stateActive {
		t.Errorf("states %q: %v", states, err)
	}

	var s sightings
	l.sweepOnce(t, &s)
	l.sweepOnce(t, &s)
	info := taskInfo(t, l, m.ID)
	if info.State != asynq.TaskStateActive {
		t.Fatalf("a fresh lease was taken: %v", info.State)
	}
	aged(&s, l.q.o.Visibility)
	l.sweepOnce(t, &s)
	if info = taskInfo(t, l, m.ID); info.State != asynq.TaskStatePending || info.Queue != string(l.queue) {
		t.Errorf("taken back, asynq sees %+v", info)
	}
	stats, err := l.tasks.GetQueueInfo(string(l.queue))
	if err != nil || stats.Pending != 1 || stats.Active != 0 || stats.Size != 1 {
		t.Errorf("taken back, asynq counts %+v: %v", stats, err)
	}
	if end := l.leaseEnd(t, m.ID); end != 0 {
		t.Errorf("the lease is still there: %v", end)
	}
	if states, err = l.q.states(context.Background(), announcement{queue: l.queue, id: m.ID}); err != nil || states[0] != statePending {
		t.Errorf("states %q: %v", states, err)
	}
}

// A message that we place must be to asynq what it would have placed itself.
func TestPlacedAsAsynqDoes(t *testing.T) {
	l := newLab(t)
	ctx := context.Background()
	body, err := encode(wholeMessage())
	if err != nil {
		t.Fatal(err)
	}
	a := announcement{l.queue, wholeMessage().ID, body}
	task := l.queue.task(a.id)
	if err := l.q.place(ctx, a, make([]string, copies)); err != nil {
		t.Fatal(err)
	}
	want := l.client.HGetAll(ctx, task).Val()
	if err := l.client.FlushAll(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	known, err := l.q.placeNew(ctx, []announcement{a, a})
	if err != nil || len(known) != 1 || known[0].id != a.id || known[0].states[0] != statePending {
		t.Errorf("placed twice in one breath: %+v, %v", known, err)
	}
	got := l.client.HGetAll(ctx, task).Val()
	for _, fields := range []map[string]string{want, got} {
		if age := time.Since(time.Unix(0, parseInt(t, fields["pending_since"]))); age < 0 || age > time.Hour {
			t.Errorf("pending for %v", age)
		}
		delete(fields, "pending_since")
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 2 {
		t.Errorf("the task's fields (-asynq +ours):\n%s", diff)
	}
	if waiting := l.client.LRange(ctx, l.queue.key("pending"), 0, -1).Val(); !slices.Equal(waiting, []string{a.id}) {
		t.Errorf("pending: %q", waiting)
	}
	if queues, err := l.tasks.Queues(); err != nil || !slices.Equal(queues, []string{string(l.queue)}) {
		t.Errorf("asynq knows the queues %q, %v", queues, err)
	}
}

func parseInt(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func taskInfo(t *testing.T, l lab, id string) *asynq.TaskInfo {
	t.Helper()
	info, err := l.tasks.GetTaskInfo(string(l.queue), id)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// Between the look and the taking a worker may have moved its lease, or finished.
func TestSweepIsFenced(t *testing.T) {
	l := newLab(t)
	m := wholeMessage()
	l.receive(t, m)
	ctx := context.Background()
	end := l.leaseEnd(t, m.ID)
	keys := append(l.queue.keys("active", "lease", "pending"), l.queue.task(m.ID))
	for what, seen := range map[string]float64{"moved": end - 5, "never there": 0} {
		n, err := reviveScript().Run(ctx, l.client, keys, m.ID, int64(seen), 1).Int()
		if err != nil || n != 0 {
			t.Errorf("a lease that %s was taken: %d, %v", what, n, err)
		}
	}
	if info := taskInfo(t, l, m.ID); info.State != asynq.TaskStateActive {
		t.Errorf("the task is %v", info.State)
	}
}

// A sweep that fails forgets nothing it needs and takes nothing it should not.
func TestSweepFails(t *testing.T) {
	l := newLab(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var s sightings
	if err := l.sweep(ctx, &s); err == nil {
		t.Error("a sweep under a dead context succeeds")
	}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		states []string
		want   int
	}{
		{[]string{"", "", ""}, 0},
		{[]string{"active", "", ""}, 1},
		{[]string{"active", "active", "retry"}, 2},
		{[]string{"archived", "", ""}, 0},
		{[]string{"", "pending", ""}, -1},
		{[]string{"active", "active", "active"}, -1},
	} {
		if got := choose(c.states); got != c.want {
			t.Errorf("choose(%q) = %d, want %d", c.states, got, c.want)
		}
	}
	ids := map[string]bool{}
	for n := range copies {
		ids[taskID("x", n)] = true
	}
	if len(ids) != copies || !ids["x"] {
		t.Errorf("task ids %v", ids)
	}
}

func TestBackoff(t *testing.T) {
	for _, c := range []struct {
		n    int
		err  error
		want time.Duration
	}{
		{0, errHandler, time.Second},
		{3, errHandler, 8 * time.Second},
		{5, errHandler, maxBackoff},
		{100, errHandler, maxBackoff},
		{3, fmt.Errorf("%w: stop", errGivenUp), 0},
	} {
		if got := backoff(time.Second, c.n, c.err); got != c.want {
			t.Errorf("after %d failures with %v: %v, want %v", c.n, c.err, got, c.want)
		}
	}
}
