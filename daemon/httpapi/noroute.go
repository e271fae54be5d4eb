package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"claude-mem/client"
	"claude-mem/memory"
)

// codeMethod is the code of an answer to a method that a path does not have.
const codeMethod = "MethodNotAllowed"

// noRoute answers for what is no route, in the contract's words: 405 where the path
// takes other methods, else 404.
func (a *API) noRoute(w http.ResponseWriter, r *http.Request) {
	status, code := http.StatusNotFound, memory.CodeNotFound
	// Of a GET of the events the contract says that there is no such thing.
	if methods := a.methods(r.URL.Path); len(methods) > 0 && (r.Method != http.MethodGet || r.URL.Path != "/v1/events") {
		status, code = http.StatusMethodNotAllowed, codeMethod
		w.Header().Set("Allow", strings.Join(methods, ", "))
	}
	message := "Cannot " + r.Method + " " + r.URL.Path
	if use := instead(r.Method, r.URL.Path); use != "" && status == http.StatusNotFound {
		message += "; use " + use
	}
	data, _ := encode(client.ErrorBody{ // texts always marshal
		Error: code, Message: message, RequestID: w.Header().Get("X-Request-Id"),
	})
	writeJSON(w, status, data)
	a.Metrics.Request(knownMethod(r.Method), "none", status, 0) // a path of theirs is no label
}

// knownMethod is the method, if it is one of those that routes have.
func knownMethod(method string) string {
	if slices.Contains(methods(), method) {
		return method
	}
	return "other"
}

// methods are those that routes have.
func methods() []string {
	return []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodDelete}
}

// methods lists those that the path takes.
func (a *API) methods(path string) []string {
	var out []string
	for _, method := range methods() {
		handle, params, _ := a.router.Lookup(method, path)
		// Where the router holds startPattern under a parameter, only one value counts.
		if handle == nil || method == http.MethodPost && len(params) == 1 && isSession(path) && path != startPattern {
			continue
		}
		out = append(out, method)
	}
	return out
}

// isSession reports whether the path is one segment below the sessions.
func isSession(path string) bool {
	rest, ok := strings.CutPrefix(path, "/v1/sessions/")
	return ok && !strings.Contains(rest, "/")
}
