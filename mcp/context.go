package mcp

import (
	"context"

	"claude-mem/client"
)

type querySearchArgs struct {
	Query     string `json:"query" jsonschema:"any words; nothing in it is syntax"`
	ProjectID string `json:"projectId,omitempty" jsonschema:"another project's id or name; default: the current one"`
	Limit     int    `json:"limit,omitempty" jsonschema:"results, default 10"`
}

// querySearchTool is search as the original's server offers it.
func querySearchTool(d Door) tool[querySearchArgs] {
	return tool[querySearchArgs]{
		name: "observation_search", title: "Search memory", hints: reads(),
		doc:   "Search as with search, without filters.",
		bound: func(s schemaOf) { s.text("query", 1, maxQuery); s.number("limit", 1, maxResults) },
		call: func(ctx context.Context, in querySearchArgs) (string, error) {
			m, project, err := open(ctx, d, in.ProjectID)
			if err != nil {
				return "", err
			}
			return found(ctx, m.Search, client.SearchRequest{ProjectID: project, Query: in.Query, Limit: in.Limit})
		},
	}
}

type contextArgs struct {
	Query       string `json:"query" jsonschema:"what it is about, in any words"`
	ProjectID   string `json:"projectId,omitempty" jsonschema:"another project's id or name; default: the current one"`
	Limit       int    `json:"limit,omitempty" jsonschema:"memories, default 10"`
	TokenBudget int    `json:"tokenBudget,omitempty" jsonschema:"of the text, default 2400"`
}

func (contextArgs) bound(s schemaOf) {
	s.text("query", 1, maxQuery)
	s.number("limit", 1, 50)
	s.number("tokenBudget", 100, maxAnswer)
}

func contextTool(d Door) tool[contextArgs] {
	return tool[contextArgs]{
		name: "observation_context", title: "What is known about something", hints: reads(),
		doc:   "Tell what is known about something in one text within a budget of tokens: the quick way, where search, timeline and get_observations are the thorough one.",
		bound: contextArgs{}.bound,
		call: func(ctx context.Context, in contextArgs) (string, error) {
			m, project, err := open(ctx, d, in.ProjectID)
			if err != nil {
				return "", err
			}
			return about(ctx, m.Context, client.ContextRequest{ProjectID: project, Query: in.Query, Limit: in.Limit, TokenBudget: in.TokenBudget})
		},
	}
}

// about asks for a text about something.
func about(ctx context.Context, build func(context.Context, client.ContextRequest) (client.ContextResponse, error), ask client.ContextRequest) (string, error) {
	answer, err := build(ctx, ask)
	if err != nil {
		return "", err
	}
	if answer.Context == "" {
		return "Nothing is known about that. Try other words.", nil
	}
	return answer.Context, nil
}
