package daemon

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"claude-mem/client"
	"claude-mem/memory"
)

const (
	// A job that waited this long, though it was due, means that nobody works, if …
	overdueAfter = time.Minute
	// … no other job of its lane succeeded lately either: else there is just much to do.
	progressWithin = time.Minute
	// A job that waited this long is too old, however many others succeed.
	tooOldAfter = time.Hour
)

// backlogKeptFor bounds how often the jobs are counted: anybody who reaches the port may
// ask for the health, and counting reads a whole index.
const backlogKeptFor = time.Second

// countShare is how much longer than counting took its result is kept at least: a team
// with ten million jobs must not spend its database on being asked how it fares.
const countShare = 10

// keptFor is how long a result is kept that took so long to get.
func keptFor(took time.Duration) time.Duration { return max(backlogKeptFor, countShare*took) }

// backlog is how generation stands at one moment.
type backlog struct {
	lanes   []client.LaneHealth
	workers []memory.Worker
}

func laneName(l memory.Lane) string { return "generate_" + string(l) }

// Lanes tells how every lane stands now. It counts, for a caller with a key.
func (s *system) Lanes(ctx context.Context) ([]client.LaneHealth, error) {
	b, err := s.backlogWithin(ctx, false)
	return b.lanes, err
}

// Transport tells what the queue itself counts.
func (s *system) Transport(ctx context.Context) ([]client.TransportLane, error) {
	counts, err := s.parts.queue.Counts(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]client.TransportLane, len(counts))
	for i, c := range counts {
		out[i] = client.TransportLane(c)
	}
	return out, nil
}

// backlogNow tells how generation stands, or stood a moment ago.
func (s *system) backlogNow(ctx context.Context) (backlog, error) { return s.backlogWithin(ctx, true) }

// backlogWithin counts, unless what was counted last will do.
func (s *system) backlogWithin(ctx context.Context, kept bool) (backlog, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if began := time.Now(); !kept || began.After(s.until) {
		s.last, s.err = s.look(ctx, memory.EpochOf(began))
		now := time.Now()
		s.until = now.Add(keptFor(now.Sub(began)))
		if ctx.Err() != nil {
			s.until = time.Time{} // this answer is the caller's alone
		}
	}
	return s.last, s.err
}

func (s *system) look(ctx context.Context, now memory.Epoch) (backlog, error) {
	stats, err := s.parts.store.LaneStats(ctx, now)
	if err != nil {
		return backlog{}, err
	}
	workers, err := s.parts.workers(ctx)
	if err != nil {
		return backlog{}, err
	}
	out := backlog{make([]client.LaneHealth, len(stats)), workers}
	for i, st := range stats {
		l := client.LaneHealth{LaneStats: st, Name: laneName(st.Lane)}
		if n, class := paused(workers, st.Lane); n > 0 && n == len(workers) {
			l.Unavailable, l.Paused = true, class
		}
		if st.OldestQueued != 0 {
			l.OldestAgeMS = max(int64(now-st.OldestQueued), 0)
		}
		out.lanes[i] = l
	}
	return out, nil
}

// paused counts the workers that hold the lane back, and says why one does.
func paused(workers []memory.Worker, lane memory.Lane) (n int, class string) {
	for _, w := range workers {
		for _, p := range w.Paused {
			if p.Lane == lane {
				n, class = n+1, p.Class
			}
		}
	}
	return n, class
}

// generationTroubles lists what keeps jobs from being done. Where a person's own
// daemon was told not to generate, jobs that wait are what was asked for.
func (s *system) generationTroubles(b backlog) (troubles []string) {
	if !s.parts.team && s.parts.worker == nil {
		return nil
	}
	if len(b.workers) == 0 {
		troubles = append(troubles, "no worker is alive: jobs wait until `claude-mem server worker start` runs somewhere")
	}
	for _, lane := range b.lanes {
		n, class := paused(b.workers, lane.Lane)
		switch {
		case n > 0 && n == len(b.workers):
			troubles = append(troubles, fmt.Sprintf("lane %s is paused: %s", lane.Lane, class))
		case n > 0:
			troubles = append(troubles, fmt.Sprintf("lane %s is paused in %d of %d workers: %s", lane.Lane, n, len(b.workers), class))
		case len(b.workers) > 0:
			troubles = append(troubles, overdue(lane, memory.Now())...)
		}
	}
	switch n, reason := held(b.workers); {
	case reason != "":
		troubles = append(troubles, fmt.Sprintf("generation waits for %d %s: %s", n, plural(n, "project"), reason))
	case n > 0:
		troubles = append(troubles, fmt.Sprintf("generation waits for %d %s whose budget of tokens is used up", n, plural(n, "project")))
	}
	return troubles
}

// held is how many projects wait for a budget, as that worker sees it that sees most, and
// what is wrong with one of those, if that is known.
func held(workers []memory.Worker) (n int, reason string) {
	for _, w := range workers {
		for _, p := range w.Paused {
			if p.Class == memory.PauseBudget {
				n, reason = max(n, p.Projects), cmp.Or(reason, p.Reason)
			}
		}
	}
	return n, reason
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// overdue says that jobs of the lane wait for too long, if they do.
func overdue(l client.LaneHealth, now memory.Epoch) []string {
	age := time.Duration(l.OldestAgeMS) * time.Millisecond
	switch {
	case age > tooOldAfter:
		return []string{fmt.Sprintf("lane %s: the oldest job has waited for %s", l.Lane, age.Round(time.Second))}
	case age > overdueAfter && now > l.LastSuccess.Add(progressWithin):
		return []string{fmt.Sprintf("lane %s: the oldest job has waited for %s and none succeeds", l.Lane, age.Round(time.Second))}
	}
	return nil
}
