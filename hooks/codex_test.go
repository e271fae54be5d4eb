package hooks

import (
	"encoding/json"
	"strings"
	"testing"

	"claude-mem/internal/config"
)

const codexHead = `{"session_id":"s","turn_id":"u1","cwd":"/p","hook_event_name":"`

// codexRan is the payload of a command that Codex ran.
func codexRan(turn, id, command, printed string) string {
	in, _ := json.Marshal(map[string]string{"command": command})
	out, _ := json.Marshal(printed)
	return `{"session_id":"s","turn_id":"` + turn + `","cwd":"/p","hook_event_name":"PostToolUse","tool_name":"Bash","tool_input":` +
		string(in) + `,"tool_response":` + string(out) + `,"tool_use_id":"` + id + `"}`
}

func TestCodexPayloads(t *testing.T) {
	const tool = "tool_use hash"
	payloads(t, Codex, map[string]string{
		"SessionStart": "wants session", "UserPromptSubmit": "user_prompt hash",
		"PreToolUse-Bash": "skipped: PreToolUse is not recorded", "PreToolUse-apply_patch": "skipped: PreToolUse is not recorded",
		"PreToolUse-mcp__rig__recall": "skipped: PreToolUse is not recorded",
		"PostToolUse-Bash":            tool, "PostToolUse-Bash-failed": tool, "PostToolUse-apply_patch": tool, "PostToolUse-mcp__rig__recall": tool,
		"Stop": "assistant_message hash, summarize", "SessionEnd": "end",
	})
}

func TestCodexEvents(t *testing.T) {
	d := decoderOf(t, Codex)
	for name, tt := range map[string]struct{ in, want string }{
		"resumed":              {codexHead + `SessionStart","source":"resume"}`, "wants session"},
		"compaction":           {codexHead + `PreCompact","trigger":"auto"}`, "summarize"},
		"after compaction":     {codexHead + `PostCompact","trigger":"auto"}`, "skipped: PostCompact is not recorded"},
		"interrupted":          {codexHead + `Interrupt"}`, "summarize"},
		"sub-agent":            {codexHead + `SubagentStop","agent_id":"a1","agent_type":"explorer","last_assistant_message":"found it"}`, "assistant_message hash, by explorer"},
		"a hook's echo":        {codexHead + `Stop","stop_hook_active":true,"last_assistant_message":"again"}`, "skipped: the turn was kept going by a hook"},
		"no last message":      {codexHead + `Stop","last_assistant_message":null}`, "summarize"},
		"a sub-agent's prompt": {codexHead + `UserPromptSubmit","agent_id":"a1","agent_type":"explorer","prompt":"look"}`, "user_prompt hash, by explorer"},
		"made up by Codex":     {codexHead + `UserPromptSubmit","prompt":"<turn_aborted>\nThe user interrupted"}`, "skipped: the host made the prompt up"},
		"our own tools":        {codexHead + `PostToolUse","tool_name":"mcp__claude_mem__search","tool_use_id":"1"}`, "skipped: the tool is in " + config.SkipTools},
		"the agent's plan":     {codexHead + `PostToolUse","tool_name":"update_plan","tool_use_id":"1"}`, "skipped: the tool is in " + config.SkipTools},
		"our own command":      {codexRan("u", "1", "claude-mem search x", "y"), "skipped: the command is our own"},
	} {
		r, skipped := decodeOne(t, d, tt.in)
		if got := told(r, skipped); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
	if r, _ := decodeOne(t, d, codexHead+`SessionStart","source":"resume"}`); !r.Want.Resumed {
		t.Error("a resumed session is told all again")
	}
}

// A model server may use an id again in each answer; what is delivered twice has the
// same turn, id and text.
func TestCodexCallsAreToldApart(t *testing.T) {
	d := decoderOf(t, Codex)
	once := codexRan("u1", "call_0", "go test ./...", "ok")
	all := ids(t, d, once, once,
		codexRan("u2", "call_0", "go test ./...", "ok"),
		codexRan("u1", "call_1", "go test ./...", "ok"),
		codexRan("u1", "call_0", "go vet ./...", "ok"))
	if all[0] != all[1] {
		t.Error("one call that is told twice is two events")
	}
	for i, id := range all[2:] {
		if id == all[0] {
			t.Errorf("call %d is taken for the first", i+2)
		}
	}
}

func TestCodexTools(t *testing.T) {
	d := decoderOf(t, Codex)
	for name, tt := range map[string]struct{ in, response, err string }{
		"a command":       {`"tool_name":"Bash","tool_response":"Exit code: 1\n"`, `"Exit code: 1\n"`, ""},
		"a patch":         {`"tool_name":"apply_patch","tool_response":"Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess."`, `"Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess."`, ""},
		"a failed patch":  {`"tool_name":"apply_patch","tool_response":"Exit code: 1\nWall time: 0 seconds\nOutput:\nNo such file"`, "", "Exit code 1\nNo such file"},
		"MCP":             {`"tool_name":"mcp__a__b","tool_response":{"content":[{"type":"text","text":"x"}]}`, `{"content":[{"type":"text","text":"x"}]}`, ""},
		"failed MCP":      {`"tool_name":"mcp__a__b","tool_response":{"isError":true,"content":[{"text":"no"},{"data":1},{"text":"way"}]}`, "", "no\nway"},
		"silently failed": {`"tool_name":"mcp__a__b","tool_response":{"isError":true}`, "", "failed"},
	} {
		r, _ := decodeOne(t, d, codexHead+`PostToolUse",`+tt.in+`}`)
		if tool := toolOf(t, r); string(tool.Response) != tt.response || tool.Error != tt.err {
			t.Errorf("%s: answered %s, failed %q", name, tool.Response, tool.Error)
		}
	}
}

// Codex reads files with commands, and hears of them with the answer.
func TestCodexFileContext(t *testing.T) {
	d := decoderOf(t, Codex, config.FileContext+"=1")
	for command, want := range map[string]string{
		"cat calc.py":                   "calc.py",
		"sed -n '1,200p' src/calc.py":   "src/calc.py",
		"nl -ba calc.py | sed -n 1,20p": "calc.py",
		"head -n 20 ./calc.py":          "calc.py",
		`cat "calc.py" && git status`:   "calc.py",
		"cat /etc/hosts":                "/etc/hosts",
		"cat a.py b.py":                 "",
		"cat *.py":                      "",
		"cat > calc.py":                 "",
		"sed -i s/a/b/ calc.py":         "",
		"sed -n":                        "",
		"cat":                           "",
		"go test ./...":                 "",
		"":                              "",
	} {
		r, _ := decodeOne(t, d, codexRan("u", "1", command, "x"))
		if r.Want.File != want || r.Event == nil {
			t.Errorf("%q: asks about %q, want %q", command, r.Want.File, want)
		}
	}
	r, _ := decodeOne(t, decoderOf(t, Codex), codexRan("u", "1", "cat calc.py", "x"))
	if r.Want.File != "" {
		t.Errorf("asks about %q though that is off", r.Want.File)
	}
}

func TestCodexAnswer(t *testing.T) {
	for payload, want := range map[string]string{
		codexHead + `SessionStart","source":"startup"}`:  `{"hookSpecificOutput":{"hookEventName":"SessionStart","additionalContext":"known"}}`,
		codexHead + `UserPromptSubmit","prompt":"x"}`:    `{"hookSpecificOutput":{"hookEventName":"UserPromptSubmit","additionalContext":"known"}}`,
		codexRan("u1", "1", "cat calc.py", "x"):          `{"hookSpecificOutput":{"hookEventName":"PostToolUse","additionalContext":"known"}}`,
		codexHead + `PermissionRequest","tool_name":"x"`: "",
	} {
		if got := answers(t, Codex, payload, "known"); got != want {
			t.Errorf("%s: printed %s", payload, got)
		}
	}
	// Codex counts bytes.
	var out struct {
		Hook struct {
			Context string `json:"additionalContext"`
		} `json:"hookSpecificOutput"`
	}
	printed := answers(t, Codex, codexHead+`SessionStart"}`, "<claude-mem-context>\n"+strings.Repeat("è line\n", 3000)+"</claude-mem-context>\n")
	if err := json.Unmarshal([]byte(printed), &out); err != nil {
		t.Fatal(err)
	}
	if got := out.Hook.Context; len(got) > maxCodexContext || len(got) < maxCodexContext-100 || !strings.HasSuffix(got, "line\n</claude-mem-context>") {
		t.Errorf("%d bytes, ending in %q", len(got), got[len(got)-60:])
	}
}

func FuzzCodex(f *testing.F) {
	fuzzHost(f, Codex, codexHead+`SessionStart"}`, codexRan("u1", "call_0", "sed -n 1,2p 'a b'", "x"), codexHead+`UserPromptSubmit","prompt":"x"}`,
		codexHead+`PostToolUse","tool_name":"apply_patch","tool_response":"Exit code: 1\nOutput:\n"}`,
		codexHead+`PostToolUse","tool_name":"mcp__a__b","tool_response":{"isError":true,"content":[{"text":1}]}}`)
}
