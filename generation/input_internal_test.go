package generation

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"claude-mem/memory"
)

func TestBlankJSON(t *testing.T) {
	for raw, want := range map[string]bool{
		``: true, `null`: true, `{}`: true, `[]`: true, `""`: true, `" \n"`: true, `false`: true,
		`{"prompt":""}`: true, `{"a":{"b":[null,"",{"c":" "}]},"d":false}`: true, `[{},[],""]`: true,
		`"x"`: false, `1`: false, `0`: false, `true`: false, `{"a":"x"}`: false, `{"a":{"b":[null,{"c":"x"}]}}`: false,
		`[{"name":""},{"name":"x"}]`: false, `{"a":{},"b":"x"}`: false, `{"a":[],"b":7}`: false,
	} {
		if got := blankJSON(json.RawMessage(raw)); got != want {
			t.Errorf("blankJSON(%s) = %v", raw, got)
		}
	}
}

func TestBlankEvent(t *testing.T) {
	for _, c := range []struct {
		kind, payload string
		want          bool
	}{
		{memory.EventUserPrompt, `{"prompt":"  ","cwd":"/src"}`, true},
		{memory.EventUserPrompt, `{"prompt":"mend it","cwd":"/src"}`, false},
		{memory.EventUserPrompt, `"mend it"`, false}, // a client's own form
		{memory.EventUserPrompt, `""`, true},
		{memory.EventAssistantMessage, `{"message":"","cwd":"/src"}`, true},
		{memory.EventAssistantMessage, `{"message":"done"}`, false},
		{memory.EventAssistantMessage, `["done"]`, false},
		{memory.EventToolUse, `{"tool_name":"Read"}`, false},
		{memory.EventToolUse, `{}`, true},
		{"a client's own", `{"text":"x"}`, false},
	} {
		if got := blankEvent(memory.Event{EventType: c.kind, Payload: json.RawMessage(c.payload)}); got != c.want {
			t.Errorf("blankEvent(%s, %s) = %v", c.kind, c.payload, got)
		}
	}
}

// An event that says something is never taken for blank.
func FuzzBlankJSON(f *testing.F) {
	for _, s := range []string{`{"a":[{"b":" "},null,false]}`, `[[[["x"]]]]`, `{"a":{}}x`, `]`, `{"a"`, "\x00", `{"a":tru`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		blank := blankJSON(raw)
		var v any
		if json.Unmarshal(raw, &v) == nil && blank && !blankValue(v) {
			t.Errorf("%q is taken for blank", raw)
		}
	})
}

func blankValue(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		for _, e := range v {
			if !blankValue(e) {
				return false
			}
		}
		return true
	case map[string]any:
		for _, e := range v {
			if !blankValue(e) {
				return false
			}
		}
		return true
	}
	return false
}

func TestBackoff(t *testing.T) {
	for n, want := range map[int]time.Duration{
		1: 5 * time.Second, 2: 25 * time.Second, 3: 125 * time.Second, 4: 10 * time.Minute, 5: 10 * time.Minute, 100: 10 * time.Minute,
	} {
		apart := false
		for range 100 {
			d := backoff(n)
			if d < want || d > max(want+want/5, want) || d > maxBackoff {
				t.Fatalf("backoff(%d) = %v, want %v and up to a fifth", n, d, want)
			}
			apart = apart || d != want
		}
		if !apart && want < maxBackoff {
			t.Errorf("backoff(%d) has no jitter", n)
		}
	}
}
