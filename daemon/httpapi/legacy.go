package httpapi

import (
	"net/http"
	"strings"
)

// Parity is how a route of the original is answered here.
type Parity string

// The kinds of parity.
const (
	Native      Parity = "native"      // the same route
	Adapter     Parity = "adapter"     // the same route, put into the words of ours
	Unsupported Parity = "unsupported" // 404, with what to use instead
)

// LegacyRoute is a route of the original worker or server.
type LegacyRoute struct {
	Method  string // "ALL" stands for any
	Pattern string // as httprouter writes it; * at the end is any rest
	Parity  Parity
	Instead string // of an unsupported one: what to use
}

// LegacyRoutes lists the routes of the original, version 13.25.3: those of its server,
// then those that only its worker has.
func LegacyRoutes() []LegacyRoute {
	return append(legacyServerRoutes(), legacyWorkerRoutes()...)
}

func legacyServerRoutes() []LegacyRoute {
	const get, post, del = http.MethodGet, http.MethodPost, http.MethodDelete
	var all []LegacyRoute
	for _, r := range [][2]string{
		{get, "/healthz"}, {get, "/api/health"}, {get, "/api/readiness"}, {get, "/api/version"}, {get, "/v1/info"},
		{post, "/v1/sessions/start"}, {get, "/v1/sessions/:id"}, {post, "/v1/sessions/:id/end"},
		{post, "/v1/events"}, {post, "/v1/events/batch"}, {get, "/v1/events/:id"}, {get, "/v1/events/:id/observations"},
		{get, "/v1/jobs"}, {get, "/v1/jobs/:id"}, {get, "/v1/teams/:id/jobs"}, {get, "/v1/projects/:id/jobs"},
		{post, "/v1/jobs/:id/retry"}, {post, "/v1/jobs/:id/cancel"},
		{post, "/v1/memories"}, {get, "/v1/memories/:id"}, {http.MethodPatch, "/v1/memories/:id"}, {del, "/v1/memories/:id"},
		{del, "/v1/projects/:id/memory"}, {post, "/v1/search"}, {post, "/v1/context"},
		{get, "/v1/projects"}, {post, "/v1/projects"}, {get, "/v1/projects/:id"}, {get, "/v1/audit"},
		{post, "/v1/keys"}, {get, "/v1/connect"}, {get, "/v1/usage"},
	} {
		all = append(all, LegacyRoute{Method: r[0], Pattern: r[1], Parity: Native})
	}
	return append(all,
		LegacyRoute{post, "/api/sessions/observations", Adapter, ""},
		LegacyRoute{post, "/api/sessions/summarize", Adapter, ""},
		LegacyRoute{get, "/api/admin/doctor", Unsupported, "`claude-mem doctor`"},
		LegacyRoute{post, "/api/admin/restart", Unsupported, "`claude-mem restart`"},
		LegacyRoute{post, "/api/admin/shutdown", Unsupported, "`claude-mem stop`"},
		LegacyRoute{get, "/api/instructions", Unsupported, "`claude-mem --help`"},
	)
}

func legacyWorkerRoutes() []LegacyRoute {
	const get, post, del = http.MethodGet, http.MethodPost, http.MethodDelete
	const (
		search   = "POST /v1/search"
		found    = "POST /v1/observations/batch"
		memory   = "GET /v1/memories/:id"
		forget   = "DELETE /v1/memories/:id"
		start    = "GET /v1/context"
		sessions = "GET /v1/sessions"
		health   = "GET /api/health"
		settings = "`claude-mem config`"
		logs     = "the log file, see `claude-mem status`"
		keys     = "POST /v1/keys"
	)
	var all []LegacyRoute
	for _, r := range [][3]string{
		{get, "/health", health}, {get, "/restart", "`claude-mem restart`"}, {get, "/stream", "GET /v1/stream"}, {get, "/tv", "GET /v1/stream"},
		{"ALL", "/api/auth/*", keys},
		{get, "/api/chroma/status", health}, {get, "/api/mcp/status", health}, {post, "/api/mcp/toggle", "`claude-mem install`"},
		{get, "/api/processing-status", "GET /v1/stats"}, {get, "/api/stats", "GET /v1/stats"}, {get, "/api/sync/status", health},
		{get, "/api/context/inject", start}, {get, "/api/context/preview", start}, {get, "/api/context/recent", start},
		{post, "/api/context/semantic", "POST /v1/context"},
		{get, "/api/corpus", search}, {post, "/api/corpus", search}, {"ALL", "/api/corpus/*", search},
		{post, "/api/import", "`claude-mem import`"}, {post, "/api/memory/save", "POST /v1/memories"},
		{get, "/api/logs", logs}, {post, "/api/logs/clear", logs},
		{get, "/api/observation/:id", memory}, {del, "/api/observation/:id", forget},
		{get, "/api/observations", search}, {get, "/api/observations/by-file", search}, {post, "/api/observations/batch", found},
		{get, "/api/onboarding/explainer", "`claude-mem --help`"}, {get, "/api/projects", "GET /v1/projects"},
		{get, "/api/prompt/:id", "GET /v1/events/:id"}, {del, "/api/prompt/:id", "DELETE /v1/projects/:id/memory"}, {get, "/api/prompts", sessions},
		{get, "/api/search", search}, {get, "/api/search/by-file", search}, {get, "/api/search/observations", search},
		{post, "/api/sdk-sessions/batch", sessions}, {get, "/api/session/:id", "GET /v1/sessions/:id"},
		{post, "/api/sessions/init", "POST /v1/sessions/start"}, {post, "/api/sessions/session-end", "POST /v1/sessions/:id/end"},
		{get, "/api/settings", settings}, {post, "/api/settings", settings}, {get, "/api/settings/dependency-health", "`claude-mem doctor`"},
		{get, "/api/summaries", sessions}, {del, "/api/summary/:id", forget},
		{get, "/api/timeline", "GET /v1/timeline"}, {get, "/api/timeline/by-query", "GET /v1/timeline"},
		{get, "/api/tool-uses", "GET /v1/events/:id"}, {post, "/api/tool-uses/batch", "GET /v1/events/:id"},
	} {
		all = append(all, LegacyRoute{r[0], r[1], Unsupported, r[2]})
	}
	return all
}

// instead says what to use for a route of the original that is not answered here; ""
// if it never was one.
func instead(method, path string) string {
	for _, r := range LegacyRoutes() {
		if r.Parity == Unsupported && (r.Method == method || r.Method == "ALL") && r.takes(path) {
			return r.Instead
		}
	}
	return ""
}

// takes reports whether the path fits the pattern.
func (r LegacyRoute) takes(path string) bool {
	if start, ok := strings.CutSuffix(r.Pattern, "*"); ok {
		return strings.HasPrefix(path, start)
	}
	start, isParam := strings.CutSuffix(r.Pattern, ":id")
	if !isParam {
		return path == r.Pattern
	}
	rest, ok := strings.CutPrefix(path, start)
	return ok && rest != "" && !strings.Contains(rest, "/")
}
