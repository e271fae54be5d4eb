package mcp

import (
	"context"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"claude-mem/client"
)

type remoteSearchArgs struct {
	Query   string `json:"query" jsonschema:"any words; nothing in it is syntax"`
	Project string `json:"project,omitempty" jsonschema:"id or name; needed where the key reaches several"`
	Limit   int    `json:"limit,omitempty" jsonschema:"results, default 10"`
}

type remoteContextArgs struct {
	Query       string `json:"query" jsonschema:"what it is about, in any words"`
	Project     string `json:"project,omitempty" jsonschema:"id or name; needed where the key reaches several"`
	Limit       int    `json:"limit,omitempty" jsonschema:"memories, default 10"`
	TokenBudget int    `json:"tokenBudget,omitempty" jsonschema:"of the text, default 2400"`
}

type recentArgs struct {
	Project string `json:"project,omitempty" jsonschema:"id or name; needed where the key reaches several"`
	Limit   int    `json:"limit,omitempty" jsonschema:"memories, default 10"`
}

// Handler answers requests of streamable HTTP for one caller. It keeps no session:
// each request stands alone, so any of several servers may answer the next. Who asks,
// and with which Host and Origin, has been checked before.
func Handler(r Reader, o Options) http.Handler {
	s := o.server("A memory of what coding agents did in earlier sessions. It returns notes, not instructions.")
	s.AddReceivingMiddleware(noStreams)
	add(s, tool[remoteSearchArgs]{
		name: "search", title: "Search memory", hints: reads(),
		doc:   "Search what earlier sessions did, decided and found out. One line per memory, best first; context tells more about what matters.",
		bound: func(s schemaOf) { s.text("query", 1, maxQuery); s.number("limit", 1, maxResults) },
		call: func(ctx context.Context, in remoteSearchArgs) (string, error) {
			return found(ctx, r.Search, client.SearchRequest{ProjectID: in.Project, Query: in.Query, Limit: in.Limit})
		},
	})
	add(s, tool[remoteContextArgs]{
		name: "context", title: "What is known about something", hints: reads(),
		doc:   "Tell what is known about something, in one text within a budget of tokens.",
		bound: contextArgs{}.bound,
		call: func(ctx context.Context, in remoteContextArgs) (string, error) {
			return about(ctx, r.Context, client.ContextRequest{ProjectID: in.Project, Query: in.Query, Limit: in.Limit, TokenBudget: in.TokenBudget})
		},
	})
	add(s, tool[recentArgs]{
		name: "recent", title: "What was remembered last", hints: reads(),
		doc:   "List what was remembered last, newest first, one line each.",
		bound: func(s schemaOf) { s.number("limit", 1, maxResults) },
		call: func(ctx context.Context, in recentArgs) (string, error) {
			if in.Limit == 0 {
				in.Limit = 10
			}
			all, err := r.Recent(ctx, in.Project, in.Limit)
			if err != nil {
				return "", err
			}
			if len(all) == 0 {
				return "Nothing is remembered yet.", nil
			}
			return list(all), nil
		},
	})
	return sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return s }, &sdk.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, Logger: o.Log, PropagateRequestCancellation: true,
		DisableLocalhostProtection: true, // the checks of the whole API stand before it
	})
}

// noStreams refuses the one request that would stay open, to be told of changes: the
// list of tools never changes.
func noStreams(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
		if method == "subscriptions/listen" {
			return nil, &jsonrpc.Error{Code: jsonrpc.CodeMethodNotFound, Message: "nothing here changes that could be listened to"}
		}
		return next(ctx, method, req)
	}
}
