package mcp

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"claude-mem/client"
	"claude-mem/memory"
)

// Limits of what is asked for.
const (
	maxQuery   = 4000
	maxResults = 100
	maxNumbers = 20
	maxFilters = 20
	maxDepth   = 50
)

type searchArgs struct {
	Query   string   `json:"query" jsonschema:"any words: a question, an error text, a file or function name; nothing in it is syntax"`
	Limit   int      `json:"limit,omitempty" jsonschema:"results, default 10"`
	Offset  int      `json:"offset,omitempty" jsonschema:"results to skip"`
	Kinds   []string `json:"kinds,omitempty" jsonschema:"only these: bugfix, feature, refactor, change, discovery, decision, summary, manual"`
	Files   []string `json:"files,omitempty" jsonschema:"only about these files; the end of a path will do"`
	Since   string   `json:"since,omitempty" jsonschema:"first day, as 2026-01-31"`
	Until   string   `json:"until,omitempty" jsonschema:"last day, as 2026-01-31"`
	Project string   `json:"project,omitempty" jsonschema:"another project's name; default: the current one"`
}

func searchTool(d Door) tool[searchArgs] {
	return tool[searchArgs]{
		name: "search", title: "Search memory", hints: reads(),
		doc: "Search what earlier sessions did, decided and found out in this project. Use it before solving anything that may have come up before. " +
			"One line per memory, best first: day, #number, kind, title, file, ~tokens in full. Next: timeline around a number, get_observations for those that matter.",
		bound: func(s schemaOf) {
			s.text("query", 1, maxQuery)
			s.number("limit", 1, maxResults)
			s.number("offset", 0, 10000)
			s.list("kinds", 1, maxFilters)
			s.list("files", 1, maxFilters)
			s["since"].Format, s["until"].Format = "date", "date"
		},
		call: func(ctx context.Context, in searchArgs) (string, error) {
			ask := client.SearchRequest{Query: in.Query, Limit: in.Limit, Offset: in.Offset, Kinds: in.Kinds, Files: in.Files}
			var err error
			if ask.Since, err = date("since", in.Since, 0); err != nil {
				return "", err
			}
			if ask.Until, err = date("until", in.Until, 1); err != nil { // to the day's end
				return "", err
			}
			m, project, err := open(ctx, d, in.Project)
			if err != nil {
				return "", err
			}
			ask.ProjectID = project
			return found(ctx, m.Search, ask)
		},
	}
}

// nothingMatches is the answer to words that nothing holds.
const nothingMatches = "Nothing matches. Try other words, or name another project.\n"

// found searches and lists what there is.
func found(ctx context.Context, search func(context.Context, client.SearchRequest) (client.SearchResponse, error), ask client.SearchRequest) (string, error) {
	if ask.Limit == 0 {
		ask.Limit = 10
	}
	answer, err := search(ctx, ask)
	if err != nil {
		return "", err
	}
	hits := make([]memory.Observation, len(answer.Observations))
	for i, h := range answer.Observations {
		hits[i] = h.Observation
	}
	text := nothingMatches
	switch {
	case len(hits) > 0:
		text = respelled(answer) + list(hits)
	case ask.Offset > 0:
		text = "No more results.\n"
	case len(ask.Kinds)+len(ask.Files) > 0 || ask.Since != 0 || ask.Until != 0:
		text = "Nothing matches. Try without kinds, files, since and until.\n"
	}
	if answer.Semantic == client.SemanticUnavailable {
		text += "Searched by words only: search by meaning is not available now.\n"
	}
	return text, nil
}

// respelled says which words were looked for in another spelling, a line each.
func respelled(answer client.SearchResponse) string {
	var b strings.Builder
	for _, r := range answer.Respelled {
		b.WriteString(r.Notice() + "\n")
	}
	return b.String()
}

type timelineArgs struct {
	Anchor  int64  `json:"anchor,omitempty" jsonschema:"number of the memory to look around"`
	Query   string `json:"query,omitempty" jsonschema:"instead of anchor: look around the best match"`
	Before  int    `json:"depth_before,omitempty" jsonschema:"memories before it, default 5"`
	After   int    `json:"depth_after,omitempty" jsonschema:"memories after it, default 5"`
	Project string `json:"project,omitempty" jsonschema:"another project's name; default: the current one"`
}

func timelineTool(d Door) tool[timelineArgs] {
	return tool[timelineArgs]{
		name: "timeline", title: "What happened around a memory", hints: reads(),
		doc: "Show what happened before and after a memory, oldest first, one line each; > marks the memory. Give anchor (a number from search) or query.",
		bound: func(s schemaOf) {
			s.number("anchor", 1, 1<<53-1)
			s.text("query", 1, maxQuery)
			s.number("depth_before", 0, maxDepth)
			s.number("depth_after", 0, maxDepth)
			s["depth_before"].Default, s["depth_after"].Default = []byte("5"), []byte("5")
		},
		call: func(ctx context.Context, in timelineArgs) (string, error) {
			if (in.Anchor == 0) == (in.Query == "") {
				return "", memory.Errorf(memory.CodeValidation, "give either anchor, a number from search, or query")
			}
			m, project, err := open(ctx, d, in.Project)
			if err != nil {
				return "", err
			}
			answer, err := m.Timeline(ctx, client.TimelineRequest{
				ProjectID: project, Anchor: in.Anchor, Query: in.Query, Before: new(in.Before), After: new(in.After),
			})
			if in.Query != "" && memory.CodeOf(err) == memory.CodeNotFound {
				return nothingMatches, nil
			}
			if err != nil {
				return "", inProject(err)
			}
			return story(answer.Observations, answer.Anchor), nil
		},
	}
}

// inProject explains why a memory was not found by its number.
func inProject(err error) error {
	if memory.CodeOf(err) == memory.CodeNotFound {
		return memory.Errorf(memory.CodeNotFound, "%w: this project has none such; take a number from search, or name its project", err)
	}
	return err
}

type observationsArgs struct {
	IDs []int64 `json:"ids" jsonschema:"numbers from search or timeline, such as [41, 57]"`
}

func observationsTool(d Door) tool[observationsArgs] {
	return tool[observationsArgs]{
		name: "get_observations", title: "Read memories", hints: reads(),
		doc: "Read memories in full by number. First search or timeline, then read only those that matter.",
		bound: func(s schemaOf) {
			s.list("ids", 1, maxNumbers)
			lo := 1.0
			s["ids"].Items.Minimum = &lo
		},
		call: func(ctx context.Context, in observationsArgs) (string, error) {
			m, err := d.Open(ctx)
			if err != nil {
				return "", err
			}
			all, err := m.ObservationsBatch(ctx, client.ObservationsRequest{Numbers: in.IDs})
			if err != nil {
				return "", err
			}
			var gone []string
			for _, n := range in.IDs {
				if !slices.ContainsFunc(all, func(o memory.Observation) bool { return o.Number == n }) {
					gone = append(gone, fmt.Sprintf("#%d", n))
				}
			}
			if len(all) == 0 {
				return "", memory.Errorf(memory.CodeNotFound, "there is no memory %s; take numbers from search", strings.Join(gone, ", "))
			}
			text := whole(all)
			if len(gone) > 0 {
				text += "\nThere is no " + strings.Join(gone, ", ") + ".\n"
			}
			return text, nil
		},
	}
}

// open connects and finds the project.
func open(ctx context.Context, d Door, asked string) (Memory, string, error) {
	m, err := d.Open(ctx)
	if err != nil {
		return nil, "", err
	}
	project, err := d.Project(ctx, m, asked)
	return m, project, err
}

// date reads a day as the user counts days, and moves it by some.
func date(field, text string, days int) (memory.Epoch, error) {
	if text == "" {
		return 0, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, time.Local)
	if err != nil {
		return 0, memory.Invalid(fmt.Sprintf("%q is no date; write it as 2026-01-31", text), field)
	}
	return memory.EpochOf(t.AddDate(0, 0, days)), nil
}

// addReading offers the three layers.
func addReading(s *sdk.Server, d Door) {
	add(s, searchTool(d))
	add(s, timelineTool(d))
	add(s, observationsTool(d))
}
