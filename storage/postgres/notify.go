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
	// channel is where processes tell each other of what changed.
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
			case text := <-n.unsent:
				n.send(ctx, n.gather(text))
			}
		}
	})
	return n
}

// gather takes what waits besides first.
func (n *notifier) gather(first string) []string {
	texts := []string{first}
	for len(texts) < maxUnsent {
		select {
		case text := <-n.unsent:
			texts = append(texts, text)
		default:
			return texts
		}
	}
	return texts
}

func (n *notifier) send(ctx context.Context, texts []string) {
	_, err := n.pool.Exec(ctx, `SELECT pg_notify($1, text) FROM unnest($2::text[]) AS text`, channel, texts)
	if err != nil && ctx.Err() == nil {
		// Whoever waits for the jobs will look for themselves before long.
		n.log.Debug("cannot tell other processes", "error", convert(err), "texts", len(texts))
	}
}

// close drops what is unsent and ends the goroutine.
func (n *notifier) close() {
	n.stop()
	n.done.Wait()
}

// Notify carries a text of at most 7,999 bytes to whoever is in [Store.Listen], in any
// process. It does not wait, and it may be lost: who depends on it has to look now and
// then.
func (s *Store) Notify(text string) {
	select {
	case s.notifier.unsent <- text:
	default:
	}
}

// Listen calls heard with each text that some process notifies of, until ctx ends. It
// keeps a connection of its own and makes it anew when it is lost.
func (s *Store) Listen(ctx context.Context, heard func(text string)) {
	for {
		err := s.listen(ctx, heard)
		if ctx.Err() != nil {
			return
		}
		s.notifier.log.Debug("the connection that tells of other processes is lost", "error", convert(err))
		select {
		case <-ctx.Done():
			return
		case <-time.After(listenAgain):
		}
	}
}

// listen listens on one connection.
func (s *Store) listen(ctx context.Context, heard func(text string)) error {
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
		heard(n.Payload)
	}
}
