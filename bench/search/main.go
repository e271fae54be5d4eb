// Search measures how long a search takes, by engine, number of observations and sort
// of query. It is the whole way from the text to the 20 best observations.
//
//	go run ./bench/search [-rows 1000,100000] [-projects 1] [-engines sqlite,postgres] [-for 3s]
//
// A million observations take minutes to store, so they are measured when asked for:
// -rows 1000000.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"claude-mem/bench/corpus"
	"claude-mem/bench/engines"
	"claude-mem/memory"
	"claude-mem/recall"
	"claude-mem/storage"
)

// settings are what is measured.
type settings struct {
	rows     []int
	projects int
	engines  string
	each     time.Duration
}

func main() {
	var s settings
	rows := flag.String("rows", "1000,100000", "how many observations, each in a store of its own")
	flag.IntVar(&s.projects, "projects", 1, "how many projects they belong to; one is searched")
	flag.StringVar(&s.engines, "engines", "sqlite,postgres", "which to measure")
	flag.DurationVar(&s.each, "for", 3*time.Second, "how long each sort of query is asked")
	flag.Parse()
	err := errors.New("-projects: at least one")
	if s.projects > 0 {
		s.rows, err = numbers(*rows)
	}
	if err == nil {
		err = s.run(context.Background(), os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/search:", err)
		os.Exit(1)
	}
}

func numbers(list string) (out []int, err error) {
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-rows: %q is no number of observations", text)
		}
		out = append(out, n)
	}
	return out, nil
}

func (s settings) run(ctx context.Context, w io.Writer) error {
	fmt.Fprintln(w, "engine       rows  query               n     p10 ms    p50 ms    p99 ms    max ms   kept")
	for _, rows := range s.rows {
		if err := s.measure(ctx, w, rows); err != nil {
			return err
		}
	}
	return nil
}

func (s settings) measure(ctx context.Context, w io.Writer, rows int) (err error) {
	dir, err := os.MkdirTemp("", "claude-mem-search-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	stores, err := engines.Open(ctx, dir, s.engines)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engines.Close(stores)) }()
	for _, store := range stores {
		began := time.Now()
		scope, err := s.fill(ctx, store, rows)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%-9s %7d  stored at %.0f a second\n", store.Name, rows, float64(rows)/time.Since(began).Seconds())
		if err := s.report(ctx, w, store, rows, scope); err != nil {
			return fmt.Errorf("%s: %w", store.Name, err)
		}
	}
	return nil
}

// report prints a row for each sort of query.
func (s settings) report(ctx context.Context, w io.Writer, store engines.Store, rows int, scope memory.Scope) error {
	r := recall.New(store)
	var all *exhaustive
	for _, q := range queries() {
		took, err := s.ask(ctx, r, scope, q.next)
		if err != nil {
			return err
		}
		kept := "-"
		if rows <= maxExhaustive {
			if all == nil {
				if all, err = readAll(ctx, store, scope, rows); err != nil {
					return err
				}
			}
			share, err := all.kept(ctx, r, scope, q.next)
			if err != nil {
				return err
			}
			kept = fmt.Sprintf("%.3f", share)
		}
		fmt.Fprintf(w, "%-9s %7d  %-14s %6d %10.2f %9.2f %9.2f %9.2f %6s\n", store.Name, rows, q.name, len(took),
			quantile(took, .1), quantile(took, .5), quantile(took, .99), quantile(took, 1), kept)
	}
	return nil
}

// batch is how many observations share a transaction.
const batch = 500

// fill stores the observations, spread over the projects in turn, and returns the first
// project's scope.
func (s settings) fill(ctx context.Context, store engines.Store, rows int) (memory.Scope, error) {
	scopes := make([]memory.Scope, s.projects)
	for i := range scopes {
		p, err := engines.Project(ctx, store, fmt.Sprint("project ", i))
		if err != nil {
			return memory.Scope{}, err
		}
		scopes[i] = p.Scope()
	}
	c := corpus.New()
	for at := 0; at < rows; at += batch {
		err := store.InTx(ctx, func(tx storage.Tx) error {
			for n := at; n < min(at+batch, rows); n++ {
				if _, _, err := tx.PutObservation(ctx, c.Observation(scopes[n%len(scopes)], n)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return memory.Scope{}, err
		}
	}
	return scopes[0], store.Settle(ctx)
}

// sort is a sort of query.
type sort struct {
	name string
	next func() string
}

func queries() []sort {
	c := corpus.New()
	return []sort{
		{"5 common", func() string { return c.Common(5) }},
		{"5 mixed", func() string { return c.Mixed(5) }},
		{"5 rare", func() string { return c.Rare(5) }},
		{"5 misspelt", func() string { return c.Misspelt(5) }},
		{"1 common", func() string { return c.Common(1) }},
		{"2 common", func() string { return c.Common(2) }},
		{"stop words", func() string { return "what is it that they have" }},
		{"40 mixed", func() string { return c.Mixed(40) }},
	}
}

// warmUp is how many queries are asked before any counts.
const warmUp = 20

// ask asks one query after the other for a while.
func (s settings) ask(ctx context.Context, r *recall.Recall, scope memory.Scope, next func() string) (took []float64, err error) {
	until := time.Now().Add(s.each)
	for n := 0; n <= warmUp || time.Now().Before(until); n++ {
		began := time.Now()
		if _, err := r.Search(ctx, scope, recall.SearchInput{Query: next()}); err != nil {
			return nil, err
		}
		if n >= warmUp {
			took = append(took, time.Since(began).Seconds()*1e3)
		}
	}
	slices.Sort(took)
	return took, nil
}

// quantile is of sorted samples.
func quantile(sorted []float64, q float64) float64 {
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
