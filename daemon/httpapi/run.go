package httpapi

import (
	"context"
	"time"
)

// flushEvery is how long what is counted and audited on the side waits at most until
// it is written.
const flushEvery = time.Second

// wake tells Run that there is something to write.
func (a *API) wake() {
	select {
	case a.dirty <- struct{}{}:
	default:
	}
}

// Run writes, about every second while there is anything, what requests leave to be
// written later: audit entries of reads, and counts. It ends with ctx; what comes
// after that is for [API.Flush]. Without Run nothing is lost either, but written late.
func (a *API) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.dirty:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(flushEvery):
		}
		a.Flush(ctx)
	}
}

// Flush writes what waits, now. Before the store is closed somebody has to call it,
// when no request is under way any more.
func (a *API) Flush(ctx context.Context) {
	a.writeReads(ctx)
	a.flushMeter(ctx)
}

func (a *API) flushMeter(ctx context.Context) {
	if err := a.meter.flush(context.WithoutCancel(ctx)); err != nil {
		a.Log.ErrorContext(ctx, "requests are not counted yet", "err", err)
	}
}
