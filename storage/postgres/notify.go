package postgres

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// channel is where processes tell each other of jobs that ended.
	channel = "claude_mem_jobs"
	// maxUnsent is how many notifications wait at most; more are dropped.
	maxUnsent = 1024
	// listenAgain is the pause before a lost connection is made anew.
	listenAgain = time.Second
)

// notifier sends notifications, as many as wait in one statement. They are not
// part of any transaction: NOTIFY makes those that use it commit one at a time.
type notifier struct {
	pool   *pgxpool.Pool
	log    *slog.Logger
	unsent chan string
	stop   context.CancelFunc
	done   sync.WaitGroup
}

func startNotifier(pool *pgxpool.Pool, log *slog.Logger) *notifier {
	ctx, stop := context.WithCancel(context.Background())
	n := &notifier{pool: pool, log: log, unsent: make(chan string, maxUnsent), stop: stop}
	n.done.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case id := <-n.unsent:
				n.send(ctx, n.gather(id))
			}
		}
	})
	return n
}

// gather takes what waits besides first.
func (n *notifier) gather(first string) []string {
	ids := []string{first}
	for len(ids) < maxUnsent {
		select {
		case id := <-n.unsent:
			ids = append(ids, id)
		default:
			return ids
		}
	}
	return ids
}

func (n *notifier) send(ctx context.Context, ids []string) {
	_, err := n.pool.Exec(ctx, `SELECT pg_notify($1, id) FROM unnest($2::text[]) id`, channel, ids)
	if err != nil && ctx.Err() == nil {
		// Whoever waits for the jobs will look for themselves before long.
		n.log.Debug("cannot tell that jobs ended", "error", convert(err), "jobs", len(ids))
	}
}

// close drops what is unsent and ends the goroutine.
func (n *notifier) close() {
	n.stop()
	n.done.Wait()
}

// Notify tells whoever is in [Store.Listen], in any process, that a job ended. It
// does not wait, and it may be lost: who depends on it has to look now and then.
func (s *Store) Notify(jobID string) {
	select {
	case s.notifier.unsent <- jobID:
	default:
	}
}

// Listen calls ended with the id of each job that some process notifies of, until
// ctx ends. It keeps a connection of its own and makes it anew when it is lost.
func (s *Store) Listen(ctx context.Context, ended func(jobID string)) {
	for {
		err := s.listen(ctx, ended)
		if ctx.Err() != nil {
			return
		}
		s.notifier.log.Debug("the connection that tells of ended jobs is lost", "error", convert(err))
		select {
		case <-ctx.Done():
			return
		case <-time.After(listenAgain):
		}
	}
}

// listen listens on one connection.
func (s *Store) listen(ctx context.Context, ended func(jobID string)) error {
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		ended(n.Payload)
	}
}
