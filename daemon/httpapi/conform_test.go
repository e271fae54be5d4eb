package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"claude-mem/docs"
)

// document is docs/openapi.yaml in a form that requests and answers can be held
// against.
type document struct {
	operations map[string]operation // by "GET /v1/events/:id"
}

// operation is what the document says of one route.
type operation struct {
	Summary string
	Scope   string `json:"x-required-scope"`
	// Security is empty where no key is needed, and absent where the usual ones do.
	Security  *[]any
	Body      content            `json:"requestBody"`
	Responses map[string]content // by status, or "default"

	request *jsonschema.Resolved
	answers map[string]*jsonschema.Resolved
}

// content is a request body or an answer, perhaps by reference.
type content struct {
	Ref     string `json:"$ref"`
	Content map[string]struct{ Schema json.RawMessage }
}

const jsonContent = "application/json"

// loadDocument reads the document once for all tests, as it is served.
var loadDocument = sync.OnceValues(func() (*document, error) {
	var doc struct {
		Paths      map[string]map[string]operation
		Components struct {
			Schemas   json.RawMessage
			Responses map[string]content
		}
	}
	err := json.Unmarshal(docs.OpenAPI, &doc)
	if err != nil {
		return nil, err
	}
	c := &document{operations: make(map[string]operation)}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			op.answers = make(map[string]*jsonschema.Resolved)
			if s, ok := op.Body.Content[jsonContent]; ok {
				if op.request, err = compile(s.Schema, doc.Components.Schemas); err != nil {
					return nil, fmt.Errorf("%s %s: %w", method, path, err)
				}
			}
			for status, answer := range op.Responses {
				if name, ok := strings.CutPrefix(answer.Ref, "#/components/responses/"); ok {
					answer = doc.Components.Responses[name]
				}
				if s, ok := answer.Content[jsonContent]; ok {
					if op.answers[status], err = compile(s.Schema, doc.Components.Schemas); err != nil {
						return nil, fmt.Errorf("%s %s %s: %w", method, path, status, err)
					}
				}
			}
			pattern := strings.NewReplacer("{", ":", "}", "").Replace(path)
			c.operations[strings.ToUpper(method)+" "+pattern] = op
		}
	}
	return c, nil
})

// compile makes a schema of its own of one that refers to the document's.
func compile(schema, components json.RawMessage) (*jsonschema.Resolved, error) {
	local := func(raw json.RawMessage) json.RawMessage {
		return bytes.ReplaceAll(raw, []byte("#/components/schemas/"), []byte("#/$defs/"))
	}
	whole, err := json.Marshal(map[string]json.RawMessage{"$defs": local(components), "allOf": json.RawMessage("[" + string(local(schema)) + "]")})
	if err != nil {
		return nil, err
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(whole, &s); err != nil {
		return nil, err
	}
	return s.Resolve(nil)
}

// conform checks that the document tells of what was asked and answered. What was
// asked is held against it only where we took it: the wrong is there to be refused.
func conform(t testing.TB, r *http.Request, body string, rec *httptest.ResponseRecorder) {
	t.Helper()
	c, err := loadDocument()
	if err != nil {
		t.Fatal(err)
	}
	route, ok := routeOf(r)
	if !ok {
		return // refused by noRoute, which no document tells of
	}
	op, ok := c.operations[route]
	if !ok {
		t.Errorf("docs/openapi.yaml has no %s", route)
		return
	}
	status := fmt.Sprint(rec.Code)
	schema, ok := op.answers[status]
	if !ok && rec.Code >= 400 {
		schema = op.answers["default"]
	}
	switch {
	case schema == nil && op.Responses[status].Content == nil && !ok:
		t.Errorf("docs/openapi.yaml: %s does not answer %s: %s", route, status, rec.Body)
	case schema != nil:
		valid(t, route+" answers "+status, schema, rec.Body.String())
	}
	if op.request != nil && rec.Code < 300 && body != "" && json.Valid([]byte(body)) {
		valid(t, route+" takes", op.request, body)
	}
}

func valid(t testing.TB, what string, s *jsonschema.Resolved, text string) {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Errorf("%s: %v: %s", what, err, text)
		return
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("docs/openapi.yaml, %s: %v: %s", what, err, text)
	}
}

// routeOf finds the route that a request is for, as the router does.
func routeOf(r *http.Request) (string, bool) {
	best := ""
	for _, route := range Routes() {
		if r.Method != route.Method || !matches(route.Pattern, r.URL.Path) {
			continue
		}
		// A fixed segment counts more than a parameter.
		if best == "" || strings.Count(route.Pattern, ":") < strings.Count(best, ":") {
			best = route.Pattern
		}
	}
	return r.Method + " " + best, best != ""
}

func matches(pattern, path string) bool {
	p, q := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(p) != len(q) {
		return false
	}
	for i := range p {
		if p[i] != q[i] && (!strings.HasPrefix(p[i], ":") || q[i] == "") {
			return false
		}
	}
	return true
}

// The document tells of every route and of no other, in the words of the table.
func TestTheDocumentTellsOfEveryRoute(t *testing.T) {
	c, err := loadDocument()
	if err != nil {
		t.Fatal(err)
	}
	left := maps.Clone(c.operations)
	for _, r := range Routes() {
		name := r.Method + " " + r.Pattern
		op, ok := left[name]
		delete(left, name)
		switch {
		case !ok:
			t.Errorf("docs/openapi.yaml has no %s", name)
		case op.Summary != r.Doc || op.Scope != r.Scope:
			t.Errorf("%s: summary %q, scope %q; the route's are %q, %q", name, op.Summary, op.Scope, r.Doc, r.Scope)
		case (r.Scope == "") != (op.Security != nil && len(*op.Security) == 0):
			t.Errorf("%s: security %v does not fit scope %q", name, op.Security, r.Scope)
		case op.answers["default"] == nil:
			t.Errorf("%s has no default answer", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		t.Errorf("docs/openapi.yaml: there is no route %s", name)
	}
}

func TestTheDocumentIsServed(t *testing.T) {
	w := newWorld(t, nil)
	doc := into[struct{ OpenAPI string }](w.do("GET", "/v1/openapi.json", "", "").want(200))
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("openapi %q", doc.OpenAPI)
	}
}
