package generation

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

// finishTimeout bounds the last transaction of an attempt, which is not broken
// off when the worker stops: it is what stopping waits for.
const finishTimeout = 30 * time.Second

// errLeaseLost is why an attempt is broken off when its job was cancelled or taken
// over.
var errLeaseLost = errors.New("the lease is lost")

// run does the leased job and writes how it ended. Whether the job is still ours
// to end, the transaction decides that writes it.
func (a *attempt) run(ctx context.Context) error {
	held, release := a.keepLease(ctx)
	end, err := a.work(held)
	brokenOff := held.Err() != nil // by the worker's stop, the queue's close or the loss of the lease
	release()
	switch {
	case err != nil && brokenOff:
		end = a.putBack()
	case err != nil:
		end = a.failure(err)
	}
	return a.finish(ctx, end)
}

// work makes observations of the job's events, without writing any.
func (a *attempt) work(ctx context.Context) (ending, error) {
	if a.job.Kind == memory.KindReindex {
		return a.reindex(ctx)
	}
	in, err := a.load(ctx)
	if err != nil {
		return ending{}, err
	}
	if in.skip != "" {
		end := a.skipped(in.skip)
		end.unasked, end.results = int64(len(in.owed)), a.results(in, end)
		return end, nil
	}
	if a.ahead == nil {
		if err := a.reserve(ctx, a.estimate(in.Request)); err != nil {
			return ending{}, err
		}
	}
	resp, err := a.call(ctx, in.Request)
	if e, ok := errors.AsType[*providers.Error](err); ok && e.Class == providers.ParseError {
		a.log.WarnContext(ctx, "answer not understood, asking once more", "error", err)
		if err := a.reserve(ctx, a.estimate(in.Request)); err != nil {
			return ending{}, err
		}
		again := in.Request
		again.Correction = reason(e.Err)
		resp, err = a.call(ctx, again)
	}
	if err != nil {
		return ending{}, err
	}
	if a.gate.open() {
		a.log.InfoContext(ctx, "provider answers again, lane resumed")
	}
	return a.completed(in, resp), nil
}

// call asks the provider, under the deadline. A provider that panics has failed.
func (a *attempt) call(ctx context.Context, r providers.Request) (resp providers.Response, err error) {
	asked, began := ctx, time.Now()
	defer a.place.watch()()
	ctx, cancel := context.WithTimeout(ctx, a.CallTimeout)
	defer cancel()
	defer func() {
		if asked.Err() == nil { // else it was broken off, which tells nothing of the provider
			a.place.p.called(time.Since(began), err)
		}
	}()
	defer func() { a.bill(a.cutOff(ctx, r, resp, err)) }()
	defer func() {
		if p := recover(); p != nil {
			a.log.ErrorContext(ctx, "provider panicked", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("the provider panicked: %v", p)
		}
	}()
	return a.provider.Generate(ctx, r)
}

// keepLease renews the lease in the background until release is called. The
// returned context ends, with errLeaseLost, when the lease is gone, or when so
// long nothing was heard of the store that it must be.
func (a *attempt) keepLease(ctx context.Context) (held context.Context, release func()) {
	held, cancel := context.WithCancelCause(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(a.LeaseFor / 4)
		defer tick.Stop()
		until := a.job.LockedUntil
		for {
			select {
			case <-held.Done():
				return
			case <-tick.C:
			}
			next := memory.Now().Add(a.LeaseFor)
			err := a.Store.InTx(held, func(tx storage.Tx) error {
				return tx.ExtendLease(held, a.job.ID, a.owner, next)
			})
			switch {
			case err == nil:
				until = next
			case held.Err() != nil:
				return
			case errors.Is(err, memory.ErrConflict) || memory.Now() >= until:
				cancel(errLeaseLost)
				return
			default:
				a.log.WarnContext(ctx, "lease not renewed", "error", err)
			}
		}
	}()
	return held, func() {
		cancel(nil)
		<-stopped
	}
}
