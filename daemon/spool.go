package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

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

// maxTries is how often a batch may fail for no reason that passes by itself before
// the records that spoil it are set aside.
const maxTries = 5

// intake is what takes records in: [capture.Capture].
type intake interface {
	HookBatch(ctx context.Context, caller memory.Caller, rs []memory.HookRecord) (rejected []error, err error)
}

// drainer takes in what hooks could not deliver, by the same function that
// serves their route.
type drainer struct {
	spool  *spool.Spool
	in     intake
	caller memory.Caller
	log    *slog.Logger
	tries  int          // that failed in a row; of the goroutine that drains
	fault  func() error // why the database cannot be written to; nil if it can

	mu      sync.Mutex // guards what follows: the spool as counted last
	counted client.SpoolState
	at      time.Time
}

// newDrainer makes a drainer that acts for the team. It acts with no key: who may
// write into the user's own folder needs none, and none can be revoked meanwhile.
// fault tells of what is wrong with the database rather than with a record.
func newDrainer(dir, teamID string, in intake, fault func() error, log *slog.Logger) *drainer {
	caller := memory.Caller{Key: memory.APIKey{TeamID: teamID, ActorID: "system:spool"}}
	return &drainer{spool: spool.New(dir), in: in, caller: caller, log: log, fault: fault}
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
		rejected, err := d.take(ctx, caller, records)
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

// take hands records over. When it failed too often, each goes alone, so that one
// which breaks something of ours does not keep the others out for ever.
func (d *drainer) take(ctx context.Context, caller memory.Caller, records []memory.HookRecord) (rejected []error, err error) {
	rejected, err = d.in.HookBatch(ctx, caller, records)
	switch {
	case err == nil:
		d.tries = 0
		return rejected, nil
	case !d.ofRecord(ctx, err):
		return nil, err
	}
	if d.tries++; d.tries < maxTries {
		return nil, err
	}
	rejected = make([]error, len(records))
	for i := range records {
		one, err := d.in.HookBatch(ctx, caller, records[i:i+1])
		switch {
		case err == nil:
			rejected[i] = one[0]
		case d.ofRecord(ctx, err):
			rejected[i] = fmt.Errorf("failed %d times: %w", d.tries, err)
		default:
			return nil, err
		}
	}
	d.tries = 0
	return rejected, nil
}

// ofRecord reports whether a failure may be the record's own doing, as one of the
// database or of the time is not.
func (d *drainer) ofRecord(ctx context.Context, err error) bool {
	return ctx.Err() == nil && d.fault() == nil && !errors.Is(err, memory.ErrUnavailable)
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
