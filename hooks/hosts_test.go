package hooks

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"claude-mem/internal/config"
	"claude-mem/internal/recorded"
	"claude-mem/memory"
)

// payloads decodes every recorded payload of a host. want says by name what each
// amounts to.
func payloads(t *testing.T, agent string, want map[string]string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(recorded.Dir(t), "hook-payloads", agent, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(want) {
		t.Errorf("%d payloads, %d expected", len(files), len(want))
	}
	d := decoderOf(t, agent)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		payload, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, skipped, err := d.Decode(payload)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := told(r, skipped)
		if r.Event != nil && r.Event.Type == memory.EventToolUse && toolOf(t, r).Error != "" {
			got += ", failed"
		}
		if got != want[name] {
			t.Errorf("%s: got %q, want %q", name, got, want[name])
		}
		if skipped == "" && (r.Project != "/home/dev/project" || r.PlatformSource != agent) {
			t.Errorf("%s: filed under %q by %q", name, r.Project, r.PlatformSource)
		}
	}
}

// toolOf is the tool call of a record.
func toolOf(t testing.TB, r memory.HookRecord) memory.ToolUse {
	t.Helper()
	var tool memory.ToolUse
	if r.Event == nil || json.Unmarshal(r.Event.Payload, &tool) != nil {
		t.Fatalf("no tool call: %+v", r)
	}
	return tool
}

// ids lists the ids of the events of payloads.
func ids(t testing.TB, d *Decoder, payloads ...string) []string {
	t.Helper()
	var all []string
	for _, p := range payloads {
		r, skipped, err := d.Decode([]byte(p))
		if err != nil || skipped != "" || r.Event == nil {
			t.Fatalf("%s: skipped %q, %v", p, skipped, err)
		}
		all = append(all, r.Event.SourceID)
	}
	return all
}

// answers is what a hook of the agent prints when the daemon has text to tell.
func answers(t *testing.T, agent, payload, text string) string {
	t.Helper()
	r := newRig(t, config.FileContext+"=1", config.SemanticInject+"=1")
	r.agent = agent
	r.serve(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(memory.HookAnswer{Context: text})
	})
	return r.run(payload)
}

// fuzzHost feeds a host's decoder: whatever it makes of a payload is a valid record,
// and the same payload twice is the same event.
func fuzzHost(f *testing.F, agent string, seeds ...string) {
	for _, s := range append(seeds, "", "{", "[]", `{"hook_event_name":5,"tool_response":[{}]}`) {
		f.Add([]byte(s))
	}
	d := decoderOf(f, agent, config.FileContext+"=1", config.SemanticInject+"=1")
	f.Fuzz(func(t *testing.T, payload []byte) {
		r, skipped, err := d.Decode(payload)
		if err != nil || skipped != "" {
			return
		}
		if err := r.Validate(); err != nil {
			t.Fatalf("%q: %v", payload, err)
		}
		again, _, _ := d.Decode(payload)
		if r.Event != nil && r.OccurredAt == again.OccurredAt && r.Event.SourceID != again.Event.SourceID {
			t.Errorf("%q is two events", payload)
		}
	})
}
