package storagetest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"claude-mem/internal/id"
	"claude-mem/internal/lexical"
	"claude-mem/memory"
	"claude-mem/storage"
)

// Bench measures what the product's speed depends on. Every part of it can be
// compared between engines and between empty and grown stores.
func Bench(b *testing.B, open Open) {
	for _, rows := range []int{0, 100_000} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			f := newFixture(b, open)
			s := f.putSession(newSession(f.ours, "bench", 1))
			f.load(s, rows)
			b.Run("ingest", func(b *testing.B) { benchIngest(b, f, s, 1) })
			b.Run("ingest/clients=32", func(b *testing.B) { benchIngest(b, f, s, 32) })
			b.Run("dedupe", func(b *testing.B) { benchDedupe(b, f, s) })
			b.Run("lease-finish", func(b *testing.B) { benchLeaseFinish(b, f, s) })
			b.Run("observation", func(b *testing.B) { benchObservation(b, f, false) })
			b.Run("due", func(b *testing.B) { benchDue(b, f) })
			b.Run("stats", func(b *testing.B) { benchStats(b, f) })
		})
	}
	for _, rows := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("search/rows=%d", rows), func(b *testing.B) { benchSearch(b, open, rows) })
	}
}

// load stores events with completed jobs.
func (f *fixture) load(s memory.Session, rows int) {
	const batch = 500
	for n := 0; n < rows; n += batch {
		f.tx(func(tx storage.Tx) error {
			for i := range batch {
				at := memory.Epoch(n + i + 1)
				e := newEvent(s.Scope(), s.ID, at)
				if _, _, err := tx.PutEvent(f.ctx, e); err != nil {
					return err
				}
				j := newJob(s.Scope(), memory.KindEvent, e.ID, at)
				j.Status, j.CompletedAt, j.Result = memory.JobCompleted, at, "observations"
				if _, _, err := tx.PutJob(f.ctx, j); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// ingest is the transaction of one captured event.
func (f *fixture) ingest(e memory.Event) (memory.Job, error) {
	j := newJob(e.Scope(), memory.KindEvent, e.ID, e.CreatedAt)
	err := f.store.InTx(f.ctx, func(tx storage.Tx) error {
		if _, _, err := tx.PutEvent(f.ctx, e); err != nil {
			return err
		}
		_, _, err := tx.PutJob(f.ctx, j)
		return err
	})
	return j, err
}

// share runs n calls of fn on so many goroutines.
func share(b *testing.B, clients int, fn func() error) {
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range clients {
		wg.Go(func() {
			for next.Add(1) <= int64(b.N) {
				if err := fn(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
}

// benchIngest is the transaction of one captured event, from so many clients.
func benchIngest(b *testing.B, f *fixture, s memory.Session, clients int) {
	share(b, clients, func() error {
		_, err := f.ingest(newEvent(s.Scope(), s.ID, memory.Now()))
		return err
	})
}

// benchDedupe tells an event again that is there: what a replayed spool does.
func benchDedupe(b *testing.B, f *fixture, s memory.Session) {
	e := newEvent(s.Scope(), s.ID, memory.Now())
	share(b, 1, func() error {
		again := e
		again.ID = id.New()
		return f.store.InTx(f.ctx, func(tx storage.Tx) error {
			_, _, err := tx.PutEvent(f.ctx, again)
			return err
		})
	})
}

// benchLeaseFinish takes a job through its states, a durable commit for each.
func benchLeaseFinish(b *testing.B, f *fixture, s memory.Session) {
	var jobs []memory.Job
	for range b.N {
		j, err := f.ingest(newEvent(s.Scope(), s.ID, memory.Now()))
		if err != nil {
			b.Fatal(err)
		}
		jobs = append(jobs, j)
	}
	b.ResetTimer()
	for _, j := range jobs {
		now := memory.Now()
		f.tx(func(tx storage.Tx) error {
			_, err := tx.LeaseJob(f.ctx, j.ID, "bench", now, now.Add(time.Minute))
			return err
		})
		f.tx(func(tx storage.Tx) error {
			_, err := tx.FinishJob(f.ctx, j.ID, "bench", storage.Outcome{Status: memory.JobCompleted, Result: "observations", At: now})
			return err
		})
	}
}

// benchObservation stores and indexes observations of 200 words, each its own or all
// alike.
func benchObservation(b *testing.B, f *fixture, alike bool) {
	text := join(words(7, 200)...)
	share(b, 1, func() error {
		o := newObservation(f.ours, "Raise MaxChunkSize in internal/ingest/reader.go", memory.Now())
		if !alike {
			o.Metadata.Title += " " + o.ID
		}
		o.Metadata.Narrative = text
		o.Metadata.FilesModified = []string{"internal/ingest/reader.go"}
		return f.store.InTx(f.ctx, func(tx storage.Tx) error {
			_, _, err := tx.PutObservation(f.ctx, o)
			return err
		})
	})
}

// benchDue is what the reconciler asks every second.
func benchDue(b *testing.B, f *fixture) {
	for b.Loop() {
		if _, err := f.store.JobsDue(f.ctx, 1, 1); err != nil {
			b.Fatal(err)
		}
	}
}

// benchStats is what health and the operator ask.
func benchStats(b *testing.B, f *fixture) {
	for b.Loop() {
		if _, err := f.store.LaneStats(f.ctx, memory.Now()); err != nil {
			b.Fatal(err)
		}
		if _, err := f.store.Books(f.ctx, f.ours); err != nil {
			b.Fatal(err)
		}
	}
}

func join(words ...string) string { return strings.Join(words, " ") }

// vocabulary is how many words words chooses from.
const vocabulary = 50_000

// word is the word of that rank in the vocabulary, made of syllables.
func word(rank int) string {
	var b strings.Builder
	for ; rank > 0; rank /= 100 {
		b.WriteByte("bcdfghjklmnprstvwxyz"[rank%20])
		b.WriteByte("aeiou"[rank/20%5])
	}
	return b.String()
}

// words makes n words as unevenly spread as those of a language: the word of rank
// k is k times rarer than the first.
func words(seed uint64, n int) []string {
	r := rand.New(rand.NewPCG(seed, 0))
	out := make([]string, n)
	for i := range out {
		out[i] = word(int(math.Pow(vocabulary, r.Float64())))
	}
	return out
}

// benchSearch looks for rare words, for rare and common ones, and for the five most
// common words there are.
func benchSearch(b *testing.B, open Open, rows int) {
	f := newFixture(b, open)
	const batch = 500
	for n := 0; n < rows; n += batch {
		f.tx(func(tx storage.Tx) error {
			for i := range batch {
				o := newObservation(f.ours, join(words(uint64(n+i), 6)...), memory.Epoch(n+i+1))
				o.Metadata.Narrative = join(words(uint64(n+i)+1<<32, 40)...)
				if _, _, err := tx.PutObservation(f.ctx, o); err != nil {
					return err
				}
			}
			return nil
		})
	}
	queries := []struct{ name, text string }{
		{"selective", join(word(1800), word(4000), word(7000), word(9000), word(20_000))},
		{"mixed", join(word(1), word(3), word(40), word(2500), word(9000))},
		{"common", join(word(1), word(2), word(3), word(4), word(5))},
	}
	for _, q := range queries {
		b.Run(q.name, func(b *testing.B) {
			matching := storage.Matching{Limit: storage.MaxPage}
			for _, term := range lexical.Terms(q.text) {
				matching.Clauses = append(matching.Clauses, []string{lexical.Root(term)})
			}
			for b.Loop() {
				ctx, cancel := context.WithTimeout(f.ctx, time.Minute)
				_, err := f.store.Matching(ctx, f.ours, matching)
				cancel()
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("write", func(b *testing.B) { benchObservation(b, f, false) })
	b.Run("write/alike", func(b *testing.B) { benchObservation(b, f, true) })
}
