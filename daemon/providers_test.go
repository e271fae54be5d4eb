package daemon

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/memory"
	"claude-mem/providers"
)

const plantedKey = "planted-key-0123456789abcdef0123456789"

func TestProvidersBySettings(t *testing.T) {
	for name, c := range map[string]struct {
		set     map[string]string
		want    string // the provider's name
		missing string // in the error, "" for none
	}{
		"default":       {nil, "local", ""},
		"claude":        {map[string]string{config.ServerProvider: "claude", config.AnthropicAPIKey: plantedKey}, "claude", ""},
		"claude, bare":  {map[string]string{config.ServerProvider: "claude"}, "claude", config.AnthropicAPIKey},
		"gemini":        {map[string]string{config.ServerProvider: "gemini", config.GeminiAPIKey: plantedKey}, "gemini", ""},
		"openrouter":    {map[string]string{config.ServerProvider: "openrouter", config.OpenRouterAPIKey: plantedKey}, "openrouter", config.OpenRouterModel},
		"one's own":     {map[string]string{config.ServerProvider: "openrouter", config.OpenRouterBaseURL: "http://127.0.0.1:11434/v1", config.ServerModel: "m"}, "openrouter", ""},
		"a chain":       {map[string]string{config.ServerProvider: "claude,local", config.AnthropicAPIKey: plantedKey}, "claude,local", ""},
		"a chain, bare": {map[string]string{config.ServerProvider: "gemini,local"}, "gemini,local", config.GeminiAPIKey},
		"no URL":        {map[string]string{config.ServerProvider: "claude", config.AnthropicAPIKey: plantedKey, config.AnthropicBaseURL: "host"}, "claude", config.AnthropicBaseURL},
		"none":          {map[string]string{config.ServerProvider: "none"}, "none", config.ServerProvider},
	} {
		t.Run(name, func(t *testing.T) {
			s := settings(t)
			for k, v := range c.set {
				s[k] = v
			}
			p, err := provider(load(t, s))
			if p.Name() != c.want || (err == nil) != (c.missing == "") || err != nil && !strings.Contains(err.Error(), c.missing) {
				t.Errorf("%s, %v", p.Name(), err)
			}
			if err != nil && strings.Contains(err.Error(), plantedKey) {
				t.Errorf("the error tells the key: %v", err)
			}
		})
	}
}

func TestAProviderThatIsNotReadyRefuses(t *testing.T) {
	p, _ := provider(load(t, settings(t, config.ServerProvider, "claude")))
	_, err := p.Generate(t.Context(), providers.Request{})
	if e, ok := errors.AsType[*providers.Error](err); !ok || e.Class != providers.Auth {
		t.Errorf("%v", err)
	}
}

// told is one tool call, taken in by the daemon.
func told(t *testing.T, c *client.Client) string {
	t.Helper()
	answer, err := c.Hook(t.Context(), memory.HookRecord{
		Project: "/src/p", SessionID: "s",
		Event: &memory.HookEvent{Type: memory.EventToolUse, SourceID: "1", Payload: []byte(`{"tool_name":"Edit","tool_input":{"file_path":"/src/p/a.go","old_string":"return nil","new_string":"return fmt.Errorf(\"retry: %w\", err)"}}`)},
	})
	if err != nil || answer.JobID == "" {
		t.Fatalf("%+v, %v", answer, err)
	}
	return answer.JobID
}

// until asks the daemon for the job until it is as wanted.
func until(t *testing.T, c *client.Client, id string, done func(memory.Job) bool) memory.Job {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		j, err := c.Job(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if done(j) {
			return j
		}
		if time.Now().After(deadline) {
			t.Fatalf("the job is %s: %s", j.Status, j.LastError)
		}
	}
}

// A daemon without the key of its provider stores what hooks tell, and says what is
// missing; what is owed waits, with no attempt used.
func TestDaemonWithoutAKeyStillStores(t *testing.T) {
	r := start(t, settings(t, config.ServerProvider, "claude"))
	c := client.New(r.URL(), secretOf(t, r.cfg), client.Options{})
	id := told(t, c)
	j := until(t, c, id, func(j memory.Job) bool { return j.LastError != "" })
	if j.Status != memory.JobQueued || j.Attempts != 0 || !strings.Contains(string(j.LastError), config.AnthropicAPIKey) {
		t.Errorf("job %+v", j)
	}
	h, err := c.Health(t.Context())
	if err != nil || h.Status != "degraded" || !strings.Contains(strings.Join(h.Reasons, " "), config.AnthropicAPIKey) {
		t.Errorf("health %+v, %v", h, err)
	}
	info, err := c.Info(t.Context())
	if err != nil || info.Boundaries["providerRegistry"].Status != "errored" {
		t.Errorf("info %+v, %v", info.Boundaries["providerRegistry"], err)
	}
}

// The next of a chain serves while the first refuses, the observation says which
// did, and the key of neither is anywhere but in the request to its server.
func TestChainServesAndKeepsTheKey(t *testing.T) {
	var asked atomic.Int64
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":{"type":"authentication_error","message":"invalid x-api-key: `+r.Header.Get("X-Api-Key")+`"}}`)
	}))
	defer refuses.Close()
	serves := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text := `<observation><type>change</type><title>Wrap the error</title><narrative>It says where it failed.</narrative></observation>`
		answer, _ := json.Marshal(map[string]any{
			"model": "tiny", "choices": []any{map[string]any{"finish_reason": "stop", "message": map[string]any{"content": text}}},
			"usage": map[string]any{"prompt_tokens": 900, "completion_tokens": 60},
		})
		if r.Header.Get("Authorization") != "Bearer "+plantedKey {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = w.Write(answer)
	}))
	defer serves.Close()
	s := settings(t, config.ServerProvider, "claude,openrouter", config.LogLevel, "debug",
		config.AnthropicAPIKey, plantedKey, config.AnthropicBaseURL, refuses.URL,
		config.OpenRouterAPIKey, plantedKey, config.OpenRouterBaseURL, serves.URL, config.OpenRouterModel, "tiny")
	r := start(t, s)
	c := client.New(r.URL(), secretOf(t, r.cfg), client.Options{})
	until(t, c, told(t, c), func(j memory.Job) bool { return j.Status == memory.JobCompleted })
	found, err := c.Search(t.Context(), client.SearchRequest{ProjectID: "/src/p", Query: "wrap the error"})
	if err != nil || len(found.Observations) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	if m := found.Observations[0].Metadata; m.Provider != "openrouter" || m.Model != "tiny" || asked.Load() == 0 {
		t.Errorf("made by %s, %s, after %d calls of the first", m.Provider, m.Model, asked.Load())
	}
	health, err := c.Health(t.Context())
	if err != nil || !strings.Contains(strings.Join(health.Reasons, " "), "claude is left out") {
		t.Errorf("health %+v, %v", health, err)
	}
	shown, _ := json.Marshal(health)
	info, err := c.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	more, _ := json.Marshal(info)
	shown = append(shown, more...)
	r.end()
	if bytes.Contains(shown, []byte(plantedKey)) {
		t.Errorf("health or info tell the key: %s", shown)
	}
	err = filepath.WalkDir(r.cfg.Dirs.Data, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(plantedKey)) {
			t.Errorf("%s holds the key", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Each member of a chain is given what fits into its own model; budgets reckon with the
// largest.
func TestAChainCutsForEachMember(t *testing.T) {
	var given [2]int
	member := func(i int) string {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			given[i] = len(body)
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		t.Cleanup(srv.Close)
		return srv.URL
	}
	cfg := load(t, settings(t, config.ServerProvider, "claude,openrouter", config.ProviderMaxInput, "20000", config.ProviderMaxOutput, "1000",
		config.AnthropicAPIKey, plantedKey, config.AnthropicBaseURL, member(0),
		config.OpenRouterBaseURL, member(1), config.OpenRouterModel, "small", config.OpenRouterMaxInput, "5000"))
	p, err := provider(cfg)
	if err != nil {
		t.Fatal(err)
	}
	long := make([]memory.Event, 40)
	for i := range long {
		payload, _ := json.Marshal(memory.Prompt{Prompt: strings.Repeat("word ", 2000)})
		long[i] = memory.Event{EventType: memory.EventUserPrompt, Payload: payload}
	}
	if _, err := p.Generate(t.Context(), providers.Request{Kind: memory.KindSummary, Events: long}); err == nil {
		t.Error("nobody serves, and it went well")
	}
	if given[1] == 0 || given[1] > 30_000 || given[0] < 2*given[1] {
		t.Errorf("the members were given %d bytes", given)
	}
	if n := maxCallTokens(cfg); n != 21_000 {
		t.Errorf("a call costs %d tokens at most", n)
	}
}

func TestProbe(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"model":"m","content":[{"type":"text","text":"ready"}],"stop_reason":"end_turn","usage":{"input_tokens":9,"output_tokens":1}}`)
	}))
	s := settings(t, config.ServerProvider, "claude,local", config.AnthropicAPIKey, plantedKey, config.AnthropicBaseURL, srv.URL)
	got := Providers(t.Context(), load(t, s), true)
	if len(got) != 2 || got[0].Err != nil || got[0].Took == 0 || got[0].Model == "" || got[1].Name != "local" || got[1].Err != nil {
		t.Errorf("%+v", got)
	}
	srv.Close()
	if got := Providers(t.Context(), load(t, s), true)[0]; got.Err == nil || strings.Contains(got.Err.Error(), plantedKey) {
		t.Errorf("%+v", got)
	}
}
