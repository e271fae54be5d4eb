package httpapi

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"claude-mem/client"
	"claude-mem/memory"
)

func TestBodiesThatAreWrong(t *testing.T) {
	w := newWorld(t, nil)
	deep := strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1)
	tests := []struct {
		name, path, body string
		code             memory.Code
		message          string // in the body somewhere
	}{
		{"no JSON", "/v1/events", `{"a":`, memory.CodeValidation, "Invalid JSON at byte 5"},
		{"two values", "/v1/events", `{} {}`, memory.CodeValidation, "Invalid JSON"},
		{"a text", "/v1/events", `"x"`, memory.CodeValidation, "expected object, received string"},
		{"null", "/v1/events", `null`, memory.CodeValidation, "expected object, received null"},
		{"white space", "/v1/events", "  \n", memory.CodeValidation, "expected object, received undefined"},
		{"too deep", "/v1/events", w.event(map[string]any{"payload": 1})[:1] + `"payload":` + deep + `}`, memory.CodeValidation, "nesting of <=200"},
		{"deep batch", "/v1/events/batch", deep, memory.CodeValidation, "nesting of <=200"},
		{"no number", "/v1/events", w.event(map[string]any{"occurredAtEpoch": "soon"}), memory.CodeValidation, `"path":["occurredAtEpoch"],"message":"Invalid input: expected number, received string"`},
		{"a number out of range", "/v1/events", strings.Replace(w.event(nil), "1795399000000", "1e999", 1), memory.CodeValidation, `"path":["occurredAtEpoch"],"message":"Invalid input: number out of range"`},
		{"a number too large", "/v1/events", w.event(map[string]any{"occurredAtEpoch": 1e17}), memory.CodeValidation, `"path":["occurredAtEpoch"]`},
		{"two wrong fields", "/v1/events", w.event(map[string]any{"eventType": 1, "projectId": []int{}}), memory.CodeValidation, `"path":["eventType"],"message":"Invalid input: expected string, received number"},{"code":"invalid_type","path":["projectId"]`},
		{"a wrong field inside", "/v1/hooks", `{"project":"p","sessionId":"s","event":{"type":5}}`, memory.CodeValidation, `"path":["event","type"],"message":"Invalid input: expected string, received number"`},
		{"a wrong item", "/v1/search", `{"projectId":"p","query":"q","kinds":[1]}`, memory.CodeValidation, `"kinds"`},
		{"an item of a batch", "/v1/events/batch", `[` + w.event(nil) + `,7]`, memory.CodeValidation, `"path":[1],"message":"Invalid input: expected object, received number"`},
		{"nothing asked for", "/v1/observations/batch", `{}`, memory.CodeValidation, "expected 1 to 200"},
		{"too much asked for", "/v1/observations/batch", `{"numbers":[` + strings.Repeat("1,", 200) + `1]}`, memory.CodeValidation, "expected 1 to 200"},
		{"negative limit", "/v1/search", text(t, map[string]any{"projectId": w.p.ID, "query": "q", "limit": -1}), memory.CodeValidation, "Too small"},
		{"no project", "/v1/context", `{"query":"q"}`, memory.CodeValidation, `"projectId"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := w.do("POST", tt.path, w.key, tt.body).want(client.Status(tt.code))
			body := into[client.ErrorBody](got)
			if body.Error != tt.code || !strings.Contains(got.Body.String(), tt.message) || body.RequestID == "" {
				t.Errorf("body %s does not say %s", got.Body, tt.message)
			}
		})
	}
}

func TestBodiesThatAreOdd(t *testing.T) { onEachEngine(t, bodiesThatAreOdd) }

func bodiesThatAreOdd(t *testing.T, w *world) {
	for name, body := range map[string]string{
		"unknown fields":     w.event(map[string]any{"later": map[string]any{"x": 1}}),
		"null for absent":    w.event(map[string]any{"sourceEventId": nil, "metadata": nil, "platformSource": nil}),
		"a field twice":      strings.Replace(w.event(nil), "{", `{"eventType":"first",`, 1),
		"NUL":                w.event(map[string]any{"payload": "a\x00b", "contentSessionId": "s\x00"}),
		"no valid UTF-8":     strings.Replace(w.event(map[string]any{"contentSessionId": "sXs"}), "sXs", "s\xff\xfes", 1),
		"a lone surrogate":   strings.Replace(w.event(map[string]any{"contentSessionId": "sXs"}), "sXs", `s\ud800s`, 1),
		"a fraction of a ms": w.event(map[string]any{"occurredAtEpoch": 1795399000000.5}),
		"a text as payload":  w.event(map[string]any{"payload": "just text"}),
		"charset":            w.event(nil),
	} {
		got := w.do("POST", "/v1/events", w.key, body, func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset=utf-8") })
		if got.Code != 201 {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
			continue
		}
		e := into[client.EventResult](got).Event
		if strings.ContainsAny(string(e.Payload), "\x00") || e.EventType == "first" {
			t.Errorf("%s: stored %+v", name, e)
		}
		w.do("GET", "/v1/events/"+e.ID, w.key, "").want(200)
	}
}

func TestBodiesThatAreTooLarge(t *testing.T) {
	w := newWorld(t, nil)
	for _, r := range Routes() {
		if r.Limit == 0 || r.Pattern == "/v1/sessions/:id/end" { // which reads none
			continue
		}
		for name, length := range map[string]int64{"announced": r.Limit + 1, "unannounced": -1} {
			req := httptest.NewRequestWithContext(t.Context(), r.Method, r.Pattern, &endless{left: r.Limit + 1})
			req.Host, req.ContentLength = "localhost", length
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("X-Api-Key", w.key)
			rec := httptest.NewRecorder()
			w.ServeHTTP(rec, req)
			if rec.Code != http.StatusRequestEntityTooLarge || !strings.Contains(rec.Body.String(), `"PayloadTooLarge"`) {
				t.Errorf("%s, %s: %d %s", r.Pattern, name, rec.Code, rec.Body)
			}
		}
	}
}

// endless is a long body that takes no memory.
type endless struct{ left int64 }

func (e *endless) Read(p []byte) (int, error) {
	n := min(int64(len(p)), e.left)
	for i := range p[:n] {
		p[i] = ' '
	}
	e.left -= n
	return int(n), nil
}

func TestBodyThatBreaksOff(t *testing.T) {
	w := newWorld(t, nil)
	srv := httptest.NewServer(w)
	defer srv.Close()
	body := w.event(nil)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/v1/events", bytes.NewBufferString(body[:10]))
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = int64(len(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Api-Key", w.key)
	if res, err := http.DefaultTransport.RoundTrip(req); err == nil {
		_ = res.Body.Close()
		if res.StatusCode != http.StatusBadRequest {
			t.Errorf("status %d", res.StatusCode)
		}
	}
	if n, err := w.store.Counts(t.Context(), memory.Scope{TeamID: w.ours.ID}); err != nil || n.Events != 0 {
		t.Errorf("stored %+v, %v", n, err)
	}
}

func TestContentTypes(t *testing.T) {
	w := newWorld(t, nil)
	for kind, status := range map[string]int{
		"application/json": 201, "application/vnd.x+json": 201, "APPLICATION/JSON": 201,
		"": 400, "text/plain": 400, "application/x-www-form-urlencoded": 400, "multipart/form-data; boundary=x": 400, "///": 400,
	} {
		got := w.do("POST", "/v1/events", w.key, w.event(nil), func(r *http.Request) { r.Header.Set("Content-Type", kind) })
		if got.Code != status {
			t.Errorf("%q: %d, want %d", kind, got.Code, status)
		}
	}
}

func TestQueryIsTolerant(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 3 {
		w.do("POST", "/v1/events", w.key, w.event(map[string]any{"sourceEventId": strconv.Itoa(i)})).want(201)
	}
	for q, want := range map[string]struct{ jobs, limit int }{
		"":                            {3, 50},
		"?limit=2":                    {2, 2},
		"?limit=99999":                {3, 200},
		"?limit=-5":                   {1, 1},
		"?limit=x&offset=y&since=z":   {3, 50},
		"?offset=2":                   {1, 50},
		"?status=failed":              {0, 50},
		"?status=bogus":               {3, 50},
		"?since=2099-01-01":           {0, 50},
		"?since=2099-01-01T00:00:00Z": {0, 50},
		"?since=1":                    {3, 50},
		"?source_type=agent_event":    {3, 50},
		"?source_type=none":           {0, 50},
	} {
		got := into[client.JobList](w.do("GET", "/v1/jobs"+q, w.key, "").want(200))
		if len(got.Jobs) != want.jobs || got.Limit != want.limit {
			t.Errorf("%s: %d jobs, limit %d; want %+v", q, len(got.Jobs), got.Limit, want)
		}
	}
}

// Whatever comes, it is an answer in JSON and never an error of ours.
func FuzzBodies(f *testing.F) {
	w := newWorld(f, nil)
	var paths []string
	for _, r := range Routes() {
		if r.Limit > 0 {
			paths = append(paths, strings.Replace(r.Pattern, ":id", "x", 1))
		}
	}
	for i := range paths {
		f.Add(byte(i), []byte(w.event(map[string]any{"payload": "<private>x"})))
		f.Add(byte(i), []byte("["+w.event(nil)+`,{"occurredAtEpoch":-1e309}]`))
		f.Add(byte(i), []byte(`{"project":"p","sessionId":"s","event":{"type":"tool_use","sourceEventId":"\ud800","payload":[[]]},"want":{"file":"/x"}}`))
		f.Add(byte(i), []byte(`{"projectId":"`+w.p.ID+`","query":"\" OR *","content":"\u0000","numbers":[-1,9e18],"metadata":{"facts":3},"limit":5}`))
	}
	f.Fuzz(func(t *testing.T, n byte, body []byte) {
		path := paths[int(n)%len(paths)]
		r := httptest.NewRequestWithContext(t.Context(), "POST", path, bytes.NewReader(body))
		r.Host = "localhost"
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Api-Key", w.key)
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		into[any](reply{rec, t})
		if rec.Code >= 500 {
			t.Errorf("%s: %d %s\n%s", path, rec.Code, rec.Body, w.log)
		}
		w.log.Reset()
	})
}
