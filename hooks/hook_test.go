package hooks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"claude-mem/hooks/spool"
	"claude-mem/internal/config"
	"claude-mem/internal/instance"
	"claude-mem/memory"
)

// rig is a profile with a daemon that a test controls.
type rig struct {
	t        testing.TB
	dir      string
	agent    string
	vars     []string
	mu       sync.Mutex
	state    instance.State // where the daemon listens; zero: it does not run
	spawned  int
	spawnErr error
	onSpawn  func() // what starting a daemon does
	finds    int
	onFind   func(n int) // before the n-th look
}

func newRig(t testing.TB, vars ...string) *rig {
	return &rig{t: t, dir: t.TempDir(), agent: ClaudeCode, vars: vars}
}

// serve lets a daemon live that answers as h does.
func (r *rig) serve(h http.HandlerFunc) {
	srv := httptest.NewServer(h)
	r.t.Cleanup(srv.Close)
	r.listen(srv.Listener.Addr())
}

func (r *rig) listen(a net.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	addr, ok := a.(*net.TCPAddr)
	if !ok {
		r.t.Fatalf("%v is no TCP address", a)
	}
	r.state = instance.State{PID: os.Getpid(), Host: "127.0.0.1", Port: addr.Port}
}

// run is one hook call. It returns what was printed.
func (r *rig) run(payload string) string {
	return r.runContext(r.t.Context(), payload)
}

func (r *rig) runContext(ctx context.Context, payload string) string {
	var out bytes.Buffer
	Run(ctx, Params{
		Agent: r.agent, Stdin: strings.NewReader(payload), Stdout: &out,
		Environ: append([]string{config.DataDir + "=" + r.dir, config.ServerAPIKey + "=cmem_k", "HOME=/nowhere"}, r.vars...),
		find:    r.find,
		spawn: func(config.Dirs) error {
			if r.spawned++; r.onSpawn != nil {
				r.onSpawn()
			}
			return r.spawnErr
		},
	})
	return out.String()
}

// find stands in for instance.Find.
func (r *rig) find(config.Dirs) (instance.State, bool, error) {
	if r.finds++; r.onFind != nil {
		r.onFind(r.finds)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state, r.state.PID != 0, nil
}

// spooled drains the spool.
func (r *rig) spooled() []memory.HookRecord {
	var all []memory.HookRecord
	_, err := spool.New(filepath.Join(r.dir, "spool")).Drain(r.t.Context(), func(_ context.Context, rs []memory.HookRecord) ([]error, error) {
		all = append(all, rs...)
		return nil, nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

func (r *rig) stats() spool.Stats {
	st, err := spool.New(filepath.Join(r.dir, "spool")).Stats()
	if err != nil {
		r.t.Fatal(err)
	}
	return st
}

const (
	startPayload = `{"hook_event_name":"SessionStart","session_id":"s1","cwd":"/nowhere/api","source":"startup"}`
	toolPayload  = `{"hook_event_name":"PostToolUse","session_id":"s1","cwd":"/nowhere/api","tool_name":"Bash","tool_use_id":"toolu_1",` +
		`"tool_input":{"command":"DB_PASSWORD=hunter2 make"},"tool_response":{"stdout":"<private>x</private>ok"},"timestamp":"2026-01-05T12:17:31.459Z"}`
	promptPayload = `{"hook_event_name":"UserPromptSubmit","session_id":"s1","cwd":"/nowhere/api","prompt":"fix it"}`
	beforeRead    = `{"hook_event_name":"PreToolUse","session_id":"s1","cwd":"/nowhere/api","tool_name":"Read","tool_input":{"file_path":"/nowhere/api/a.go"}}`
)

var toolRecord = memory.HookRecord{
	Project: "/nowhere/api", SessionID: "s1", PlatformSource: "claude-code", OccurredAt: 1767615451459,
	Event: &memory.HookEvent{
		Type: memory.EventToolUse, SourceID: "toolu_1",
		Payload: []byte(`{"tool_name":"Bash","tool_input":{"command":"DB_PASSWORD=[redacted:password] make"},"tool_response":{"stdout":"ok"},"cwd":"/nowhere/api"}`),
	},
}

func TestDaemonIsUp(t *testing.T) {
	const context = "<claude-mem-context>\nwhat is known\n</claude-mem-context>"
	answer := func(event string) string {
		return `{"hookSpecificOutput":{"hookEventName":"` + event + `","additionalContext":"` + strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "\n", `\n`).Replace(context) + `"}}`
	}
	for name, tt := range map[string]struct {
		payload, want string
		vars          []string
	}{
		"session start": {startPayload, answer("SessionStart"), nil},
		"prompt":        {promptPayload, answer("UserPromptSubmit"), []string{config.SemanticInject + "=1"}},
		"read":          {beforeRead, answer("PreToolUse"), []string{config.FileContext + "=1"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, tt.vars...)
			r.serve(func(w http.ResponseWriter, req *http.Request) {
				if req.URL.Path != "/v1/hooks" || req.Header.Get("Authorization") != "Bearer cmem_k" {
					t.Errorf("asked %s with %q", req.URL, req.Header.Get("Authorization"))
				}
				_ = json.NewEncoder(w).Encode(memory.HookAnswer{SessionID: "x", Context: context})
			})
			if got := r.run(tt.payload); got != tt.want {
				t.Errorf("printed %s", got)
			}
			if r.spawned != 0 || len(r.spooled()) != 0 {
				t.Error("spooled or started what was there")
			}
		})
	}
}

func TestRecordIsDelivered(t *testing.T) {
	r := newRig(t)
	var got memory.HookRecord
	r.serve(func(w http.ResponseWriter, req *http.Request) {
		if err := json.NewDecoder(req.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, `{"serverSessionId":"x","eventId":"e"}`)
	})
	if out := r.run(toolPayload); out != "" {
		t.Errorf("printed %q", out)
	}
	if diff := cmp.Diff(toolRecord, got); diff != "" {
		t.Error(diff)
	}
	if all := r.spooled(); len(all) != 0 {
		t.Errorf("spooled too: %+v", all)
	}
}

// Whatever answers, the event is not lost, nothing is printed and the host is not
// kept waiting: a server that hangs is given up at the event's deadline.
func TestDaemonFails(t *testing.T) {
	status := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, h := range map[string]http.HandlerFunc{
		"key is missing": status(401, `{"error":"Unauthorized"}`),
		"key is refused": status(403, `{"error":"Forbidden"}`),
		"quota":          status(402, `{"error":"QuotaExceeded"}`),
		"too many":       status(429, `{"error":"TooManyRequests"}`),
		"breaks":         status(500, `{"error":"InternalError"}`),
		"not ready":      status(503, ``),
		"garbage":        status(200, `<html>hello`),
		"wrong type":     status(200, `[1,2]`),
		"redirect":       status(302, ``),
		"hangs": func(_ http.ResponseWriter, req *http.Request) {
			_, _ = io.Copy(io.Discard, req.Body) // only then the server sees the caller go
			<-req.Context().Done()
		},
		"dies": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"stops in between": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99")
			w.WriteHeader(http.StatusOK)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.serve(h)
			if out := r.run(toolPayload); out != "" {
				t.Errorf("printed %q", out)
			}
			if diff := cmp.Diff([]memory.HookRecord{toolRecord}, r.spooled()); diff != "" {
				t.Error(diff)
			}
			if r.spawned != 0 {
				t.Error("started a second daemon")
			}
		})
	}
}

func TestRecordIsCalledWrong(t *testing.T) {
	for code, body := range map[int]string{400: `{"error":"ValidationError","issues":[]}`, 404: ``, 413: `{"error":"PayloadTooLarge"}`} {
		r := newRig(t)
		r.serve(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		})
		r.run(toolPayload)
		if st := r.stats(); st.Rejected != 1 || st.Records != 0 {
			t.Errorf("%d: %+v", code, st)
		}
	}
}

func TestDaemonIsDown(t *testing.T) {
	r := newRig(t)
	spooledAtSpawn := int64(-1)
	r.onSpawn = func() { spooledAtSpawn = r.stats().Records }
	if out := r.run(toolPayload); out != "" {
		t.Errorf("printed %q", out)
	}
	if spooledAtSpawn != 1 {
		t.Errorf("%d records were safe when the daemon was started", spooledAtSpawn)
	}
	files, err := filepath.Glob(filepath.Join(r.dir, "spool", "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	if fi, err := os.Stat(files[0]); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", fi.Mode(), err)
	}
	if diff := cmp.Diff([]memory.HookRecord{toolRecord}, r.spooled()); diff != "" {
		t.Error(diff)
	}
}

func TestStalePortIsNotTrusted(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t)
	r.listen(ln.Addr())
	ln.Close()
	r.run(toolPayload)
	if got := len(r.spooled()); got != 1 {
		t.Errorf("%d records spooled", got)
	}
}

// Only what tells something is worth a daemon or a line in the spool.
func TestQuestionsAreNotSpooled(t *testing.T) {
	r := newRig(t, config.FileContext+"=1")
	if out := r.run(beforeRead); out != "" || r.spawned != 0 || r.stats().Records != 0 {
		t.Errorf("printed %q, started %d, %+v", out, r.spawned, r.stats())
	}
}

func TestSpooledRecordWantsNothing(t *testing.T) {
	r := newRig(t, config.SemanticInject+"=1")
	r.run(promptPayload)
	all := r.spooled()
	if len(all) != 1 || all[0].Want != (memory.HookContext{}) {
		t.Errorf("%+v", all)
	}
}

func TestSessionStartWaitsForTheDaemon(t *testing.T) {
	r := newRig(t)
	asked := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if asked++; asked == 1 {
			w.WriteHeader(http.StatusServiceUnavailable) // it listens before it is ready
			return
		}
		if key := req.Header.Get("Authorization"); key != "Bearer cmem_minted" {
			t.Errorf("came with %q: the key that the daemon has just made was not read", key)
		}
		_, _ = io.WriteString(w, `{"context":"hello"}`)
	}))
	defer srv.Close()
	r.vars = []string{config.ServerAPIKey + "="}
	r.onFind = func(n int) {
		switch n {
		case 3: // the daemon has the lock
			r.state = instance.State{PID: os.Getpid()}
		case 5: // and listens
			key := `{"` + config.ServerAPIKey + `":"cmem_minted"}`
			if err := os.WriteFile(filepath.Join(r.dir, "settings.json"), []byte(key), 0o600); err != nil {
				t.Error(err)
			}
			r.listen(srv.Listener.Addr())
		}
	}
	if out := r.run(startPayload); !strings.Contains(out, `"additionalContext":"hello"`) {
		t.Errorf("printed %q", out)
	}
	if r.spawned != 1 {
		t.Errorf("started %d daemons", r.spawned)
	}
}

func TestSessionStartGivesUp(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	r.onFind = func(n int) {
		if n == 4 {
			cancel() // in the place of the deadline
		}
	}
	if out := r.runContext(ctx, startPayload); out != "" || r.spawned != 1 || r.stats().Records != 0 {
		t.Errorf("printed %q, started %d, %+v", out, r.spawned, r.stats())
	}
}

// Where no daemon can be started there is none to wait for.
func TestSessionStartDoesNotWaitForWhatCannotStart(t *testing.T) {
	r := newRig(t)
	r.spawnErr = os.ErrNotExist
	if out := r.run(startPayload); out != "" || r.spawned != 1 || r.finds > 2 {
		t.Errorf("printed %q, started %d, looked %d times", out, r.spawned, r.finds)
	}
}

func TestDeadlines(t *testing.T) {
	for k, ms := range map[kind]int64{
		kindSessionStart: 1500, kindPrompt: 300, kindBeforeRead: 200, kindTool: 300,
		kindStop: 500, kindSubagentStop: 500, kindCompact: 500, kindSessionEnd: 1000,
	} {
		d := event{kind: k}.deadline()
		if d.Milliseconds() != ms || d >= hardLimit {
			t.Errorf("kind %d: %s", k, d)
		}
	}
}

func TestConfiguredServer(t *testing.T) {
	r := newRig(t)
	asked := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, _ = io.WriteString(w, `{}`)
	}))
	defer srv.Close()
	r.vars = []string{config.ServerURL + "=" + srv.URL}
	r.run(toolPayload)
	if asked != 1 || r.finds != 0 {
		t.Errorf("asked %d times, looked for a daemon %d times", asked, r.finds)
	}
}

func TestSilence(t *testing.T) {
	for name, tt := range map[string]struct {
		payload string
		vars    []string
	}{
		"disabled":        {toolPayload, []string{config.Disable + "=1"}},
		"inside of us":    {toolPayload, []string{Marker + "=1"}},
		"nothing":         {"", nil},
		"garbage":         {"\x00\xff not json", nil},
		"half an object":  {toolPayload[:50], nil},
		"unknown event":   {`{"hook_event_name":"Dance","session_id":"s"}`, nil},
		"a list":          {`[1,2,3]`, nil},
		"broken settings": {`{"hook_event_name":"Dance"}`, []string{config.LogLevel + "=loud"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, tt.vars...)
			if out := r.run(tt.payload); out != "" || r.spawned != 0 || r.stats() != (spool.Stats{}) {
				t.Errorf("printed %q, started %d, %+v", out, r.spawned, r.stats())
			}
		})
	}
}

// faulty is a standard input that breaks.
type faulty struct{}

func (faulty) Read([]byte) (int, error) { return 0, errors.New("closed") }

func TestBrokenSurroundings(t *testing.T) {
	Main(nil)
	var out bytes.Buffer
	Run(t.Context(), Params{Agent: "vim", Stdin: strings.NewReader(toolPayload), Stdout: &out})
	Run(t.Context(), Params{Agent: ClaudeCode, Stdin: faulty{}, Stdout: &out, Environ: []string{config.DataDir + "=" + t.TempDir()}})
	Run(t.Context(), Params{Agent: ClaudeCode, Stdin: nil, Stdout: &out, Environ: []string{config.DataDir + "=" + t.TempDir()}}) // panics inside
	r := newRig(t)
	r.dir = filepath.Join(r.dir, "file", "below")
	if err := os.WriteFile(filepath.Dir(r.dir), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if printed := r.run(toolPayload); printed != "" || out.Len() != 0 {
		t.Errorf("printed %q and %q", printed, out.String())
	}
}

func TestDebugLog(t *testing.T) {
	r := newRig(t, config.LogLevel+"=debug")
	r.run(toolPayload)
	data, err := os.ReadFile(filepath.Join(r.dir, "logs", "hooks.log"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), `event="PostToolUse" outcome="spooled"`) || strings.Contains(string(data), "make") {
		t.Errorf("logged %s", data)
	}
	quiet := newRig(t)
	quiet.run(toolPayload)
	if _, err := os.Stat(filepath.Join(quiet.dir, "logs")); !errors.Is(err, os.ErrNotExist) {
		t.Error("logged without being asked")
	}
}

func FuzzRun(f *testing.F) {
	for _, p := range []string{startPayload, toolPayload, promptPayload, beforeRead, "", "{", `{"hook_event_name":"Stop","session_id":"s","stop_hook_active":"x"}`} {
		f.Add([]byte(p))
	}
	r := newRig(f, config.FileContext+"=1", config.SemanticInject+"=1")
	r.serve(func(w http.ResponseWriter, req *http.Request) {
		var rec memory.HookRecord
		if err := json.NewDecoder(req.Body).Decode(&rec); err != nil || rec.Validate() != nil {
			f.Errorf("sent %+v: %v", rec, err)
		}
		_ = json.NewEncoder(w).Encode(memory.HookAnswer{Context: rec.SessionID + "\n known"})
	})
	f.Fuzz(func(t *testing.T, payload []byte) {
		out := r.runContext(t.Context(), string(payload))
		if out != "" && !json.Valid([]byte(out)) {
			t.Errorf("%q printed %q", payload, out)
		}
	})
}
