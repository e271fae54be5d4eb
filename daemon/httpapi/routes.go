package httpapi

import (
	"net/http"

	"claude-mem/memory"
)

// Route is one thing the API answers.
type Route struct {
	Method  string
	Pattern string // as httprouter writes it: :name is one segment
	Scope   string // the scope a key needs; "" needs no key
	Doc     string // one sentence, for people
	// Limit bounds the body in bytes; 0 means that the route takes none.
	Limit int64

	handle func(*API, *request) (answer, error)
}

// The limits of bodies. One event may carry a large tool result; the client caps
// its fields long before.
const (
	smallBody = 1 << 20
	eventBody = 5 << 20
	hookBody  = 16 << 20
	batchBody = 32 << 20
)

// Routes lists every route in the order it is documented.
func Routes() []Route {
	return append(append(publicRoutes(), keyedRoutes()...), adapterRoutes()...)
}

func publicRoutes() []Route {
	return []Route{
		{http.MethodGet, "/healthz", "", "Says that a claude-mem listens here, and whose it is.", 0, (*API).healthz},
		{http.MethodGet, "/api/readiness", "", "200 once storage is open and migrated, 503 before and while stopping.", 0, (*API).readiness},
		{http.MethodGet, "/api/version", "", "The version of the server.", 0, (*API).version},
		{http.MethodGet, "/api/health", "", "How storage, queue and lanes fare; 503 when degraded.", 0, (*API).health},
		{http.MethodGet, "/v1/info", "", "How the server is put together.", 0, (*API).info},
		{http.MethodGet, "/metrics", "", "What the server counts, for Prometheus.", 0, (*API).metrics},
		{http.MethodGet, "/v1/openapi.json", "", "Describes this API as OpenAPI 3.1.", 0, (*API).openapi},
	}
}

func keyedRoutes() []Route {
	return []Route{
		{http.MethodPost, "/v1/hooks", memory.ScopeEventsWrite, "Takes in one hook record and answers with the context it wants.", hookBody, (*API).postHook},
		{http.MethodPost, "/v1/sessions/start", memory.ScopeSessionsWrite, "Finds or makes a session.", smallBody, (*API).startSession},
		{http.MethodGet, "/v1/sessions", memory.ScopeObservationsRead, "Lists sessions, newest first, each with what it was about.", 0, (*API).listSessions},
		{http.MethodGet, "/v1/sessions/:id", memory.ScopeObservationsRead, "Finds a session by its id.", 0, (*API).getSession},
		{http.MethodPost, "/v1/sessions/:id/end", memory.ScopeSessionsWrite, "Ends a session and owes its summary.", smallBody, (*API).endSession},
		{http.MethodPost, "/v1/events", memory.ScopeEventsWrite, "Stores an event and owes an observation of it.", eventBody, (*API).postEvent},
		{http.MethodPost, "/v1/events/batch", memory.ScopeEventsWrite, "Stores 1 to 500 events, all or none.", batchBody, (*API).postEvents},
		{http.MethodGet, "/v1/events/:id", memory.ScopeObservationsRead, "Finds an event by its id.", 0, (*API).getEvent},
		{http.MethodGet, "/v1/events/:id/observations", memory.ScopeObservationsRead, "Lists the observations made from an event.", 0, (*API).getEventObservations},
		{http.MethodGet, "/v1/jobs", memory.ScopeJobsRead, "Lists jobs, newest first.", 0, (*API).listJobs},
		{http.MethodGet, "/v1/jobs/:id", memory.ScopeJobsRead, "Finds a job by its id.", 0, (*API).getJob},
		{http.MethodGet, "/v1/teams/:id/jobs", memory.ScopeJobsRead, "Lists the team's jobs, newest first.", 0, (*API).listTeamJobs},
		{http.MethodGet, "/v1/projects/:id/jobs", memory.ScopeJobsRead, "Lists a project's jobs, newest first.", 0, (*API).listProjectJobs},
		{http.MethodPost, "/v1/jobs/:id/retry", memory.ScopeMemoriesWrite, "Puts a failed or cancelled job back to queued.", 0, (*API).retryJob},
		{http.MethodPost, "/v1/jobs/:id/cancel", memory.ScopeMemoriesWrite, "Makes sure that nothing more comes of a job.", 0, (*API).cancelJob},
		{http.MethodPost, "/v1/memories", memory.ScopeMemoriesWrite, "Stores a memory as it is.", smallBody, (*API).postMemory},
		{http.MethodGet, "/v1/memories/:id", memory.ScopeObservationsRead, "Finds an observation by its id.", 0, (*API).getMemory},
		{http.MethodPatch, "/v1/memories/:id", memory.ScopeMemoriesWrite, "Changes kind, content or metadata of a memory.", smallBody, (*API).patchMemory},
		{http.MethodDelete, "/v1/memories/:id", memory.ScopeMemoriesWrite, "Removes a memory for good.", 0, (*API).deleteMemory},
		{http.MethodPost, "/v1/projects/:id/forget", memory.ScopeMemoriesWrite, "Removes what a project remembers of a time or with a text in it, or counts it.", smallBody, (*API).forget},
		{http.MethodPost, "/v1/projects/:id/reindex", memory.ScopeMemoriesWrite, "Owes what a project lacks to be searched by meaning.", smallBody, (*API).reindex},
		{http.MethodGet, "/v1/projects/:id/reindex", memory.ScopeObservationsRead, "Tells how much of a project can be searched by meaning.", 0, (*API).indexed},
		{http.MethodDelete, "/v1/projects/:id/memory", memory.ScopeMemoriesWrite, "Removes all that a project remembers; the project stays.", 0, (*API).purgeProject},
		{http.MethodPost, "/v1/observations/batch", memory.ScopeObservationsRead, "Finds observations by id or number.", smallBody, (*API).postObservations},
		{http.MethodPost, "/v1/search", memory.ScopeObservationsRead, "Ranks observations by how well they match a text.", smallBody, (*API).search},
		{http.MethodPost, "/v1/context", memory.ScopeObservationsRead, "Builds a text for a model from what matches a query.", smallBody, (*API).queryContext},
		{http.MethodGet, "/v1/context", memory.ScopeObservationsRead, "Builds the text that a session starts with.", 0, (*API).sessionContext},
		{http.MethodGet, "/v1/timeline", memory.ScopeObservationsRead, "Lists what was remembered around a moment.", 0, (*API).timeline},
		{http.MethodGet, "/v1/stream", memory.ScopeObservationsRead, "Tells what happens from now on, as server-sent events.", 0, (*API).streamEvents},
		{http.MethodGet, "/v1/projects", memory.ScopeObservationsRead, "Lists the projects the key reaches.", 0, (*API).listProjects},
		{http.MethodPost, "/v1/projects", memory.ScopeMemoriesWrite, "Makes a project, or finds the one of that name.", smallBody, (*API).createProject},
		{http.MethodGet, "/v1/projects/:id", memory.ScopeObservationsRead, "Finds a project by its id.", 0, (*API).getProject},
		{http.MethodPatch, "/v1/projects/:id", memory.ScopeAdmin, "Changes when a project's observations are made and what they may cost.", smallBody, (*API).patchProject},
		{http.MethodGet, "/v1/audit", memory.ScopeMemoriesRead, "Lists who did what, newest first.", 0, (*API).auditLog},
		{http.MethodPost, "/v1/keys", memory.ScopeMemoriesWrite, "Makes a key that only reads, and shows it once.", smallBody, (*API).mintKey},
		{http.MethodGet, "/v1/connect", memory.ScopeObservationsRead, "Says how to connect an agent elsewhere to this memory.", 0, (*API).connect},
		{http.MethodGet, "/v1/usage", memory.ScopeJobsRead, "Tells what was used, this month unless since says otherwise.", 0, (*API).usage},
		{http.MethodPost, "/v1/mcp", memory.ScopeObservationsRead, "Speaks MCP over streamable HTTP, without sessions: the tools `search`, `context` and `recent`.", smallBody, (*API).mcp},
		{http.MethodGet, "/v1/stats", memory.ScopeJobsRead, "Counts what is stored and how generation stands.", 0, (*API).stats},
	}
}

// adapterRoutes are those of the original worker that its clients still use.
func adapterRoutes() []Route {
	return []Route{
		{http.MethodPost, "/api/sessions/observations", memory.ScopeEventsWrite, "Stores a tool call as the original's worker did, for keys bound to a project.", eventBody, (*API).legacyObservation},
		{http.MethodPost, "/api/sessions/summarize", memory.ScopeSessionsWrite, "Ends a session as the original's worker did, for keys bound to a project.", eventBody, (*API).legacySummary},
	}
}
