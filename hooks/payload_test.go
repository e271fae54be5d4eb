package hooks

import (
	"fmt"
	"strings"
	"testing"

	"claude-mem/internal/config"
)

func TestPayloadTooLarge(t *testing.T) {
	huge := strings.Repeat("x", maxPayload)
	const head = `{"session_id":"s1","cwd":"/nowhere/api","hook_event_name":"`
	for name, tt := range map[string]struct {
		payload string
		tool    string // "" when nothing is recorded
		want    string // in what is recorded, % for the size
		lost    int64
	}{
		"tool response": {head + `PostToolUse","tool_name":"Bash","tool_input":{"command":"DB_PASSWORD=hunter2 cat"},"tool_response":{"stdout":"` + huge + `"},"tool_use_id":"t1"}`,
			"Bash", `{"tool_name":"Bash","tool_input":{"command":"DB_PASSWORD=[redacted:password] cat"},"tool_response":"[payload of % bytes left out]","cwd":"/nowhere/api"}`, 0},
		"tool input": {head + `PostToolUse","tool_use_id":"t1","tool_name":"Write","tool_input":{"content":"` + huge,
			"Write", `{"tool_name":"Write","tool_input":"[payload of % bytes left out]","cwd":"/nowhere/api"}`, 0},
		"prompt":          {head + `UserPromptSubmit","prompt":"` + huge + `"}`, "prompt", `{"prompt":"[payload of % bytes left out]","cwd":"/nowhere/api"}`, 0},
		"event unknown":   {`{"session_id":"s1","x":"` + huge + `","hook_event_name":"Stop"}`, "", "", 1},
		"session unknown": {`{"hook_event_name":"Stop","x":"` + huge + `","session_id":"s1"}`, "", "", 1},
		"tool unknown":    {head + `PostToolUse","tool_response":"` + huge + `","tool_name":"Bash"}`, "", "", 1},
		"no object":       {`["` + huge + `"]`, "", "", 1},
		"not JSON":        {huge + huge, "", "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			if out := r.run(tt.payload); out != "" {
				t.Errorf("printed %q", out)
			}
			if st := r.stats(); st.Refused != tt.lost {
				t.Errorf("%d counted as lost, want %d", st.Refused, tt.lost)
			}
			all := r.spooled()
			if (tt.tool == "") != (len(all) == 0) {
				t.Fatalf("%d records", len(all))
			}
			if want := strings.ReplaceAll(tt.want, "%", fmt.Sprint(len(tt.payload))); want != "" && string(all[0].Event.Payload) != want {
				t.Errorf("got %.300s, want %s", all[0].Event.Payload, want)
			}
		})
	}
}

func TestOwnCommands(t *testing.T) {
	d := decoder(t)
	for command, own := range map[string]bool{
		"claude-mem search x":                      true,
		"cd x && claude-mem search foo | head":     true,
		"make; claude-mem status":                  true,
		"false || /usr/bin/claude-mem search x":    true,
		"A=1 B='2' claude-mem search x":            true,
		"(claude-mem search x)":                    true,
		"echo hi\nclaude-mem search x":             true,
		`"/opt/my/claude-mem" search x`:            true,
		"sleep 9 & claude-mem.exe search":          true,
		"echo $(claude-mem search x)":              true,
		"cd claude-mem && go test":                 false,
		"go build -o claude-mem .":                 false,
		`git commit -m "x; claude-mem y"`:          false,
		`grep 'a|claude-mem' -r . && echo \; done`: false,
		"grep claude-mem-other .":                  false,
		"claude-memory x":                          false,
	} {
		in := fmt.Sprintf(`{"hook_event_name":"PostToolUse","session_id":"s","cwd":"/p","tool_use_id":"t","tool_name":"Bash","tool_input":{"command":%q}}`, command)
		if _, skipped := decodeOne(t, d, in); (skipped != "") != own {
			t.Errorf("%s: skipped %q, want %v", command, skipped, own)
		}
	}
}

func TestServersHaveSpoolsOfTheirOwn(t *testing.T) {
	r := newRig(t, config.ServerURL+"=http://127.0.0.1:1")
	r.run(toolPayload)
	if st := r.stats(); st.Records != 0 {
		t.Errorf("the local daemon would take in %d records of another server", st.Records)
	}
	r.vars = nil
	r.run(toolPayload)
	if st := r.stats(); st.Records != 1 {
		t.Errorf("%d local records", st.Records)
	}
}
