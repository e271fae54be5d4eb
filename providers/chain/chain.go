// Package chain makes one provider of several: when one is down, rate-limited, out
// of quota or refuses the key, the next one serves, and the observation records
// which did.
//
// Each member has a circuit breaker, so that one that is down is not asked for
// every job: after three failures in a row, or one refusal of the key or for want
// of quota, it is left out for a while, and then tried with one job.
//
// A member that says how long it wants to be left alone is left alone so long, and a
// member that hangs takes the others none of their time: each has a deadline of its own.
//
// What a failure of all members means is the mildest of what each said: as long as
// one of them may come back by itself the job is tried again later, and only when
// all refuse everybody is it an auth or quota failure, which pauses the lane.
package chain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
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
	// maxAway bounds for how long a member may ask to be left alone: whoever mends what
	// it lacks should not have to wait until the day is over.
	maxAway = 10 * time.Minute
)

// Chain is a provider made of others. It is safe for concurrent use.
type Chain struct {
	members []*member
}

// member is a provider with its breaker.
type member struct {
	providers.Provider
	breaker *gobreaker.CircuitBreaker[providers.Response]
	limit   time.Duration // of one call

	mu    sync.Mutex
	last  *providers.Error // the last failure that the breaker counted
	until time.Time        // when it wants to be asked again
}

// New makes a chain of the members, the preferred one first. A call of one of them
// may take as long as limit, and a call of the chain so long for each member.
func New(limit time.Duration, members ...providers.Provider) *Chain {
	return newChain(limit, openFor, members)
}

func newChain(limit, open time.Duration, members []providers.Provider) *Chain {
	c := &Chain{}
	for _, p := range members {
		m := &member{Provider: p, limit: limit}
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

// Free implements [providers.Free]: the members that cost nothing, in their order.
// They are the same members, so that one left out here is left out there.
func (c *Chain) Free() (part providers.Provider, whole bool) {
	free := &Chain{}
	for _, m := range c.members {
		if _, whole := providers.FreePart(m.Provider); whole {
			free.members = append(free.members, m)
		}
	}
	if len(free.members) == 0 {
		return nil, false
	}
	return free, len(free.members) == len(c.members)
}

// Next implements [providers.Foresight]: the first member that costs and is not left out.
func (c *Chain) Next() (provider, model string) {
	for _, m := range c.members {
		if _, free := providers.FreePart(m.Provider); !free && m.away() == 0 && m.breaker.State() != gobreaker.StateOpen {
			return providers.Next(m.Provider)
		}
	}
	return c.Name(), ""
}

// Generate asks the members in turn until one answers. An answer that was not
// understood goes back to be corrected by the same member; the second time, the
// next one is asked. Whatever was paid for is in the Response, also with an error.
func (c *Chain) Generate(ctx context.Context, r providers.Request) (out providers.Response, err error) {
	var earlier []providers.Cost
	var failed []*providers.Error
	for _, m := range c.members {
		out, err = m.ask(ctx, r)
		paid := costs(out)
		out.Earlier = append(earlier[:len(earlier):len(earlier)], out.Earlier...)
		if err == nil {
			return out, nil
		}
		e := classified(err)
		if ctx.Err() != nil || e.Class == providers.ParseError && r.Correction == "" {
			return out, e
		}
		failed = append(failed, e)
		earlier = append(out.Earlier, paid...)
	}
	return out, mildest(failed)
}

// costs is what a call cost that did not serve, if there was one.
func costs(r providers.Response) []providers.Cost {
	if r.Unasked {
		return nil
	}
	return []providers.Cost{{Provider: r.Provider, Model: r.Model, InputTokens: r.InputTokens, OutputTokens: r.OutputTokens}}
}

// ask asks a member, unless it is left out now.
func (m *member) ask(ctx context.Context, r providers.Request) (providers.Response, error) {
	// What was paid for counts with an error as well, which a breaker would drop.
	got := providers.Response{Provider: m.Name(), Unasked: true}
	if m.away() > 0 {
		return got, m.leftOut()
	}
	_, err := m.breaker.Execute(func() (providers.Response, error) {
		ctx, cancel := context.WithTimeout(ctx, m.limit)
		defer cancel()
		var err error
		got, err = m.Generate(ctx, r)
		got.Provider = cmp.Or(got.Provider, m.Name())
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
	return &providers.Error{Class: e.Class, RetryAfter: m.away(), Err: fmt.Errorf("%s is left out for a while since it said: %w", m.Name(), e.Err)}
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
	m.last, m.until = e, time.Now().Add(min(e.RetryAfter, maxAway))
}

// away is for how long yet the member wants to be left alone.
func (m *member) away() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return max(time.Until(m.until), 0)
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

// severity orders the classes by how much has to happen until a job can go on. A
// request that one member finds fault with is never worth a pause, though the others
// refuse everybody: it would be sent again for ever, and the lane wait for it.
func severity(c providers.Class) int {
	order := []providers.Class{
		providers.Transient, providers.Overloaded, providers.RateLimit,
		providers.ParseError, providers.BadRequest,
		providers.Quota, providers.Auth,
	}
	return slices.Index(order, c)
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
		state := m.breaker.State()
		if m.away() > 0 {
			state = gobreaker.StateOpen
		}
		out[i] = State{Name: m.Name(), State: state.String()}
		if e := m.failure(); e != nil && state != gobreaker.StateClosed {
			out[i].Failure = e.Error()
		}
	}
	return out
}
