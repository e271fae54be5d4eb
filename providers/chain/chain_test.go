package chain

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/providers/local"
)

// scripted answers as it is told, the last answer again and again.
type scripted struct {
	name string
	mu   sync.Mutex
	errs []error
	n    int
}

func (s *scripted) Name() string { return s.name }

func (s *scripted) Generate(context.Context, providers.Request) (providers.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.errs[min(s.n, len(s.errs)-1)]
	s.n++
	return providers.Response{Provider: s.name, Model: "m", InputTokens: 10}, err
}

func says(name string, errs ...error) *scripted { return &scripted{name: name, errs: errs} }

func fails(c providers.Class) error { return &providers.Error{Class: c, Err: errors.New(string(c))} }

func classOf(err error) providers.Class {
	if e, ok := errors.AsType[*providers.Error](err); ok {
		return e.Class
	}
	return ""
}

// Whom a chain will ask is the first that costs and that is not left out.
func TestWhoIsNext(t *testing.T) {
	for name, c := range map[string]struct {
		chain *Chain
		want  string
	}{
		"the first":         {New(time.Minute, says("a", nil), says("b", nil)), "a"},
		"not who is free":   {New(time.Minute, local.New(), says("b", nil)), "b"},
		"not who refuses":   {New(time.Minute, says("a", fails(providers.Auth)), says("b", nil)), "b"},
		"nobody that costs": {New(time.Minute, says("a", fails(providers.Auth)), local.New()), "a,local"},
	} {
		if _, err := c.chain.Generate(t.Context(), providers.Request{Kind: memory.KindEvent}); err != nil {
			t.Fatal(err)
		}
		if got, _ := providers.Next(c.chain); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Whatever the first says that another may mend, the next serves, and what the
// first cost is not forgotten.
func TestTheNextServes(t *testing.T) {
	for _, class := range []providers.Class{
		providers.Transient, providers.RateLimit, providers.Overloaded, providers.Auth, providers.Quota, providers.BadRequest,
	} {
		c := New(time.Minute, says("a", fails(class)), says("b", nil))
		got, err := c.Generate(t.Context(), providers.Request{})
		if err != nil || got.Provider != "b" {
			t.Errorf("%s: %+v, %v", class, got, err)
		}
		if diff := cmp.Diff([]providers.Cost{{Provider: "a", Model: "m", InputTokens: 10}}, got.Earlier); diff != "" {
			t.Errorf("%s: %s", class, diff)
		}
	}
	if name := New(time.Minute, says("a", nil), says("b", nil)).Name(); name != "a,b" {
		t.Errorf("name %q", name)
	}
}

func TestAnAnswerIsCorrectedOnce(t *testing.T) {
	a, b := says("a", fails(providers.ParseError)), says("b", nil)
	c := New(time.Minute, a, b)
	if _, err := c.Generate(t.Context(), providers.Request{}); classOf(err) != providers.ParseError || b.n != 0 {
		t.Errorf("the first time: %v, %d calls of b", err, b.n)
	}
	if got, err := c.Generate(t.Context(), providers.Request{Correction: "shorter"}); err != nil || got.Provider != "b" || a.n != 2 {
		t.Errorf("the second time: %+v, %v", got, err)
	}
}

// A member that refuses does not hide that another one did answer, if badly: that
// one is told what was wrong, and what both cost is billed.
func TestACorrectionPassesARefusal(t *testing.T) {
	c := New(time.Minute, says("a", fails(providers.Auth)), says("b", fails(providers.ParseError), nil))
	got, err := c.Generate(t.Context(), providers.Request{})
	if classOf(err) != providers.ParseError || got.Provider != "b" || len(got.Earlier) != 1 || got.Earlier[0].Provider != "a" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err = c.Generate(t.Context(), providers.Request{Correction: "shorter"}); err != nil || got.Provider != "b" {
		t.Errorf("corrected: %+v, %v", got, err)
	}
}

// hanging answers when its context ends.
type hanging struct{}

func (hanging) Name() string { return "hanging" }

func (hanging) Generate(ctx context.Context, _ providers.Request) (providers.Response, error) {
	<-ctx.Done()
	return providers.Response{}, context.Cause(ctx)
}

func TestOneThatHangsLeavesTimeToTheNext(t *testing.T) {
	c := New(10*time.Millisecond, hanging{}, says("b", nil))
	for range tripAfter + 1 {
		if got, err := c.Generate(t.Context(), providers.Request{}); err != nil || got.Provider != "b" {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if s := c.States()[0]; s.State != "open" {
		t.Errorf("%+v", s)
	}
}

// A member that asks to be left alone is, though once is not a failure too many.
func TestAMemberIsLeftAlone(t *testing.T) {
	a := says("a", &providers.Error{Class: providers.RateLimit, RetryAfter: time.Hour, Err: errors.New("slow down")}, nil)
	c := New(time.Minute, a)
	_, _ = c.Generate(t.Context(), providers.Request{})
	_, err := c.Generate(t.Context(), providers.Request{})
	e, ok := errors.AsType[*providers.Error](err)
	if !ok || e.Class != providers.RateLimit || e.RetryAfter <= 0 || e.RetryAfter > maxAway || a.n != 1 {
		t.Errorf("%v, asked %d times", err, a.n)
	}
	if s := c.States()[0]; s.State != "open" || !strings.Contains(s.Failure, "slow down") {
		t.Errorf("%+v", s)
	}
}

// A chain costs what its members do; those that cost nothing can be asked alone.
func TestFreePart(t *testing.T) {
	a := says("a", nil)
	for name, c := range map[string]struct {
		members []providers.Provider
		part    string
		whole   bool
	}{
		"none":     {[]providers.Provider{a, a}, "", false},
		"the last": {[]providers.Provider{a, local.New()}, "local", false},
		"all":      {[]providers.Provider{local.New(), local.New()}, "local,local", true},
	} {
		part, whole := New(time.Minute, c.members...).Free()
		if whole != c.whole || (part == nil) != (c.part == "") || part != nil && part.Name() != c.part {
			t.Errorf("%s: %v, whole: %v", name, part, whole)
		}
		if part == nil {
			continue
		}
		got, err := part.Generate(t.Context(), providers.Request{Kind: memory.KindEvent})
		if err != nil || got.Provider != "local" || a.n != 0 {
			t.Errorf("%s: %+v, %v, %d calls that cost", name, got, err, a.n)
		}
	}
}

// The pause of a lane is for when nobody serves until somebody mends it.
func TestFailureOfAll(t *testing.T) {
	for _, c := range []struct {
		a, b, want providers.Class
	}{
		{providers.Auth, providers.Quota, providers.Quota},
		{providers.Auth, providers.Auth, providers.Auth},
		{providers.Auth, providers.Transient, providers.Transient},
		{providers.RateLimit, providers.Quota, providers.RateLimit},
		{providers.BadRequest, providers.Overloaded, providers.Overloaded},
		{providers.BadRequest, providers.BadRequest, providers.BadRequest},
		// One that serves others found fault with this one: no reason for a pause.
		{providers.Auth, providers.BadRequest, providers.BadRequest},
		{providers.BadRequest, providers.Quota, providers.BadRequest},
	} {
		got, err := New(time.Minute, says("a", fails(c.a)), says("b", fails(c.b))).Generate(t.Context(), providers.Request{})
		if classOf(err) != c.want || !strings.Contains(err.Error(), string(c.a)) {
			t.Errorf("%s and %s: %v, want %s", c.a, c.b, err, c.want)
		}
		if got.Provider != "b" || got.InputTokens != 10 || len(got.Earlier) != 1 || got.Earlier[0].Provider != "a" {
			t.Errorf("%s and %s: paid %+v", c.a, c.b, got)
		}
	}
}

func TestBreakerLeavesOutAndComesBack(t *testing.T) {
	const open = 20 * time.Millisecond
	down := fails(providers.Transient)
	a := says("a", down, down, down, nil)
	c := newChain(time.Minute, open, []providers.Provider{a, says("b", nil)})
	calls := 0
	for range 6 {
		got, err := c.Generate(t.Context(), providers.Request{})
		if err != nil || got.Provider != "b" {
			t.Fatalf("%+v, %v", got, err)
		}
		calls += 1 + len(got.Earlier)
	}
	if calls != 6+tripAfter {
		t.Errorf("%d calls are billed", calls)
	}
	if s := c.States()[0]; a.n != tripAfter || s.State != "open" || s.Failure == "" {
		t.Errorf("asked %d times, %+v", a.n, s)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(open) {
		got, err := c.Generate(t.Context(), providers.Request{})
		if err == nil && got.Provider == "a" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it is never asked again")
		}
	}
	if s := c.States()[0]; s.State != "closed" || s.Failure != "" {
		t.Errorf("%+v", s)
	}
}

func TestOneRefusalIsEnough(t *testing.T) {
	a := says("a", fails(providers.Quota))
	c := New(time.Minute, a)
	for i := range 5 {
		if got, err := c.Generate(t.Context(), providers.Request{}); classOf(err) != providers.Quota || got.Unasked != (i > 0) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if a.n != 1 {
		t.Errorf("asked %d times", a.n)
	}
}

// A key that is mended, or a quota that is refilled, is found out by itself.
func TestARefusalIsTriedAgain(t *testing.T) {
	const open = 20 * time.Millisecond
	for _, class := range []providers.Class{providers.Auth, providers.Quota} {
		c := newChain(time.Minute, open, []providers.Provider{says("a", fails(class), nil), says("b", fails(class), nil)})
		if _, err := c.Generate(t.Context(), providers.Request{}); classOf(err) != class {
			t.Fatalf("%v", err)
		}
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(open) {
			got, err := c.Generate(t.Context(), providers.Request{})
			if err == nil && got.Provider == "a" {
				break
			}
			if classOf(err) != class || time.Now().After(deadline) {
				t.Fatalf("%s: %+v, %v", class, got, err)
			}
		}
	}
}

// What is wrong with a request says nothing of who was asked, and neither does a
// worker that stops.
func TestWhatTheBreakerDoesNotCount(t *testing.T) {
	for name, err := range map[string]error{"bad request": fails(providers.BadRequest), "cancelled": context.Canceled} {
		a := says("a", err)
		c := New(time.Minute, a, says("b", nil))
		for range 10 {
			_, _ = c.Generate(t.Context(), providers.Request{})
		}
		if a.n != 10 {
			t.Errorf("%s: asked %d times", name, a.n)
		}
	}
}
