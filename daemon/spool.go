package daemon

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"claude-mem/capture"
	"claude-mem/client"
	"claude-mem/hooks/spool"
	"claude-mem/internal/id"
	"claude-mem/memory"
)

const (
	// spoolPoll is how often the spool is looked into: one listing of a folder that
	// is nearly always empty.
	spoolPoll = 500 * time.Millisecond
	// spoolRetry is the wait after a failure, so that a full disk is not hammered.
	spoolRetry = 5 * time.Second
	// spoolStateFor bounds how often the spool is counted, which reads all of it.
	spoolStateFor = time.Second
)

// drainer takes in what hooks could not deliver, by the same function that
// serves their route.
type drainer struct {
	spool  *spool.Spool
	in     *capture.Capture
	caller memory.Caller
	log    *slog.Logger

	mu      sync.Mutex // guards what follows: the spool as counted last
	counted client.SpoolState
	at      time.Time
}

// newDrainer makes a drainer that acts for the team. It acts with no key: who may
// write into the user's own folder needs none, and none can be revoked meanwhile.
func newDrainer(dir string, in *capture.Capture, teamID string, log *slog.Logger) *drainer {
	caller := memory.Caller{Key: memory.APIKey{TeamID: teamID, ActorID: "system:spool"}}
	return &drainer{spool: spool.New(dir), in: in, caller: caller, log: log}
}

// run drains until ctx is done.
func (d *drainer) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		next := spoolPoll
		if err := d.drain(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("the spool cannot be taken in", "err", err)
			next = spoolRetry
		}
		timer.Reset(next)
	}
}

func (d *drainer) drain(ctx context.Context) error {
	caller := d.caller
	caller.RequestID = "spool-" + id.New()
	taken, err := d.spool.Drain(ctx, func(ctx context.Context, records []memory.HookRecord) ([]error, error) {
		rejected, err := d.in.HookBatch(ctx, caller, records)
		for i, reason := range rejected {
			if reason != nil {
				d.log.Warn("a spooled record is kept aside", "session", records[i].SessionID, "reason", reason)
			}
		}
		return rejected, err
	})
	if taken > 0 {
		d.log.Info("took in the spool", "records", taken, "requestId", caller.RequestID)
	}
	return err
}

// state tells what waits, at most spoolStateFor ago.
func (d *drainer) state() client.SpoolState {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.at) < spoolStateFor {
		return d.counted
	}
	st, err := d.spool.Stats()
	if err != nil {
		d.log.Error("the spool cannot be counted", "err", err)
	}
	d.counted = client.SpoolState{Files: st.Files, Bytes: st.Bytes, Refused: st.Refused, Rejected: st.Rejected}
	d.at = time.Now()
	return d.counted
}
