package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/testbin"
	"claude-mem/memory"
)

// planted is a text with something in it that must never be found again.
type planted struct{ name, text, secret string }

// plants makes secrets of every shape. They are put together here, so that no scanner
// of repositories mistakes them for real ones.
func plants() (all []planted) {
	n := 0
	secret := func(words string) string {
		n++
		return fmt.Sprintf("%s %03d zebra", words, n)
	}
	for name, form := range map[string]string{
		"private":               "before <private>%s</private> after",
		"private, mixed case":   "before <PriVate reason=\"x\">%s</pRIVATE> after",
		"private, nested":       "before <private>a <private>b</private> %s</private> after",
		"private, unclosed":     "before <private>%s",
		"private, over lines":   "before <private>\n%s\n</private> after",
		"private, put together": "before <pri<private>x</private>vate>%s</private> after",
		"our own context":       "before <claude-mem-context>%s</claude-mem-context> after",
		"our context, cut off":  "before <claude-mem-context>%s",
		"a host's reminder":     "before <system-reminder>%s</system-reminder> after",
	} {
		s := secret("what nobody may know")
		all = append(all, planted{name, fmt.Sprintf(form, s), s})
	}
	const body = "Q7w2Er9Tz1Ui5Op3As8Df6Gh4Jk0LyXcVbNmQ7w2Er9Tz1Ui5Op3As8Df6Gh4Jk0"
	credential := func(name, form, value string) {
		all = append(all, planted{name, fmt.Sprintf(form, value), value})
	}
	credential("a model's key", "the key %s works", "sk-"+"ant-api03-"+body[:40])
	credential("a code host's token", "clone with %s, then build", "ghp"+"_"+body[:36])
	credential("a cloud's key", "export AWS_ACCESS_KEY_ID=%s", "AK"+"IA"+strings.ToUpper(body[:16]))
	credential("an assigned secret", "export AWS_SECRET_ACCESS_KEY=%s", body[3:43])
	credential("a password in a URL", "psql postgres://app:%s@db.internal/app", "hUnter2-"+body[:12])
	credential("a header", "curl -H 'Authorization: Bearer %s' host", body[5:45])
	credential("a field", `{"password": "%s"}`, "pW9-"+body[7:25])
	credential("a chat token", "slack %s", "xo"+"xb-"+body[:30])
	credential("a private key", "-----BEGIN RSA PRIVATE "+"KEY-----\n%s\n-----END RSA PRIVATE "+"KEY-----", body)
	return all
}

// TestSecretsAreNowhere plants secrets through hooks, with the daemon up and down, and
// through the API, in requests that are refused too. None may be found in any file
// of the profile: database, log of the database, queue, logs, spool; nor in what a
// provider was sent.
func TestSecretsAreNowhere(t *testing.T) {
	p := testbin.NewProfile(t, binary)
	p.Env = append(p.Env, config.LogLevel+"=debug")
	all := plants()
	model := askStub(t, p)
	p.Serve()
	for i, s := range all {
		plantByHooks(t, p, fmt.Sprint("up-", i), s.text)
	}
	plantByAPI(t, p, all)
	search(t, p, all, "while the daemon runs")
	settle(t, p)
	p.Must("stop")
	search(t, p, all, "after it stopped")

	for i, s := range all {
		spool(t, p, fmt.Sprint("down-", i), s.text)
	}
	search(t, p, all, "in the spool")
	settle(t, p)
	p.Must("stop")
	search(t, p, all, "once the spool was taken in")

	sent := strings.Join(model.sent(), "\n")
	for _, s := range all {
		if strings.Contains(sent, s.secret) {
			t.Errorf("%s was sent to the provider", s.name)
		}
	}
	if !strings.Contains(sent, "deployed") {
		t.Errorf("the provider was sent nothing of what it may see: %d bytes", len(sent))
	}
	var events, made int
	path := filepath.Join(p.Data, "claude-mem.db")
	query(t, path, `SELECT count(*) FROM agent_events`, &events)
	query(t, path, `SELECT count(*) FROM observations`, &made)
	if events < 5*len(all) || made == 0 {
		t.Errorf("%d events and %d observations: what was planted did not arrive", events, made)
	}
}

// plantByHooks tells of the text in every field that a host fills.
func plantByHooks(t *testing.T, p *testbin.Profile, session, text string) {
	t.Helper()
	ctx := t.Context()
	path := filepath.Join(p.Repo, "a.go")
	runHook(ctx, t, p, session, "UserPromptSubmit", map[string]any{"prompt": "Please " + text})
	runHook(ctx, t, p, session, "PostToolUse", map[string]any{
		"tool_name": "Bash", "tool_use_id": session + "-1", "tool_input": map[string]any{"command": "go test ./... # " + text, "description": text},
		"tool_response": map[string]any{"stdout": "FAIL " + text, "stderr": text},
	})
	runHook(ctx, t, p, session, "PostToolUse", map[string]any{
		"tool_name": "Write", "tool_use_id": session + "-2", "tool_input": map[string]any{"file_path": path, "content": "package a\n// " + text},
		"tool_response": map[string]any{"type": "create", "filePath": path, "content": "package a\n// " + text},
	})
	runHook(ctx, t, p, session, "PostToolUseFailure", map[string]any{
		"tool_name": "Bash", "tool_use_id": session + "-3", "tool_input": map[string]any{"command": "deploy"}, "error": "exit 1: " + text,
	})
	runHook(ctx, t, p, session, "Stop", map[string]any{"last_assistant_message": "I deployed it. " + text})
	runHook(ctx, t, p, session, "SessionEnd", map[string]any{"reason": "other"})
	// What is no payload must not be repeated by whoever complains.
	if _, err := p.Run(ctx, `{"hook_event_name":"PostToolUse","session_id":`+text, "hook", "claude-code"); err != nil {
		t.Error(err)
	}
}

// plantByAPI sends the texts as clients do.
func plantByAPI(t *testing.T, p *testbin.Profile, all []planted) {
	t.Helper()
	state := p.Serve()
	base, key := fmt.Sprintf("http://%s:%d", state.Host, state.Port), p.Config().String(config.ServerAPIKey)
	c := client.New(base, key, client.Options{})
	for i, s := range all {
		payload, err := json.Marshal(map[string]any{"tool_name": "Bash", "tool_response": map[string]any{"deep": []string{s.text}}})
		if err != nil {
			t.Fatal(err)
		}
		at := memory.Epoch(1795399000000 + i)
		in := memory.EventInput{
			ProjectID: p.Repo, ContentSessionID: "api", SourceType: "api", EventType: memory.EventToolUse,
			Payload: payload, Metadata: payload, OccurredAt: &at,
		}
		if _, err := c.PutEvent(t.Context(), in, client.EventOptions{}); err != nil {
			t.Error(err)
		}
		for route, body := range map[string]map[string]any{
			"/v1/memories":       {"projectId": p.Repo, "kind": "manual", "content": s.text, "metadata": map[string]any{"title": s.text}},
			"/v1/sessions/start": {"projectId": p.Repo, "metadata": map[string]any{"note": s.text}},
			"/v1/events":         {"projectId": p.Repo, "sourceType": s.text, "payload": s.text}, // refused
		} {
			post(t, base+route, key, body)
		}
	}
}

// post sends a body, whatever is answered.
func post(t *testing.T, url, key string, body any) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}

// spool runs a hook whose daemon cannot be reached: it writes to the spool, and
// starts a daemon that is killed at once.
func spool(t *testing.T, p *testbin.Profile, session, text string) {
	t.Helper()
	p.Kill()
	runHook(context.Background(), t, p, session, "UserPromptSubmit", map[string]any{"prompt": text})
	p.Kill()
}

// search looks for the secrets in every file of the profile.
func search(t *testing.T, p *testbin.Profile, all []planted, moment string) {
	t.Helper()
	harmless := 0 // files with what is not secret: else the search is blind
	err := filepath.WalkDir(p.Home, func(path string, d fs.DirEntry, err error) error {
		var raw []byte
		if err == nil && d.Type().IsRegular() {
			raw, err = os.ReadFile(path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // else it went meanwhile, and holds nothing
			return err
		}
		if bytes.Contains(raw, []byte("deployed")) {
			harmless++
		}
		for _, s := range all {
			if bytes.Contains(raw, []byte(s.secret)) {
				t.Errorf("%s: %s is in %s", moment, s.name, filepath.Base(path))
			}
		}
		return nil
	})
	if err != nil || harmless == 0 {
		t.Errorf("%s: nothing that was planted is found, not even what may be: %v", moment, err)
	}
}
