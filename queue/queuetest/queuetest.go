// Package queuetest is the suite that every engine of [queue.Queue] passes, and
// the benchmarks by which they compare. An engine's test is a [Backend] and a
// call of [Run].
//
// What the contract leaves open the suite does not ask for: the order of
// messages, and how often more than once one is delivered.
package queuetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"claude-mem/memory"
	"claude-mem/queue"
)

// Backend is where the messages of one test live, empty at first. Its visibility
// time-out should be a fraction of a second, for the suite's patience has an end.
type Backend interface {
	// Open returns one more client of the backend, as another process would have it.
	// The test closes it.
	Open(t testing.TB) queue.Queue
	// Kill cuts a client off from the backend for good, as if its process had died:
	// whatever it tries fails.
	Kill(q queue.Queue)
}

// patience is how long the suite waits for what must happen.
const patience = time.Minute

// Run tests an engine. open makes a new backend and registers its clean-up with t.
func Run(t *testing.T, open func(t testing.TB) Backend) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, Backend)
	}{
		{"DeliversWhatWasSent", deliversWhatWasSent},
		{"RefusesWhatNamesNoJob", refusesWhatNamesNoJob},
		{"DropsSecondWhileFirstWaits", dropsSecondWhileFirstWaits},
		{"TakesSameIDAfterAck", takesSameIDAfterAck},
		{"KeepsLanesApart", keepsLanesApart},
		{"BoundsWorkers", boundsWorkers},
		{"WakesIdleConsumer", wakesIdleConsumer},
		{"RedeliversAfterError", redeliversAfterError},
		{"RedeliversAfterPanic", redeliversAfterPanic},
		{"RedeliversAfterCrash", redeliversAfterCrash},
		{"HidesWhatIsWorkedOn", hidesWhatIsWorkedOn},
		{"Removes", removes},
		{"Counts", counts},
		{"CountsStalled", countsStalled},
		{"StopsGracefully", stopsGracefully},
		{"StopsHard", stopsHard},
		{"HonoursCancellation", honoursCancellation},
		{"HandlesManyWithFewWorkers", handlesManyWithFewWorkers},
		{"SendersRaceConsumers", sendersRaceConsumers},
		{"Informs", informs},
	} {
		t.Run(c.name, func(t *testing.T) {
			// Registered first, so that it looks after everything else is closed.
			before := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, before) })
			c.run(t, open(t))
		})
	}
}

// message makes a valid message of a kind; the same n gives the same message.
func message(k memory.Kind, n int) memory.Message {
	j := memory.Job{
		ID: fmt.Sprintf("job-%s-%d", k, n), TeamID: "team", ProjectID: "project", Kind: k,
		SourceType: k.SourceType(), SourceID: fmt.Sprintf("source-%d", n), APIKeyID: "key",
		ActorID: "actor", SourceAdapter: "hook", RequestID: "request",
	}
	j.QueueID = memory.QueueID(j)
	return j.Message()
}

func event(n int) memory.Message { return message(memory.KindEvent, n) }

func events(n int) []memory.Message {
	msgs := make([]memory.Message, n)
	for i := range msgs {
		msgs[i] = event(i)
	}
	return msgs
}

// open opens a client that is closed with the test.
func open(t testing.TB, b Backend) queue.Queue {
	q := b.Open(t)
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return q
}

func enqueue(t testing.TB, q queue.Queue, msgs ...memory.Message) {
	t.Helper()
	if err := q.Enqueue(context.Background(), msgs...); err != nil {
		t.Fatalf("enqueue: %v", err)
	}
}

// consume runs a consumer in the background until the test ends or the returned
// function is called, which waits for it to return.
func consume(t testing.TB, q queue.Queue, lane memory.Lane, workers int, h queue.Handler) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- q.Consume(ctx, lane, workers, h) }()
	stop = sync.OnceFunc(func() {
		t.Helper()
		cancel()
		if err := await(t, ended, "Consume to return"); err != nil {
			t.Errorf("Consume: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// hold keeps a handler busy until the gate is closed, or else until the queue is:
// a test that fails must not hang.
func hold(ctx context.Context, gate <-chan struct{}) {
	select {
	case <-gate:
	case <-ctx.Done():
	}
}

// await receives one value, or fails the test when it does not come.
func await[T any](t testing.TB, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("waited %v for %s", patience, what)
	}
	return v
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", patience, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// countsOf returns how a lane stands.
func countsOf(t testing.TB, q queue.Queue, lane memory.Lane) queue.Counts {
	t.Helper()
	all, err := q.Counts(context.Background())
	if err != nil {
		t.Fatalf("counts: %v", err)
	}
	for i, name := range memory.Lanes() {
		if i >= len(all) || all[i].Lane != name {
			t.Fatalf("counts %+v are not in the order of the lanes", all)
		}
		if name == lane {
			return all[i]
		}
	}
	t.Fatalf("no lane %q", lane)
	return queue.Counts{}
}

// drained waits until a lane holds nothing: every message is acknowledged.
func drained(t testing.TB, q queue.Queue, lane memory.Lane) {
	t.Helper()
	eventually(t, "lane "+string(lane)+" to be empty", func() bool {
		return countsOf(t, q, lane) == queue.Counts{Lane: lane}
	})
}
