package daemon

import (
	"context"
	"os"
	"time"

	"claude-mem/internal/id"
	"claude-mem/internal/version"
	"claude-mem/memory"
	"claude-mem/storage"
)

const (
	// beatEvery is how often a worker of a team gives a sign of life.
	beatEvery = 5 * time.Second
	// aliveFor is how long it counts as alive after one: three may be lost.
	aliveFor = 20 * time.Second
	// lastBeatWithin bounds how long a worker that stops tries to say so.
	lastBeatWithin = 2 * time.Second
)

// newSelf describes this process as a worker.
func newSelf() memory.Worker {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return memory.Worker{ID: id.New(), Host: host, PID: os.Getpid(), Version: version.String(), StartedAt: memory.Now()}
}

// asWorker describes this process as the worker that it is now.
func (p *parts) asWorker() memory.Worker {
	w := p.self
	for _, pause := range p.worker.Pauses() {
		w.Paused = append(w.Paused, memory.LanePause{Lane: pause.Lane, Class: string(pause.Class), Since: pause.Since})
	}
	if held := p.worker.Holds(); len(held) > 0 {
		pause := memory.LanePause{Class: memory.PauseBudget, Projects: len(held), Since: memory.Now()}
		for _, h := range held {
			if h.Call > 0 {
				pause.Reason = h.Reason()
			}
		}
		w.Paused = append(w.Paused, pause)
	}
	return w
}

// beat tells the servers of a team that this process generates, until ctx is done,
// and then that it does not any more. A person's own daemon tells nobody: who asks,
// asks that very process.
func (p *parts) beat(ctx context.Context) {
	if p.worker == nil || !p.team {
		return
	}
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for silent := false; ; {
		err := p.store.InTx(ctx, func(tx storage.Tx) error { return tx.PutWorker(ctx, p.asWorker()) })
		switch {
		case ctx.Err() != nil: // that is why
		case err != nil && !silent:
			p.log.Warn("cannot tell the servers that this worker lives", "err", err)
		case err == nil && silent:
			p.log.Info("the servers know again that this worker lives")
		}
		silent = err != nil
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.leave(context.WithoutCancel(ctx))
			return
		}
	}
}

// leave takes this worker off the record. If that fails, it ages off.
func (p *parts) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastBeatWithin)
	defer cancel()
	if err := p.store.InTx(ctx, func(tx storage.Tx) error { return tx.RemoveWorker(ctx, p.self.ID) }); err != nil {
		p.log.Debug("cannot tell the servers that this worker stops", "err", err)
	}
}

// workers lists who generates now.
func (p *parts) workers(ctx context.Context) ([]memory.Worker, error) {
	if p.team {
		return p.store.Workers(ctx, aliveFor)
	}
	if p.worker == nil {
		return nil, nil
	}
	return []memory.Worker{p.asWorker()}, nil
}
