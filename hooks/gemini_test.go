package hooks

import (
	"encoding/json"
	"strings"
	"testing"

	"claude-mem/internal/config"
)

const geminiHead = `{"session_id":"s","cwd":"/p","timestamp":"2026-11-23T02:33:45.649Z","hook_event_name":"`

// geminiRan is the payload of a command that Gemini ran.
func geminiRan(at, command, told, shown string) string {
	raw, _ := json.Marshal(map[string]any{
		"session_id": "s", "cwd": "/p", "timestamp": at, "hook_event_name": "AfterTool", "tool_name": "run_shell_command",
		"tool_input":    map[string]string{"command": command, "description": "x"},
		"tool_response": map[string]string{"llmContent": told, "returnDisplay": shown},
	})
	return string(raw)
}

func TestGeminiPayloads(t *testing.T) {
	want := map[string]string{
		"SessionStart": "wants session", "BeforeAgent": "user_prompt hash", "AfterAgent": "assistant_message hash, summarize",
		"PreCompress": "skipped: PreCompress is not recorded", "SessionEnd": "end",
		"AfterTool-run_shell_command-failed": "tool_use hash, failed",
	}
	for _, tool := range []string{"grep_search", "mcp_rig_recall", "read_file", "replace", "run_shell_command", "write_file"} {
		want["AfterTool-"+tool] = "tool_use hash"
		want["BeforeTool-"+tool] = "skipped: BeforeTool is not recorded"
	}
	for _, event := range []string{"AfterModel", "BeforeModel", "BeforeToolSelection"} {
		want[event] = "skipped: " + event + " is not recorded"
	}
	payloads(t, Gemini, want)
}

func TestGeminiEvents(t *testing.T) {
	d := decoderOf(t, Gemini)
	for name, tt := range map[string]struct{ in, want string }{
		"resumed":             {geminiHead + `SessionStart","source":"resume"}`, "wants session"},
		"before each request": {geminiHead + `PreCompress","trigger":"auto"}`, "skipped: PreCompress is not recorded"},
		"compression":         {geminiHead + `PreCompress","trigger":"manual"}`, "summarize"},
		"a hook's echo":       {geminiHead + `AfterAgent","stop_hook_active":true,"prompt_response":"again"}`, "skipped: the turn was kept going by a hook"},
		"nothing said":        {geminiHead + `AfterAgent","prompt_response":""}`, "summarize"},
		"context alone":       {geminiHead + `BeforeAgent","prompt":"<hook_context>x</hook_context>\n\n"}`, "skipped: nothing of the prompt may be kept"},
		"our own tools":       {geminiHead + `AfterTool","tool_name":"mcp_claude-mem_search"}`, "skipped: the tool is in " + config.SkipTools},
		"the agent's list":    {geminiHead + `AfterTool","tool_name":"write_todos"}`, "skipped: the tool is in " + config.SkipTools},
		"our own command":     {geminiRan("", "claude-mem search x", "Output: y", "y"), "skipped: the command is our own"},
	} {
		r, skipped := decodeOne(t, d, tt.in)
		if got := told(r, skipped); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
	r, _ := decodeOne(t, d, geminiHead+`SessionStart","source":"resume"}`)
	if !r.Want.Resumed || r.OccurredAt.Time().UTC().Format("15:04:05.000") != "02:33:45.649" {
		t.Errorf("%+v", r)
	}
}

// What others put into a prompt is not the person's.
func TestGeminiPrompt(t *testing.T) {
	d := decoderOf(t, Gemini)
	for in, want := range map[string]string{
		"build calc": "build calc",
		"<hook_context>a &lt;b&gt;</hook_context>\n\n<hook_context>c</hook_context>\n\nbuild calc": "build calc",
		"why <hook_context>?":    "why <hook_context>?",
		"<hook_context>unclosed": "<hook_context>unclosed",
		"look at @calc.py\n--- Content from referenced files ---\nContent from @calc.py:\ndef add(a, b):\n    pass\n--- End of content ---": "look at @calc.py",
	} {
		raw, _ := json.Marshal(in)
		r, _ := decodeOne(t, d, geminiHead+`BeforeAgent","prompt":`+string(raw)+`}`)
		var p struct{ Prompt string }
		if r.Event == nil || json.Unmarshal(r.Event.Payload, &p) != nil || p.Prompt != want {
			t.Errorf("%q became %q", in, p.Prompt)
		}
	}
}

// A call has no id: its time and all that it answered tell it from an equal one.
func TestGeminiCallsAreToldApart(t *testing.T) {
	const at, later = "2026-11-23T02:33:45.649Z", "2026-11-23T02:33:45.650Z"
	wrapped := func(pid string) string {
		return "<untrusted_context>\nOutput: ok\nProcess Group PGID: " + pid + "\n</untrusted_context>"
	}
	once := geminiRan(at, "make", wrapped("1"), "ok")
	all := ids(t, decoderOf(t, Gemini), once, once, geminiRan(later, "make", wrapped("1"), "ok"), geminiRan(at, "make", wrapped("2"), "ok"), geminiRan(at, "make all", wrapped("1"), "ok"))
	if all[0] != all[1] {
		t.Error("one call that is told twice is two events")
	}
	for i, id := range all[2:] {
		if id == all[0] {
			t.Errorf("call %d is taken for the first", i+2)
		}
	}
}

func TestGeminiShell(t *testing.T) {
	d := decoderOf(t, Gemini)
	for name, tt := range map[string]struct{ told, shown, response, err string }{
		"done":                      {"Output: a\nb\nProcess Group PGID: 7", "a\nb", `"a\nb"`, ""},
		"nothing printed":           {"Output: (empty)\nProcess Group PGID: 7", "", `""`, ""},
		"failed":                    {"Output: oops\nExit Code: 3\nProcess Group PGID: 7", "oops", "", "Exit code 3\noops"},
		"failed without a word":     {"Output: (empty)\nExit Code: 1", "", "", "Exit code 1"},
		"killed":                    {"Output: x\nSignal: 9\nBackground PIDs: 8, 9\nProcess Group PGID: 7", "x", "", "Ended by signal 9\nx"},
		"never started":             {"Output: (empty)\nError: spawn bash ENOENT", "", "", "spawn bash ENOENT"},
		"prints a code itself":      {"Output: x\nExit Code: 9\nProcess Group PGID: 7", "x\nExit Code: 9", `"x\nExit Code: 9"`, ""},
		"prints one and fails":      {"Output: Exit Code: 9\nExit Code: 1", "Exit Code: 9", "", "Exit code 1\nExit Code: 9"},
		"cancelled":                 {"Command was cancelled by user before it could complete.", "Command cancelled by user.", "", "Command was cancelled by user before it could complete."},
		"moved to the background":   {"Command moved to background (PID: 7).", "", `"Command moved to background (PID: 7)."`, ""},
		"with the element around":   {"<untrusted_context>\nOutput: a\n</untrusted_context>", "a", `"a"`, ""},
		"a code within the printed": {"Output: Exit Code: 4\nfine", "", `"Exit Code: 4\nfine"`, ""},
	} {
		r, _ := decodeOne(t, d, geminiRan("", "make", tt.told, tt.shown))
		if tool := toolOf(t, r); string(tool.Response) != tt.response || tool.Error != tt.err {
			t.Errorf("%s: answered %s, failed %q", name, tool.Response, tool.Error)
		}
	}
}

func TestGeminiTools(t *testing.T) {
	d := decoderOf(t, Gemini)
	for name, tt := range map[string]struct{ in, response, err string }{
		"a read": {`"tool_name":"read_file","tool_response":{"llmContent":"package a","returnDisplay":""}`, `"package a"`, ""},
		"a failed read": {`"tool_name":"read_file","tool_response":{"llmContent":"Could not read file.","returnDisplay":"File not found.","error":{"message":"File not found: /p/x","type":"file_not_found"}}`,
			"", "File not found: /p/x"},
		"failed without a word": {`"tool_name":"x","tool_response":{"llmContent":"","error":{}}`, "", "failed"},
		"nothing found":         {`"tool_name":"grep_search","tool_response":{"llmContent":"No matches found for pattern \"x\".","returnDisplay":{"summary":"No matches found"}}`, `"No matches found"`, ""},
		"no files":              {`"tool_name":"glob","tool_response":{"llmContent":"No files found matching pattern","returnDisplay":"No files found"}`, `"No files found"`, ""},
		"an edit says nothing twice": {`"tool_name":"replace","tool_response":{"llmContent":"Successfully modified file: a (1 replacements). Here is the updated code:\nx","returnDisplay":{"fileDiff":"@@","filePath":"/p/a","originalContent":"y","newContent":"x","diffStat":{"a":1},"isNewFile":false}}`,
			`{"llmContent":"Successfully modified file: a (1 replacements).","returnDisplay":{"fileDiff":"@@","filePath":"/p/a","isNewFile":false}}`, ""},
		"a plain edit": {`"tool_name":"write_file","tool_response":{"llmContent":"Written."}`, `"Written."`, ""},
		"MCP":          {`"tool_name":"mcp_a_b","tool_response":{"llmContent":[{"text":"<untrusted_context>\nx\n</untrusted_context>"},{"inlineData":{}},{"text":"y"}],"returnDisplay":"x"}`, `"x\ny"`, ""},
		"an image":     {`"tool_name":"read_file","tool_response":{"llmContent":{"inlineData":{"data":"x"}},"returnDisplay":"Read image"}`, `{"llmContent":{"inlineData":{"data":"x"}}}`, ""},
		"a bare text":  {`"tool_name":"x","tool_response":"done"`, `"done"`, ""},
		"no answer":    {`"tool_name":"x"`, "", ""},
	} {
		r, _ := decodeOne(t, d, geminiHead+`AfterTool",`+tt.in+`}`)
		if tool := toolOf(t, r); string(tool.Response) != tt.response || tool.Error != tt.err {
			t.Errorf("%s: answered %s, failed %q", name, tool.Response, tool.Error)
		}
	}
}

// Gemini is told about a file with its content.
func TestGeminiFileContext(t *testing.T) {
	d := decoderOf(t, Gemini, config.FileContext+"=1")
	for in, want := range map[string]string{
		`"tool_name":"read_file","tool_input":{"file_path":"/p/a/b.py"},"tool_response":{"llmContent":"x"}`:                             "a/b.py",
		`"tool_name":"read_file","tool_input":{"file_path":"a/b.py"},"tool_response":{"llmContent":"x"}`:                                "a/b.py",
		`"tool_name":"read_file","tool_input":{"file_path":"/p/b.py"},"tool_response":{"llmContent":"x","error":{"message":"no file"}}`: "",
		`"tool_name":"replace","tool_input":{"file_path":"/p/a/b.py"},"tool_response":{"llmContent":"x"}`:                               "",
	} {
		r, _ := decodeOne(t, d, geminiHead+`AfterTool",`+in+`}`)
		if r.Want.File != want || r.Event == nil {
			t.Errorf("%s: asks about %q, want %q", in, r.Want.File, want)
		}
	}
}

func TestGeminiAnswer(t *testing.T) {
	for payload, want := range map[string]string{
		geminiHead + `SessionStart","source":"startup"}`: `{"hookSpecificOutput":{"hookEventName":"SessionStart","additionalContext":"known"}}`,
		geminiHead + `BeforeAgent","prompt":"x"}`:        `{"hookSpecificOutput":{"hookEventName":"BeforeAgent","additionalContext":"known"}}`,
		geminiHead + `AfterTool","tool_name":"read_file","tool_input":{"file_path":"/p/a"},"tool_response":{"llmContent":"x"}}`: `{"hookSpecificOutput":{"hookEventName":"AfterTool","additionalContext":"known"}}`,
		geminiHead + `Notification"}`: "",
	} {
		// It puts an element of its own around the text.
		for _, text := range []string{"known", "<claude-mem-context>\nknown\n</claude-mem-context>\n"} {
			if got := answers(t, Gemini, payload, text); got != want {
				t.Errorf("%s: printed %s", payload, got)
			}
		}
	}
	long := strings.Repeat("a line\n", 5000)
	if got := answers(t, Gemini, geminiHead+`SessionStart"}`, long); len(got) < len(long) {
		t.Errorf("%d of %d bytes are left; Gemini has no limit", len(got), len(long))
	}
}

func FuzzGemini(f *testing.F) {
	fuzzHost(f, Gemini, geminiHead+`SessionStart"}`, geminiHead+`BeforeAgent","prompt":"<hook_context>x</hook_context>y"}`,
		geminiRan("2026-11-23T02:33:45.649Z", "make", "<untrusted_context>\nOutput: x\nExit Code: 3\n</untrusted_context>", "x"),
		geminiHead+`AfterTool","tool_name":"replace","tool_response":{"llmContent":"x","returnDisplay":{"newContent":1}}}`,
		geminiHead+`AfterTool","tool_name":"grep_search","tool_response":{"llmContent":[{"text":"x"}],"returnDisplay":{"summary":5}}}`)
}
