package postgres

import (
	"context"
	"testing"
	"time"
)

func TestNotifyReachesOtherProcesses(t *testing.T) {
	worker := open(t, Options{})
	server, err := Open(t.Context(), worker.pool.Config().ConnString(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended, stopped := make(chan string, 1000), make(chan struct{})
	go func() {
		defer close(stopped)
		server.Listen(ctx, func(jobID string) { ended <- jobID })
	}()
	// hear notifies until it is heard: nothing tells when the other listens.
	hear := func(id string) {
		t.Helper()
		deadline := time.After(time.Minute)
		again := time.NewTicker(10 * time.Millisecond)
		defer again.Stop()
		for {
			worker.Notify(id)
			select {
			case got := <-ended:
				if got == id {
					return
				}
			case <-again.C:
			case <-deadline:
				t.Fatalf("nobody heard of %s", id)
			}
		}
	}
	hear("first")
	_, err = worker.pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND query LIKE 'LISTEN%'`)
	if err != nil {
		t.Fatal(err)
	}
	hear("after the connection was lost")
	cancel()
	<-stopped
}

func TestNotifyNeverWaits(t *testing.T) {
	s := open(t, Options{})
	s.notifier.close() // nobody takes them any more
	for range maxUnsent + 10 {
		s.Notify("job")
	}
	if n := len(s.notifier.unsent); n != maxUnsent {
		t.Errorf("%d wait", n)
	}
}
