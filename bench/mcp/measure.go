package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"

	"claude-mem/client"
	"claude-mem/internal/recorded"
	"claude-mem/internal/tokens"
	"claude-mem/memory"
)

// read is how many of the hits an agent reads in full.
const read = 3

// row adds up what one way of telling costs, beside the JSON for the same question.
type row struct {
	name              string
	answers, memories int
	tokens, naive     int
}

// add counts an answer of n memories.
func (r *row) add(n int, text, dump string) {
	r.answers++
	r.memories += n
	r.tokens += tokens.Estimate(text)
	r.naive += tokens.Estimate(dump)
}

func (r *row) print(w io.Writer) {
	per := func(n, of int) float64 { return float64(n) / float64(max(of, 1)) }
	fmt.Fprintf(w, "| %s | %d | %.1f | %.0f | %.0f | %.0f | %.1f |\n", r.name, r.answers, per(r.memories, r.answers),
		per(r.tokens, r.answers), per(r.tokens, r.memories), per(r.naive, r.memories), per(r.naive, r.tokens))
}

// measure asks everything and prints the table.
func (p *profile) measure(ctx context.Context, w io.Writer, queries []recorded.Golden) error {
	search, timeline, whole := &row{name: "`search`"}, &row{name: "`timeline`"}, &row{name: "`get_observations`"}
	for _, q := range queries {
		hits, err := p.search(ctx, search, q.Query)
		if err != nil {
			return fmt.Errorf("%q: %w", q.Query, err)
		}
		if len(hits) == 0 {
			continue
		}
		if err := p.timeline(ctx, timeline, hits[0]); err != nil {
			return fmt.Errorf("%q: %w", q.Query, err)
		}
		if err := p.whole(ctx, whole, hits[:min(read, len(hits))]); err != nil {
			return fmt.Errorf("%q: %w", q.Query, err)
		}
	}
	start := &row{name: "a session's start"}
	if err := p.start(ctx, start); err != nil {
		return err
	}
	fmt.Fprintln(w, "| answer | of them | memories in one | tokens | for each memory | as JSON, for each | times less |\n|---|---|---|---|---|---|---|")
	for _, r := range []*row{search, timeline, whole, start} {
		r.print(w)
	}
	list, err := p.tools.ListTools(ctx, nil)
	if err != nil {
		return err
	}
	text, err := json.Marshal(list.Tools)
	fmt.Fprintf(w, "\nThe list of %d tools: %d tokens.\n", len(list.Tools), tokens.Estimate(string(text)))
	return err
}

// search asks one query and returns the numbers that the model reads.
func (p *profile) search(ctx context.Context, r *row, query string) ([]int64, error) {
	text, err := p.call(ctx, "search", map[string]any{"query": query})
	if err != nil {
		return nil, err
	}
	dump, err := p.ask(ctx, http.MethodPost, "/v1/search", client.SearchRequest{ProjectID: project, Query: query, Limit: 10})
	if err != nil {
		return nil, err
	}
	hits := cited(text)
	return hits, r.same(hits, text, dump)
}

func (p *profile) timeline(ctx context.Context, r *row, anchor int64) error {
	text, err := p.call(ctx, "timeline", map[string]any{"anchor": anchor})
	if err != nil {
		return err
	}
	q := url.Values{"projectId": {project}, "anchor": {strconv.FormatInt(anchor, 10)}, "before": {"5"}, "after": {"5"}}
	dump, err := p.ask(ctx, http.MethodGet, "/v1/timeline?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	return r.same(cited(text), text, dump)
}

func (p *profile) whole(ctx context.Context, r *row, numbers []int64) error {
	text, err := p.call(ctx, "get_observations", map[string]any{"ids": numbers})
	if err != nil {
		return err
	}
	dump, err := p.ask(ctx, http.MethodPost, "/v1/observations/batch", client.ObservationsRequest{Numbers: numbers})
	if err != nil {
		return err
	}
	return r.same(numbers, text, dump)
}

// start compares what a new session is told with the memories that it is told of.
func (p *profile) start(ctx context.Context, r *row) error {
	dump, err := p.ask(ctx, http.MethodGet, "/v1/context?projectId="+project, nil)
	if err != nil {
		return err
	}
	var told client.ContextResponse
	if err := json.Unmarshal([]byte(dump), &told); err != nil {
		return err
	}
	whole, err := json.Marshal(client.ObservationsAnswer{Observations: told.Observations})
	r.add(len(told.Observations), told.Context, string(whole))
	return err
}

// same adds an answer if the JSON holds the same memories.
func (r *row) same(numbers []int64, text, dump string) error {
	var found struct {
		Observations []memory.Observation `json:"observations"`
	}
	if err := json.Unmarshal([]byte(dump), &found); err != nil {
		return err
	}
	var there []int64
	for _, o := range found.Observations {
		there = append(there, o.Number)
	}
	if !slices.Equal(numbers, there) {
		return fmt.Errorf("the tool tells of %d and the API of %d", numbers, there)
	}
	r.add(len(numbers), text, dump)
	return nil
}

// cited are the numbers of the memories that an answer lists, a line for each.
func cited(text string) (numbers []int64) {
	for _, m := range regexp.MustCompile(`(?m)^.{0,20}?#(\d+) `).FindAllStringSubmatch(text, -1) {
		n, _ := strconv.ParseInt(m[1], 10, 64) // it is digits
		numbers = append(numbers, n)
	}
	return numbers
}
