package httpapi

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"claude-mem/client"
	"claude-mem/memory"
)

func TestProjects(t *testing.T) {
	w := newWorld(t, nil)
	made := into[client.ProjectAnswer](w.do("POST", "/v1/projects", w.key, `{"name":"/src/new","metadata":{"lang":"go"}}`).want(201)).Project
	if made.Name != "/src/new" || made.TeamID != w.ours.ID || string(made.Metadata) != `{"lang":"go"}` {
		t.Errorf("made %+v", made)
	}
	again := into[client.ProjectAnswer](w.do("POST", "/v1/projects", w.key, `{"name":"/src/new"}`).want(200)).Project
	if again.ID != made.ID {
		t.Errorf("made twice: %+v", again)
	}
	if got := into[client.ProjectAnswer](w.do("GET", "/v1/projects/"+made.ID, w.key, "").want(200)).Project; got.Name != made.Name {
		t.Errorf("found %+v", got)
	}
	if log := w.audited(memory.AuditProjectCreate); len(log) != 1 || string(log[0].ResourceID) != made.ID {
		t.Errorf("audit %+v", log)
	}
	for body, says := range map[string]string{
		`{}`: `"name"`, `{"name":""}`: `"name"`, `{"name":"` + strings.Repeat("x", 513) + `"}`: `"name"`,
		`{"name":"x","metadata":[]}`: `"metadata"`, `{"name":"` + w.p.ID + `"}`: "must not look like an id",
	} {
		if got := w.do("POST", "/v1/projects", w.key, body); got.Code != 400 || !strings.Contains(got.Body.String(), says) {
			t.Errorf("%s: %d %s", body, got.Code, got.Body)
		}
	}
	if got := w.do("GET", "/v1/projects/"+w.foreign.ID, w.key, "").want(404); into[client.ErrorBody](got).Message != "Project not found" {
		t.Errorf("a stranger's: %s", got.Body)
	}
}

func TestMintKey(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.PublicURL = "https://memory.example/" })
	mine := w.mint(memory.APIKey{Scopes: []string{memory.ScopeMemoriesWrite}, ProjectID: memory.Opt(w.p.ID)})
	got := w.do("POST", "/v1/keys", mine, `{"label":"laptop","expiresInDays":30}`).want(201)
	m := into[client.MintedKey](got)
	if m.MCPURL != "https://memory.example/v1/mcp" || !strings.Contains(m.ConnectCommand, m.MCPURL) || !strings.Contains(m.ConnectCommand, "Bearer "+m.Key) {
		t.Errorf("answer %+v", m)
	}
	at, err := time.Parse(time.RFC3339, *m.ExpiresAt)
	if days := time.Until(at).Hours() / 24; err != nil || days < 29 || days > 31 {
		t.Errorf("expires %s, %v", *m.ExpiresAt, err)
	}
	w.do("POST", "/v1/search", m.Key, text(t, map[string]any{"projectId": w.p.ID, "query": "x"})).want(200)
	w.do("POST", "/v1/search", m.Key, text(t, map[string]any{"projectId": w.q.ID, "query": "x"})).want(403)
	w.do("POST", "/v1/events", m.Key, w.event(nil)).want(403)
	w.do("POST", "/v1/keys", m.Key, "{}").want(403)
	log := w.audited(memory.AuditKeyCreate)
	if len(log) != 1 || string(log[0].ResourceID) != m.ID || string(log[0].RequestID) != got.Header().Get("X-Request-Id") || strings.Contains(string(log[0].Details), m.Key) {
		t.Errorf("audit %+v", log)
	}
	if into[client.MintedKey](w.do("POST", "/v1/keys", mine, "{}").want(201)).ExpiresAt != nil {
		t.Error("a key without an end has one")
	}
	for _, body := range []string{`{"expiresInDays":0}`, `{"expiresInDays":366}`, `{"expiresInDays":1.5}`, `{"label":7}`, `{"label":"` + strings.Repeat("x", 121) + `"}`} {
		w.do("POST", "/v1/keys", mine, body).want(400)
	}
}

// A key that ends cannot make one that stays.
func TestAMintedKeyDoesNotOutliveItsMaker(t *testing.T) {
	w := newWorld(t, nil)
	end := memory.Now().Add(time.Hour)
	brief := w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}, ExpiresAt: end})
	for _, body := range []string{"{}", `{"expiresInDays":30}`} {
		m := into[client.MintedKey](w.do("POST", "/v1/keys", brief, body).want(201))
		if m.ExpiresAt == nil || *m.ExpiresAt != end.Time().Format(isoMillis) {
			t.Errorf("%s: expires %v", body, m.ExpiresAt)
		}
	}
}

// The command is pasted into a shell: nothing but a host may get into it.
func TestConnectNamesAHost(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Access.AnyHost = true })
	host := func(h string) func(*http.Request) { return func(r *http.Request) { r.Host = h } }
	if got := into[client.Connect](w.do("GET", "/v1/connect", w.key, "", host("memory.example:8080")).want(200)); got.MCPURL != "http://memory.example:8080/v1/mcp" {
		t.Errorf("answer %+v", got)
	}
	w.do("GET", "/v1/connect", w.key, "", host("x$(reboot)")).want(400)
}

func TestAuditLog(t *testing.T) {
	w := newWorld(t, nil)
	j := w.owed("one")
	got := w.do("POST", "/v1/memories", w.key, text(t, map[string]any{"projectId": w.q.ID, "content": "x"})).want(201)
	made := into[client.MemoryAnswer](got).Memory
	bound := w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}, ProjectID: memory.Opt(w.q.ID)})
	foreign := w.mint(memory.APIKey{Scopes: []string{memory.ScopeAll}, TeamID: w.theirs.ID})
	for _, c := range []struct {
		query, key string
		want       []string
	}{
		{"", w.key, []string{"memory.write", "event.received", "session.write"}},
		{"?projectId=" + w.p.ID, w.key, []string{"event.received", "session.write"}},
		{"?projectId=" + w.q.Name, w.key, []string{"memory.write"}},
		{"?action=event.received", w.key, []string{"event.received"}},
		{"?resourceId=" + made.ID, w.key, []string{"memory.write"}},
		{"?requestId=" + got.Header().Get("X-Request-Id"), w.key, []string{"memory.write"}},
		{"?requestId=" + string(j.RequestID), w.key, []string{"event.received", "session.write"}},
		{"?since=2999-01-01", w.key, nil},
		{"?limit=1&offset=1", w.key, []string{"event.received"}},
		{"", bound, []string{"memory.write"}},
		{"", foreign, nil},
	} {
		var actions []string
		for _, e := range into[client.AuditLog](w.do("GET", "/v1/audit"+c.query, c.key, "").want(200)).Audit {
			actions = append(actions, e.Action)
		}
		if strings.Join(actions, " ") != strings.Join(c.want, " ") {
			t.Errorf("%q: %v, want %v", c.query, actions, c.want)
		}
	}
	w.do("GET", "/v1/audit?projectId="+w.p.ID, bound, "").want(403)
	// What was just read is in it already.
	w.do("GET", "/v1/memories/"+made.ID, w.key, "").want(200)
	if log := into[client.AuditLog](w.do("GET", "/v1/audit?action=observation.read", w.key, "").want(200)); len(log.Audit) != 1 {
		t.Errorf("reads %+v", log)
	}
}

// Sessions are listed of one project, or of all that a key reaches and no other.
func TestSessionsOfOneProjectAndOfAll(t *testing.T) {
	w := newWorld(t, nil)
	stranger := w.mint(memory.APIKey{TeamID: w.theirs.ID, Scopes: []string{memory.ScopeAll}})
	w.do("POST", "/v1/sessions/start", stranger, text(t, map[string]any{"projectId": w.foreign.ID, "externalSessionId": "z"})).want(201)
	for name, p := range map[string]memory.Project{"x": w.p, "y": w.q} {
		w.do("POST", "/v1/sessions/start", w.key, text(t, map[string]any{"projectId": p.ID, "externalSessionId": name, "contentSessionId": name})).want(201)
	}
	asked := map[string]any{"eventType": memory.EventUserPrompt, "payload": map[string]any{"prompt": "Why?\nSay it."}, "contentSessionId": "x", "occurredAtEpoch": 7}
	w.do("POST", "/v1/events?generate=false", w.key, w.event(asked)).want(201)
	mine := w.mint(memory.APIKey{Scopes: []string{memory.ScopeObservationsRead}, ProjectID: memory.Opt(w.q.ID)})
	for name, tt := range map[string]struct{ path, key, want string }{
		"one project":     {"/v1/sessions?projectId=" + w.p.ID, w.key, "x"},
		"all of the team": {"/v1/sessions", w.key, "x y"},
		"a bound key":     {"/v1/sessions", mine, "y"},
		"another team":    {"/v1/sessions", stranger, "z"},
	} {
		var names []string
		for _, one := range into[client.SessionList](w.do("GET", tt.path, tt.key, "").want(200)).Sessions {
			names = append(names, string(one.ExternalSessionID))
			if one.ExternalSessionID == "x" && (one.Topic != "Why? Say it." || one.ProjectName != w.p.Name || one.Prompts != 1 || one.LastEventAt != 7) {
				t.Errorf("%s: %+v", name, one)
			}
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	w.do("GET", "/v1/sessions?projectId=nowhere", w.key, "").want(403)
}
