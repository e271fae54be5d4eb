package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/julienschmidt/httprouter"

	"claude-mem/client"
	"claude-mem/internal/id"
	"claude-mem/memory"
)

// request is one request on its way through the API.
type request struct {
	*http.Request
	params httprouter.Params
	caller memory.Caller // zero on public routes
	route  Route
	room   *room
	w      http.ResponseWriter // nothing but its deadlines is a handler's own
	free   func()              // gives back the room that the body took; nil before it is read
}

// answer is what a handler wants answered; without a body, nothing but the status.
type answer struct {
	status int
	body   any
}

// release gives back what the request held.
func (r *request) release() {
	if r.free != nil {
		r.free()
	}
}

// takeTime lifts the server's limits on how long the request may take. It is for what is
// done in many steps, and ends when they are done or the client has gone.
func (r *request) takeTime() {
	rc := http.NewResponseController(r.w)
	// A writer without deadlines has none to lift.
	_, _ = rc.SetReadDeadline(time.Time{}), rc.SetWriteDeadline(time.Time{})
}

func ok(body any) (answer, error) { return answer{http.StatusOK, body}, nil }

// ServeHTTP gives the request its id and checks what needs no route.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rid := r.Header.Get("X-Request-Id")
	if !safeRequestID(rid) {
		rid = id.New()
		r.Header["X-Request-Id"] = []string{rid} // where the rest of the way finds it
	}
	h := w.Header()
	h["X-Request-Id"] = []string{rid}
	h["X-Content-Type-Options"] = nosniff
	defer a.recoverPanic(w, r)
	// Before the route is known: what a web page may not ask it may not probe either.
	if err := a.Access.check(r); err != nil {
		a.fail(w, r, err)
		return
	}
	a.router.ServeHTTP(w, r)
}

// Header values that every answer shares.
var (
	jsonType = []string{"application/json; charset=utf-8"}
	nosniff  = []string{"nosniff"}
)

// handler makes the route's handle for the router.
func (a *API) handler(route Route) httprouter.Handle {
	return func(w http.ResponseWriter, hr *http.Request, params httprouter.Params) {
		if route.Pattern == startPattern && params.ByName("id") != "start" {
			a.noRoute(w, hr)
			return
		}
		start := time.Now()
		r := &request{Request: hr, params: params, route: route, room: a.room, w: w}
		defer r.release()
		r.caller.RequestID = hr.Header.Get("X-Request-Id")
		if route.Limit > 0 {
			hr.Body = http.MaxBytesReader(w, hr.Body, route.Limit)
		}
		status := http.StatusInternalServerError // unless we get to answer
		defer func() { a.Metrics.Request(route.Method, route.Pattern, status, a.lasted(route, start)) }()
		ans, err := a.answer(r)
		if err != nil {
			status = a.fail(w, hr, err)
			return
		}
		if route.Scope != "" { // the others work without a database
			a.refusals.Worked()
		}
		status = a.send(w, hr, ans)
		if a.Log.Enabled(hr.Context(), slog.LevelDebug) {
			a.Log.DebugContext(hr.Context(), "answered", "method", hr.Method, "path", hr.URL.Path,
				"status", status, "took", time.Since(start), "requestId", r.caller.RequestID)
		}
	}
}

func (a *API) answer(r *request) (answer, error) {
	if r.route.Scope != "" {
		// Before the key: it would be looked for in a database that is not ours.
		if err := a.System.Refuse(); err != nil {
			return answer{}, err
		}
		key, err := a.authenticate(r.Request, r.route.Scope)
		if err != nil {
			return answer{}, err
		}
		r.caller.Key = key
		if err := a.admit(r); err != nil {
			return answer{}, err
		}
	}
	return r.route.handle(a, r)
}

// lasted is how long the request took; of a stream, which lasts as long as its client
// wants, that says nothing.
func (a *API) lasted(r Route, start time.Time) time.Duration {
	if r.Pattern == "/v1/stream" {
		return 0
	}
	return time.Since(start)
}

// writing is the body of an answer that is no JSON: it writes itself, its headers too.
type writing func(w http.ResponseWriter)

// send writes an answer and returns its status.
func (a *API) send(w http.ResponseWriter, r *http.Request, ans answer) int {
	if write, ok := ans.body.(writing); ok {
		write(w)
		return ans.status
	}
	if ans.body == nil {
		w.WriteHeader(ans.status)
		return ans.status
	}
	data, err := encode(ans.body)
	if err != nil {
		return a.fail(w, r, fmt.Errorf("encode the answer: %w", err))
	}
	writeJSON(w, ans.status, data)
	return ans.status
}

// encode writes JSON as it is read elsewhere: with < and > as they are. The answers
// are no HTML and say so.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

func writeJSON(w http.ResponseWriter, status int, data []byte) {
	h := w.Header()
	h["Content-Type"] = jsonType
	h["Content-Length"] = []string{strconv.Itoa(len(data))}
	w.WriteHeader(status)
	_, _ = w.Write(data) // who is gone does not hear
}

// fail answers with an error and logs it, ours as errors, the caller's as notes, those
// of an outage together. It returns the status.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) int {
	rid := w.Header().Get("X-Request-Id")
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		err = memory.Errorf(memory.CodeTooLarge, "the body is larger than %d bytes", tooLarge.Limit)
	}
	status, body := client.NewErrorBody(err, rid) // the one table of errors and codes
	level := slog.LevelInfo
	switch {
	case r.Context().Err() != nil:
		level = slog.LevelDebug // the client went away; what failed then says nothing
	case status == http.StatusServiceUnavailable:
		level = slog.LevelDebug
		a.refusals.Failed(err, "method", r.Method, "path", r.URL.Path, "requestId", rid)
	case status >= http.StatusInternalServerError:
		level = slog.LevelError
	}
	a.Log.Log(r.Context(), level, "refused", "method", r.Method, "path", r.URL.Path, "status", status, "requestId", rid, "err", err)
	if e, ok := errors.AsType[*memory.Error](err); ok && e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((e.RetryAfter+time.Second-1)/time.Second)))
	}
	data, _ := encode(body) // texts always marshal
	writeJSON(w, status, data)
	return status
}

// recoverPanic turns a panic of a handler into a 500. The connection's own
// panic value passes, as net/http asks.
func (a *API) recoverPanic(w http.ResponseWriter, r *http.Request) {
	switch v := recover(); v {
	case nil:
	case http.ErrAbortHandler:
		panic(v)
	default:
		a.Log.ErrorContext(r.Context(), "panic", "value", fmt.Sprint(v), "stack", string(debug.Stack()))
		a.fail(w, r, fmt.Errorf("panic: %v", v))
	}
}

// safeRequestID reports whether an inbound id may go into logs and rows.
func safeRequestID(s string) bool {
	if s == "" || len(s) > 128 {
		return false
	}
	for _, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '-' && c != '_' && c != '.' && c != ':' {
			return false
		}
	}
	return true
}
