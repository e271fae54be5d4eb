package postgres

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/storage"
)

// Whoever tells an event tells it again until it is acknowledged, and the server
// crashes now and then. What was acknowledged is there, once, with its job.
func TestNothingAcknowledgedIsLostWhenTheServerCrashes(t *testing.T) {
	server := testenv.StartPostgres(t, testenv.PostgresOptions{Durable: true})
	s := openOn(t, server, Options{})
	scope := tenant(t, s)
	var acknowledged, failures atomic.Int64
	var stop atomic.Bool
	var tellers sync.WaitGroup
	for range 4 {
		tellers.Go(func() {
			for !stop.Load() {
				e := event(scope)
				for tell(t, s, e) != nil {
					if failures.Add(1); t.Context().Err() != nil {
						return
					}
				}
				acknowledged.Add(1)
			}
		})
	}
	const rounds = 3
	for range rounds {
		until(t, &acknowledged, acknowledged.Load()+200)
		server.Kill(t)
		until(t, &failures, failures.Load()+1)
		server.Start(t)
	}
	until(t, &acknowledged, acknowledged.Load()+200)
	stop.Store(true)
	tellers.Wait()
	books, err := s.Books(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	if n := acknowledged.Load(); books.EventsAsked != n || books.Queued != n || !books.Closed() {
		t.Errorf("%d acknowledged, but the books say %+v", n, books)
	}
}

// tell stores an event that may be stored already, with its job.
func tell(t *testing.T, s *Store, e memory.Event) error {
	return s.InTx(t.Context(), func(tx storage.Tx) error {
		e, created, err := tx.PutEvent(t.Context(), e)
		if err != nil || !created {
			return err
		}
		_, _, err = tx.PutJob(t.Context(), job(e))
		return err
	})
}

// until waits until the number is reached.
func until(t *testing.T, n *atomic.Int64, reached int64) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for n.Load() < reached {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d", n.Load(), reached)
		}
		time.Sleep(time.Millisecond)
	}
}
