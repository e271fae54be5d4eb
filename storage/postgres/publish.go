package postgres

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"claude-mem/memory"
)

// publishFor bounds how long a transaction's messages may hold up its caller.
const publishFor = 2 * time.Second

// publisher hands the messages of committed transactions to the transport.
type publisher struct {
	publish func(ctx context.Context, msgs []memory.Message) error
	pool    *pgxpool.Pool
	log     *slog.Logger
	failing atomic.Bool // the last attempt failed, and that was logged
}

// send publishes. A failure harms nobody: the jobs are marked as not announced, so
// that OwedJobs finds them when it looks next. The caller may have gone meanwhile.
func (p *publisher) send(ctx context.Context, msgs []memory.Message) {
	if len(msgs) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishFor)
	defer cancel()
	if p.publish != nil {
		err := p.publish(ctx, msgs)
		if err == nil {
			if p.failing.CompareAndSwap(true, false) {
				p.log.Info("jobs are announced again")
			}
			return
		}
		// Once for each outage, not for each event.
		if p.failing.CompareAndSwap(false, true) {
			p.log.Warn("cannot announce jobs: the reconciler will", "error", err)
		}
	}
	p.unannounce(msgs)
}

// unannounce marks jobs as never announced. If that fails too they are found once
// their announcement is old enough to seem lost.
func (p *publisher) unannounce(msgs []memory.Message) {
	ctx, cancel := context.WithTimeout(context.Background(), publishFor)
	defer cancel()
	ids := make([]string, len(msgs))
	for i, m := range msgs {
		ids[i] = m.JobID
	}
	_, err := p.pool.Exec(ctx, `UPDATE observation_generation_jobs SET announced_at = 0
		WHERE id = ANY($1) AND status = 'queued' AND next_attempt_at IS NULL`, ids)
	if err != nil {
		p.log.Warn("cannot mark jobs as not announced", "error", convert(err), "jobs", len(ids))
	}
}
