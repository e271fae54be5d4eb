package generation

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"claude-mem/internal/privacy"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

const (
	firstBackoff  = 5 * time.Second
	maxBackoff    = 10 * time.Minute
	maxRetryAfter = time.Hour // of what a provider asks for
	maxReason     = 1000      // bytes of an error that are kept
)

// failure decides what an error means for the job.
func (a *attempt) failure(err error) ending {
	now := memory.Now()
	if over, ok := asOverBudget(err); ok {
		return ending{Outcome: storage.Outcome{
			Status: memory.JobQueued, LastError: memory.Opt(over.Error()), NextAttemptAt: over.Until, KeepAttempt: true, At: now,
		}}
	}
	e := classify(err)
	o := storage.Outcome{LastError: memory.Opt(reason(e)), At: now}
	switch e.Class {
	case providers.Auth, providers.Quota:
		pause := a.gate.refuse(e, string(o.LastError))
		a.log.Error("provider refuses, lane paused", "class", e.Class, "error", o.LastError, "until", pause.Until.Time())
		o.Status, o.KeepAttempt, o.NextAttemptAt = memory.JobQueued, true, pause.Until
	case providers.BadRequest, providers.ParseError:
		o.Status = memory.JobFailed
	default:
		if a.job.Attempts >= a.job.MaxAttempts {
			o.Status, o.LastError = memory.JobFailed, "attempts used up: "+o.LastError
			break
		}
		o.Status = memory.JobQueued
		o.NextAttemptAt = now.Add(max(backoff(a.job.Attempts), min(e.RetryAfter, maxRetryAfter)))
	}
	return ending{Outcome: o}
}

// classify finds the provider's own word for an error. What has none, a time-out
// or trouble with the store, is taken for transient.
func classify(err error) *providers.Error {
	if e, ok := errors.AsType[*providers.Error](err); ok {
		return e
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("the provider did not answer in time")
	}
	return &providers.Error{Class: providers.Transient, Err: err}
}

// reason is the error as it is kept on the job row: short, and without secrets,
// should a provider have repeated one.
func reason(err error) string { return privacy.Cut(privacy.Text(err.Error()), maxReason) }

// backoff is the wait after the n-th attempt: 5 s, 25 s, 125 s, at most 10 min,
// with up to a fifth on top, so that jobs that failed together come back apart.
func backoff(n int) time.Duration {
	d := firstBackoff
	for range n - 1 {
		d = min(d*5, maxBackoff)
	}
	return min(d+rand.N(d/5+1), maxBackoff)
}

// putBack gives the job to whoever comes next, as if it had not been tried.
func (a *attempt) putBack() ending {
	now := memory.Now()
	return ending{Outcome: storage.Outcome{Status: memory.JobQueued, KeepAttempt: true, NextAttemptAt: now, At: now}}
}

// clean removes what no database takes from text that a provider wrote.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}
