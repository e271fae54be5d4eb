package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"claude-mem/client"
	"claude-mem/memory"
	"claude-mem/storage"
)

// sample is a request for each keyed route that our key succeeds with.
type sample struct {
	path, body string
	// foreign is what a key of another team gets for it.
	foreign int
}

// samples makes what the requests refer to.
func samples(w *world) map[string]sample {
	w.Hub.Close() // so that a stream ends as soon as it begins
	ev := into[client.EventResult](w.do("POST", "/v1/events", w.key, w.event(nil)).want(201))
	mem := into[client.MemoryAnswer](w.do("POST", "/v1/memories", w.key, text(w.t, map[string]any{"projectId": w.p.ID, "content": "retry budget"})).want(201))
	gone := into[client.MemoryAnswer](w.do("POST", "/v1/memories", w.key, text(w.t, map[string]any{"projectId": w.p.ID, "content": "to go"})).want(201))
	_, emptied := w.project("ours", "/src/emptied")
	session := string(ev.Event.SessionID)
	named := "?projectId=" + w.p.ID
	project := map[string]any{"projectId": w.p.ID}
	with := func(k string, v any) string { return text(w.t, map[string]any{"projectId": w.p.ID, k: v}) }
	return map[string]sample{
		"POST /v1/hooks": {"/v1/hooks", text(w.t, map[string]any{"project": w.p.ID, "sessionId": "h"}), 403},

		"POST /v1/sessions/start":         {"/v1/sessions/start", text(w.t, project), 403},
		"GET /v1/sessions":                {"/v1/sessions" + named, "", 403},
		"GET /v1/sessions/:id":            {"/v1/sessions/" + session, "", 404},
		"POST /v1/sessions/:id/end":       {"/v1/sessions/" + session + "/end", "{}", 404},
		"POST /v1/events":                 {"/v1/events", w.event(nil), 403},
		"POST /v1/events/batch":           {"/v1/events/batch", "[" + w.event(nil) + "]", 403},
		"GET /v1/events/:id":              {"/v1/events/" + ev.Event.ID, "", 404},
		"GET /v1/events/:id/observations": {"/v1/events/" + ev.Event.ID + "/observations", "", 404},
		"GET /v1/jobs":                    {"/v1/jobs", "", 200},
		"GET /v1/jobs/:id":                {"/v1/jobs/" + ev.GenerationJob.ID, "", 404},
		"GET /v1/teams/:id/jobs":          {"/v1/teams/" + w.ours.ID + "/jobs", "", 404},
		"GET /v1/projects/:id/jobs":       {"/v1/projects/" + w.p.ID + "/jobs", "", 404},
		"POST /v1/jobs/:id/retry":         {"/v1/jobs/" + ev.GenerationJob.ID + "/retry", "{}", 404},
		"POST /v1/jobs/:id/cancel":        {"/v1/jobs/" + ev.GenerationJob.ID + "/cancel", "{}", 404},
		"POST /v1/memories":               {"/v1/memories", with("content", "x"), 403},
		"GET /v1/memories/:id":            {"/v1/memories/" + mem.Memory.ID, "", 404},
		"PATCH /v1/memories/:id":          {"/v1/memories/" + mem.Memory.ID, `{"kind":"note"}`, 404},
		"DELETE /v1/memories/:id":         {"/v1/memories/" + gone.Memory.ID, "", 404},
		"POST /v1/projects/:id/forget":    {"/v1/projects/" + emptied.ID + "/forget", `{"match":"x"}`, 404},
		"POST /v1/projects/:id/reindex":   {"/v1/projects/" + emptied.ID + "/reindex", "{}", 404},
		"GET /v1/projects/:id/reindex":    {"/v1/projects/" + emptied.ID + "/reindex", "", 404},
		"DELETE /v1/projects/:id/memory":  {"/v1/projects/" + emptied.ID + "/memory", "", 404},
		"POST /v1/observations/batch":     {"/v1/observations/batch", text(w.t, map[string]any{"ids": []string{mem.Memory.ID}, "numbers": []int64{mem.Memory.Number}}), 200},
		"POST /v1/search":                 {"/v1/search", with("query", "retry"), 403},
		"POST /v1/context":                {"/v1/context", with("query", "retry"), 403},
		"GET /v1/context":                 {"/v1/context" + named, "", 403},
		"GET /v1/timeline":                {"/v1/timeline" + named + "&query=retry", "", 403},
		"GET /v1/projects":                {"/v1/projects", "", 200},
		"POST /v1/projects":               {"/v1/projects", text(w.t, map[string]any{"name": "/src/new"}), 201},
		"PATCH /v1/projects/:id":          {"/v1/projects/" + w.p.ID, `{"generation":{"policy":"debounce"}}`, 404},
		"GET /v1/projects/:id":            {"/v1/projects/" + w.p.ID, "", 404},
		"GET /v1/audit":                   {"/v1/audit", "", 200},
		"POST /v1/keys":                   {"/v1/keys", "{}", 201},
		"GET /v1/connect":                 {"/v1/connect", "", 200},
		"POST /api/sessions/observations": {"/api/sessions/observations", `{"contentSessionId":"l","tool_name":"Bash"}`, 400},
		"POST /api/sessions/summarize":    {"/api/sessions/summarize", `{"contentSessionId":"l"}`, 400},
		"GET /v1/stream":                  {"/v1/stream", "", 200},
		"GET /v1/usage":                   {"/v1/usage", "", 200},
		"POST /v1/mcp":                    {"/v1/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"recent","arguments":{}}}`, 200},
		"GET /v1/stats":                   {"/v1/stats" + named, "", 403},
	}
}

// Every route that needs a key refuses every key that should not open it, and
// shows nothing of ours to others.
func TestEveryRouteAtTheDoor(t *testing.T) { onEachEngine(t, everyRouteAtTheDoor) }

func everyRouteAtTheDoor(t *testing.T, w *world) {
	all := samples(w)
	scopes := []string{memory.ScopeAll}
	revoked := w.mint(memory.APIKey{Scopes: scopes, RevokedAt: 2})
	expired := w.mint(memory.APIKey{Scopes: scopes, ExpiresAt: 2})
	foreign := w.mint(memory.APIKey{Scopes: scopes, TeamID: w.theirs.ID})
	for _, r := range Routes() {
		name := r.Method + " " + r.Pattern
		s, known := all[name]
		if r.Scope == "" {
			if known {
				t.Errorf("%s needs no key and has a sample", name)
			}
			continue
		}
		if !known {
			t.Errorf("%s has no sample: add one", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			var wide string
			for _, scope := range memory.KeyScopes() {
				if !(memory.APIKey{Scopes: []string{scope}}).Allows(r.Scope) {
					wide = scope
				}
			}
			narrow := w.mint(memory.APIKey{Scopes: []string{r.Scope}, ProjectID: legacyProject(w, r)})
			for _, c := range []struct {
				name, key string
				status    int
			}{
				{"no key", "", 401},
				{"unknown key", "cmem_unknown", 403},
				{"revoked key", revoked, 403},
				{"expired key", expired, 403},
				{"wrong scope", w.mint(memory.APIKey{Scopes: []string{wide}}), 403},
				{"foreign team", foreign, s.foreign},
			} {
				got := w.do(r.Method, s.path, c.key, s.body)
				if got.Code != c.status {
					t.Errorf("%s: %d, want %d: %s", c.name, got.Code, c.status, got.Body)
				}
				if ct := got.Header().Get("Content-Type"); ct != "application/json; charset=utf-8" && (r.Pattern != "/v1/stream" || got.Code >= 400) || got.Header().Get("X-Request-Id") == "" {
					t.Errorf("%s: headers %v", c.name, got.Header())
				}
				for _, ours := range []string{w.ours.ID, w.p.ID, w.p.Name, "retry"} {
					if strings.Contains(got.Body.String(), ours) {
						t.Errorf("%s: shows %s: %s", c.name, ours, got.Body)
					}
				}
			}
			if got := w.do(r.Method, s.path, narrow, s.body); got.Code/100 != 2 {
				t.Errorf("the narrow scope %s: %d %s", r.Scope, got.Code, got.Body)
			}
		})
	}
}

// legacyProject is what a key for the route has to be bound to.
func legacyProject(w *world, r Route) memory.Opt {
	if strings.HasPrefix(r.Pattern, "/api/sessions/") {
		return memory.Opt(w.p.ID)
	}
	return ""
}

// A key that is bound to project q reaches nothing of project p.
func TestEveryRouteWithAProjectBoundKey(t *testing.T) {
	onEachEngine(t, everyRouteWithAProjectBoundKey)
}

func everyRouteWithAProjectBoundKey(t *testing.T, w *world) {
	all := samples(w)
	bound := w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}, ProjectID: memory.Opt(w.q.ID)})
	for _, r := range Routes() {
		s, known := all[r.Method+" "+r.Pattern]
		want := s.foreign
		if r.Pattern == "/v1/hooks" || legacyProject(w, r) != "" {
			want = 200 // a hook's record goes to the project that the key is for
		}
		if r.Pattern == "/v1/teams/:id/jobs" {
			want = 200 // it is the key's own team, of which it sees its project's
		}
		if !known {
			continue
		}
		got := w.do(r.Method, s.path, bound, s.body)
		if r.Method+" "+r.Pattern == "POST /v1/projects" {
			want = 403 // it has the one it has
		}
		if got.Code != want {
			t.Errorf("%s %s: %d, want %d: %s", r.Method, r.Pattern, got.Code, want, got.Body)
		}
		if got.Code == 403 && r.Pattern != "/v1/projects" && into[client.ErrorBody](got).Message != "API key is scoped to a different project" {
			t.Errorf("%s: %s", r.Pattern, got.Body)
		}
		if strings.Contains(got.Body.String(), w.p.ID) {
			t.Errorf("%s shows p: %s", r.Pattern, got.Body)
		}
	}
}

func TestHeadersThatCarryAKey(t *testing.T) {
	w := newWorld(t, nil)
	for name, c := range map[string]struct {
		header, value string
		status        int
	}{
		"Bearer":           {"Authorization", "Bearer " + w.key, 200},
		"bearer":           {"Authorization", "bearer " + w.key, 200},
		"X-Api-Key":        {"X-Api-Key", w.key, 200},
		"Basic":            {"Authorization", "Basic " + w.key, 401},
		"Bearer and blank": {"Authorization", "Bearer  ", 401},
		"bare":             {"Authorization", w.key, 401},
	} {
		got := w.do("GET", "/v1/projects", "", "", func(r *http.Request) { r.Header.Set(c.header, c.value) })
		if got.Code != c.status {
			t.Errorf("%s: %d, want %d", name, got.Code, c.status)
		}
	}
}

func TestRevocationHoldsAtOnce(t *testing.T) {
	w := newWorld(t, nil)
	w.do("GET", "/v1/projects", w.key, "").want(200)
	keys, err := w.store.Keys(t.Context(), memory.Scope{TeamID: w.ours.ID}, storage.Page{})
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	w.tx(func(tx storage.Tx) error {
		_, err := tx.RevokeKey(t.Context(), memory.Scope{TeamID: w.ours.ID}, keys[0].ID, memory.Now())
		return err
	})
	w.do("GET", "/v1/projects", w.key, "").want(403)
}

func TestHostAndOrigin(t *testing.T) {
	tests := []struct {
		name, host, origin string
		access             Access
		status             int
	}{
		{"loopback address", "127.0.0.1:37877", "", Access{}, 200},
		{"loopback name", "localhost:37877", "", Access{}, 200},
		{"loopback IPv6", "[::1]:37877", "", Access{}, 200},
		{"no port", "localhost", "", Access{}, 200},
		{"a name of somebody's", "evil.example:37877", "", Access{}, 403},
		{"a name that starts well", "127.0.0.1.evil.example", "", Access{}, 403},
		{"no host", "", "", Access{}, 403},
		{"an allowed name", "mem.example:80", "", Access{Hosts: []string{"Mem.example"}}, 200},
		{"another machine's address", "10.0.0.7:37877", "", Access{}, 403},
		{"another machine's address, listening there", "10.0.0.7:37877", "", Access{Wide: true}, 200},
		{"a name, listening everywhere", "evil.example", "", Access{Wide: true}, 403},
		{"same origin", "localhost:37877", "http://localhost:37877", Access{}, 200},
		{"foreign origin", "localhost:37877", "http://evil.example", Access{}, 403},
		{"another local page", "localhost:37877", "http://localhost:3000", Access{}, 403},
		{"a sandboxed page", "localhost:37877", "null", Access{}, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.Access = tt.access })
			got := w.do("GET", "/healthz", "", "", func(r *http.Request) {
				r.Host = tt.host
				if tt.origin != "" {
					r.Header.Set("Origin", tt.origin)
				}
			}).want(tt.status)
			if tt.origin != "" && tt.status == 403 && into[client.ErrorBody](got).Message != "CORS not allowed" {
				t.Errorf("body %s", got.Body)
			}
		})
	}
}

func TestLocalDevBypass(t *testing.T) {
	tests := []struct {
		name   string
		on     bool
		change func(*http.Request)
		status int
	}{
		{"switched off", false, nil, 401},
		{"from this machine", true, nil, 200},
		{"from this machine over IPv6", true, func(r *http.Request) { r.RemoteAddr = "[::1]:9" }, 200},
		{"from another machine", true, func(r *http.Request) { r.RemoteAddr = "10.0.0.7:9" }, 401},
		{"under another name", true, func(r *http.Request) { r.Host = "mem.example" }, 401},
		{"forwarded", true, func(r *http.Request) { r.Header.Set("X-Forwarded-For", "10.0.0.7") }, 401},
		{"forwarded, as the standard has it", true, func(r *http.Request) { r.Header.Set("Forwarded", "for=10.0.0.7") }, 401},
		{"with a wrong key", true, func(r *http.Request) { r.Header.Set("X-Api-Key", "cmem_x") }, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var local memory.APIKey
			w := newWorld(t, func(c *Config) {
				c.Access.Hosts = []string{"mem.example"}
				if tt.on {
					c.Access.LocalDev = &local
				}
			})
			local = memory.APIKey{TeamID: w.ours.ID, Scopes: []string{memory.ScopeAll}}
			var changes []func(*http.Request)
			if tt.change != nil {
				changes = append(changes, tt.change)
			}
			w.do("GET", "/v1/projects", "", "", changes...).want(tt.status)
		})
	}
}
