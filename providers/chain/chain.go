// Package chain makes one provider of several: when one is down, rate-limited, out
// of quota or refuses the key, the next one serves, and the observation records
// which did.
//
// Each member has a circuit breaker, so that one that is down is not asked for
// every job: after three failures in a row, or one refusal of the key or for want
// of quota, it is left out for a while, and then tried with one job.
//
// What a failure of all members means is the mildest of what each said: as long as
// one of them may come back by itself the job is tried again later, and only when
// all refuse everybody is it an auth or quota failure, which pauses the lane.
package chain

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"claude-mem/providers"
)

const (
	// tripAfter is how many failures in a row leave a member out.
	tripAfter = 3
	// openFor is for how long.
	openFor = 30 * time.Second
)

// Chain is a provider made of others. It is safe for concurrent use.
type Chain struct {
	members []*member
}

// member is a provider with its breaker.
type member struct {
	providers.Provider
	breaker *gobreaker.CircuitBreaker[providers.Response]

	mu   sync.Mutex
	last *providers.Error // the last failure that the breaker counted
}

// New makes a chain of the members, the preferred one first.
func New(members ...providers.Provider) *Chain { return newChain(openFor, members) }

func newChain(open time.Duration, members []providers.Provider) *Chain {
	c := &Chain{}
	for _, p := range members {
		m := &member{Provider: p}
		m.breaker = gobreaker.NewCircuitBreaker[providers.Response](gobreaker.Settings{
			Name: p.Name(), Timeout: open,
			ReadyToTrip:  func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= tripAfter || refuses(m.failure()) },
			IsSuccessful: func(err error) bool { return !m.counts(err) },
			IsExcluded:   func(err error) bool { return errors.Is(err, context.Canceled) },
		})
		c.members = append(c.members, m)
	}
	return c
}

// Name lists the members' names, separated by commas.
func (c *Chain) Name() string {
	names := make([]string, len(c.members))
	for i, m := range c.members {
		names[i] = m.Name()
	}
	return strings.Join(names, ",")
}

// Generate asks the members in turn until one answers. An answer that was not
// understood goes back to be corrected by the same member; the second time, the
// next one is asked. Whatever was paid for is in the Response, also with an error.
func (c *Chain) Generate(ctx context.Context, r providers.Request) (out providers.Response, err error) {
	var earlier []providers.Cost
	var failed []*providers.Error
	for _, m := range c.members {
		got, err := m.ask(ctx, r)
		if err == nil {
			got.Earlier = append(earlier, got.Earlier...)
			return got, nil
		}
		e := classified(err)
		failed = append(failed, e)
		out = got
		if ctx.Err() != nil || e.Class == providers.ParseError && r.Correction == "" {
			break
		}
		earlier = append(earlier, costs(got)...)
	}
	if n := len(earlier); n > 0 && ctx.Err() == nil {
		// The last call's cost is the Response's own.
		if len(costs(out)) > 0 {
			n--
		}
		out.Earlier = append(earlier[:n:n], out.Earlier...)
	}
	return out, mildest(failed)
}

// costs is what a call cost that did not serve, if it cost anything.
func costs(r providers.Response) []providers.Cost {
	if r.InputTokens == 0 && r.OutputTokens == 0 {
		return nil
	}
	return []providers.Cost{{Provider: r.Provider, Model: r.Model, InputTokens: r.InputTokens, OutputTokens: r.OutputTokens}}
}

// ask asks a member, unless its breaker is open.
func (m *member) ask(ctx context.Context, r providers.Request) (providers.Response, error) {
	// What was paid for counts with an error as well, which a breaker would drop.
	var got providers.Response
	_, err := m.breaker.Execute(func() (providers.Response, error) {
		var err error
		got, err = m.Generate(ctx, r)
		if m.counts(err) {
			m.remember(classified(err))
		}
		return got, err
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		err = m.leftOut()
	}
	return got, err
}

// leftOut is why a member is not asked now.
func (m *member) leftOut() error {
	e := m.failure()
	if e == nil {
		return &providers.Error{Class: providers.Transient, Err: fmt.Errorf("%s is left out for a while", m.Name())}
	}
	return &providers.Error{Class: e.Class, RetryAfter: e.RetryAfter, Err: fmt.Errorf("left out for a while since it said: %w", e.Err)}
}

// counts reports whether a failure says something about the member, rather than
// about what it was asked.
func (m *member) counts(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	switch classified(err).Class {
	case providers.BadRequest, providers.ParseError:
		return false
	}
	return true
}

func (m *member) remember(e *providers.Error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = e
}

func (m *member) failure() *providers.Error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// refuses reports whether a failure is one that waiting for the next job does not mend.
func refuses(e *providers.Error) bool {
	return e != nil && (e.Class == providers.Auth || e.Class == providers.Quota)
}

func classified(err error) *providers.Error {
	if e, ok := errors.AsType[*providers.Error](err); ok {
		return e
	}
	return &providers.Error{Class: providers.Transient, Err: err}
}

// mildest is what the failures of all members together mean.
func mildest(failed []*providers.Error) error {
	if len(failed) == 0 {
		return &providers.Error{Class: providers.BadRequest, Err: errors.New("the chain has no members")}
	}
	best := failed[0]
	texts := make([]string, len(failed))
	for i, e := range failed {
		texts[i] = e.Err.Error()
		switch {
		case severity(e.Class) < severity(best.Class), severity(e.Class) == severity(best.Class) && e.RetryAfter < best.RetryAfter:
			best = e
		}
	}
	if len(failed) == 1 {
		return best
	}
	return &providers.Error{Class: best.Class, RetryAfter: best.RetryAfter, Err: errors.New(strings.Join(texts, "; "))}
}

// severity orders the classes by how much has to happen until a job can go on.
func severity(c providers.Class) int {
	switch c {
	case providers.Transient:
		return 0
	case providers.Overloaded:
		return 1
	case providers.RateLimit:
		return 2
	case providers.Quota:
		return 3
	case providers.Auth:
		return 4
	case providers.ParseError:
		return 5
	}
	return 6
}

// State is how a member of a chain fares.
type State struct {
	Name    string `json:"name"`
	State   string `json:"state"`             // closed: it is asked; open: it is left out; half-open: it is tried
	Failure string `json:"failure,omitempty"` // what it said last, unless it is asked
}

// States tells of every member in order.
func (c *Chain) States() []State {
	out := make([]State, len(c.members))
	for i, m := range c.members {
		out[i] = State{Name: m.Name(), State: m.breaker.State().String()}
		if e := m.failure(); e != nil && m.breaker.State() != gobreaker.StateClosed {
			out[i].Failure = e.Error()
		}
	}
	return out
}
