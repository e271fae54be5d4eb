package hooks

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"claude-mem/internal/config"
	"claude-mem/internal/project"
	"claude-mem/internal/recorded"
	"claude-mem/memory"
)

// settings loads a configuration of its own folder; vars are NAME=value.
func settings(t testing.TB, vars ...string) *config.Config {
	t.Helper()
	cfg, err := config.Load(config.Options{Environ: append(vars, config.DataDir+"="+t.TempDir())})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// decoder reads Claude Code's payloads and takes each folder for its own project.
func decoder(t testing.TB, vars ...string) *Decoder {
	t.Helper()
	return decoderOf(t, ClaudeCode, vars...)
}

// decoderOf is decoder for any host.
func decoderOf(t testing.TB, agent string, vars ...string) *Decoder {
	t.Helper()
	d, err := NewDecoder(DecoderOptions{
		Agent: agent, Config: settings(t, vars...),
		Resolve: func(cwd string) project.Identity { return project.Identity{Name: cwd, Root: cwd} },
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// told is what a record amounts to, in words: what tests compare.
func told(r memory.HookRecord, skipped string) string {
	if skipped != "" {
		return "skipped: " + skipped
	}
	var out []string
	if e := r.Event; e != nil {
		out = append(out, e.Type+" "+strings.SplitN(e.SourceID, "_", 2)[0])
		if e.AgentID != "" {
			out = append(out, "by "+e.AgentType)
		}
		if strings.HasPrefix(e.SourceID, "sha256:") {
			out[0] = e.Type + " hash"
		}
	}
	for word, on := range map[string]bool{"session": r.Want.Session, "file": r.Want.File != "", "prompt": r.Want.Prompt != ""} {
		if on {
			out = append(out, "wants "+word)
		}
	}
	if r.Summarize {
		out = append(out, "summarize")
	}
	if r.EndSession {
		out = append(out, "end")
	}
	return strings.Join(out, ", ")
}

// TestPayloads decodes one real payload of every event and tool.
func TestPayloads(t *testing.T) {
	const tool, bySub = "tool_use toolu", "tool_use toolu, by general-purpose"
	want := map[string]string{
		"SessionStart-clear": "wants session", "SessionStart-compact": "wants session", "SessionStart-fork": "wants session",
		"SessionStart-resume": "wants session", "SessionStart-startup": "wants session",
		"UserPromptSubmit": "user_prompt hash", "UserPromptSubmit-slash": "user_prompt hash",
		"UserPromptSubmit-task-notification": "skipped: the host made the prompt up",
		"PreToolUse-Read-subagent":           "wants file",
		"PostToolUse-Agent":                  tool, "PostToolUse-Bash": tool, "PostToolUse-Bash-subagent": bySub, "PostToolUse-Edit": tool,
		"PostToolUse-Glob": tool, "PostToolUse-Grep": tool, "PostToolUse-Read": tool, "PostToolUse-Read-subagent": bySub,
		"PostToolUse-TaskCreate": tool, "PostToolUse-TaskUpdate": tool, "PostToolUse-ToolSearch": tool, "PostToolUse-Write": tool,
		"PostToolUse-mcp__rig__recall": tool, "PostToolUseFailure-Bash": tool, "PostToolUseFailure-Read": tool,
		"Stop": "assistant_message hash, summarize", "Stop-background": "assistant_message hash, summarize",
		"SubagentStop":            "assistant_message hash, by general-purpose",
		"SubagentStop-compaction": "skipped: SubagentStop is not recorded",
		"PreCompact-auto":         "summarize", "PreCompact-manual": "summarize",
		"SessionEnd-clear": "end", "SessionEnd-other": "end", "SessionEnd-prompt_input_exit": "end",
	}
	for _, name := range []string{"ConfigChange", "CwdChanged", "FileChanged", "InstructionsLoaded", "MessageDisplay", "Notification-permission_prompt",
		"PermissionRequest-Bash", "PostCompact-auto", "PostCompact-manual", "PostModelSwitch", "PostToolBatch", "PostToolBatch-subagent",
		"PostToolBatch-tool-error", "PostToolBatch-two-calls", "PreModelSwitch", "PreToolUse-Bash", "PreToolUse-Bash-subagent", "PreToolUse-Edit",
		"PreToolUse-mcp__rig__recall", "Setup-init", "Setup-maintenance", "StopFailure-server_error", "StopFailure-unknown", "SubagentStart",
		"TaskCompleted", "TaskCreated", "UserPromptExpansion"} {
		event, _, _ := strings.Cut(name, "-")
		want[name] = "skipped: " + event + " is not recorded"
	}
	d := decoder(t, config.FileContext+"=true")
	files, err := filepath.Glob(filepath.Join(recorded.Dir(t), "hook-payloads", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(want) {
		t.Errorf("%d payloads, %d expected", len(files), len(want))
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			payload, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r, skipped, err := d.Decode(payload)
			if err != nil {
				t.Fatal(err)
			}
			if got := told(r, skipped); got != want[name] {
				t.Errorf("got %q, want %q", got, want[name])
			}
			if skipped == "" && (r.Project != "/home/dev/project" && !strings.HasPrefix(r.Project, "/home/dev/project/") || r.PlatformSource != "claude-code") {
				t.Errorf("filed under %q by %q", r.Project, r.PlatformSource)
			}
		})
	}
}

// TestRecordedSessions decodes every event of 52 real sessions.
func TestRecordedSessions(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(recorded.Dir(t), "sessions", "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	d := decoder(t)
	got := map[string]int{}
	ids := map[string]bool{}
	var in, out, largest int
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			r, skipped, err := d.Decode([]byte(line))
			if err != nil {
				t.Fatalf("%s: %v", filepath.Base(file), err)
			}
			if skipped != "" {
				got["skipped: "+skipped]++
				continue
			}
			raw, err := json.Marshal(r)
			if err != nil || r.Validate() != nil || !utf8.Valid(raw) {
				t.Fatalf("%s: %v, %v", filepath.Base(file), err, r.Validate())
			}
			if r.OccurredAt.Time().Year() != 2026 {
				t.Errorf("happened in %d: the recorded time is not taken over", r.OccurredAt.Time().Year())
			}
			in, out, largest = in+len(line), out+len(raw), max(largest, len(raw))
			if e := r.Event; e != nil {
				got[e.Type]++
				if ids[e.SourceID] {
					t.Errorf("two events are %s", e.SourceID)
				}
				ids[e.SourceID] = true
			}
			if r.Want.Session {
				got["start"]++
			}
			if r.EndSession {
				got["end"]++
			}
		}
	}
	want := map[string]int{
		"start": 52, "end": 52, memory.EventToolUse: 2169, memory.EventUserPrompt: 251, memory.EventAssistantMessage: 264,
		"skipped: the tool is in CLAUDE_MEM_SKIP_TOOLS": 170, "skipped: the host made the prompt up": 19,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if out > in*2/3 || largest > 160<<10 {
		t.Errorf("%d bytes became %d, the largest record has %d", in, out, largest)
	}
	t.Logf("%d bytes became %d, the largest record has %d", in, out, largest)
}

func decodeOne(t *testing.T, d *Decoder, payload string) (memory.HookRecord, string) {
	t.Helper()
	r, skipped, err := d.Decode([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return r, skipped
}

func TestToolPayload(t *testing.T) {
	const head = `{"hook_event_name":"PostToolUse","session_id":"s","cwd":"/p","tool_use_id":"toolu_1",`
	for name, tt := range map[string]struct{ in, want string }{
		"an edit says nothing twice": {
			`"tool_name":"Edit","tool_input":{"file_path":"/p/a","old_string":"x","new_string":"y"},"tool_response":{"filePath":"/p/a","oldString":"x","newString":"y","originalFile":"whole","structuredPatch":[],"userModified":false,"replaceAll":false},"duration_ms":7.6}`,
			`{"tool_name":"Edit","tool_input":{"file_path":"/p/a","old_string":"x","new_string":"y"},"tool_response":{"filePath":"/p/a","structuredPatch":[],"userModified":false},"cwd":"/p","duration_ms":7}`},
		"a write keeps its content once": {
			`"tool_name":"Write","tool_input":{"file_path":"/p/a","content":"c"},"tool_response":{"type":"create","filePath":"/p/a","content":"c","structuredPatch":[],"originalFile":null}}`,
			`{"tool_name":"Write","tool_input":{"file_path":"/p/a","content":"c"},"tool_response":{"filePath":"/p/a","structuredPatch":[],"type":"create"},"cwd":"/p"}`},
		"an answer that is a text": {
			`"tool_name":"mcp__x__y","tool_input":{},"tool_response":"ok <private>no</private>"}`,
			`{"tool_name":"mcp__x__y","tool_input":{},"tool_response":"ok ","cwd":"/p"}`},
		"no answer": {
			`"tool_name":"Bash","tool_input":{"command":"true"},"tool_response":null}`,
			`{"tool_name":"Bash","tool_input":{"command":"true"},"cwd":"/p"}`},
		"an edit whose answer is an error text": {
			`"tool_name":"Edit","tool_input":{},"tool_response":"no"}`,
			`{"tool_name":"Edit","tool_input":{},"tool_response":"no","cwd":"/p"}`},
		"secrets": {
			`"tool_name":"Bash","tool_input":{"command":"DB_PASSWORD=hunter2 ./run"},"tool_response":{"stdout":"password: hunter2"}}`,
			`{"tool_name":"Bash","tool_input":{"command":"DB_PASSWORD=[redacted:password] ./run"},"tool_response":{"stdout":"password: [redacted:password]"},"cwd":"/p"}`},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := decodeOne(t, decoder(t), head+tt.in)
			if diff := cmp.Diff(tt.want, string(r.Event.Payload)); diff != "" {
				t.Error(diff)
			}
			if r.Event.SourceID != "toolu_1" {
				t.Errorf("source id %q", r.Event.SourceID)
			}
		})
	}
}

func TestOutline(t *testing.T) {
	const file = "package p\n\nfunc a() {\n\tx()\n}\n\nfunc b() {\n\tif ok {\n\t\tone()\n\t}\n\tfor {\n\t\ttwo()\n\t\tthree()\n\t}\n}\n"
	for name, tt := range map[string]struct {
		h    hunk
		want string
	}{
		"nested":           {hunk{12, []string{" \t\ttwo()", "-\t\tthree()", "+\t\tfour()", " \t}"}}, "func b() {\n\tfor {\n\t\ttwo()\n\t\tthree()"},
		"at the outermost": {hunk{3, []string{"-func a() {", "+func z() {"}}, "func a() {"},
		"insertion":        {hunk{9, []string{" \t\tone()", "+\t\tmore()"}}, "func b() {\n\tif ok {\n\t\tone()"},
		"beyond the file":  {hunk{99, []string{"-\tgone()"}}, "func b() {\n\tgone()"},
		"nothing":          {hunk{-5, []string{""}}, ""},
	} {
		if got := outline(file, tt.h); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
	r, _ := decodeOne(t, decoder(t), `{"hook_event_name":"PostToolUse","session_id":"s","cwd":"/p","tool_use_id":"t","tool_name":"Edit","tool_response":`+
		`{"originalFile":"func a() {\n\tx()\n\ty()\n}\n`+strings.Repeat("// more", 1000)+`","structuredPatch":[{"oldStart":3,"lines":["-\ty()","+\tz()"]}]}}`)
	var got struct {
		Response struct {
			Original string `json:"originalFile"`
		} `json:"tool_response"`
	}
	if err := json.Unmarshal(r.Event.Payload, &got); err != nil || got.Response.Original != "func a() {\n\ty()" {
		t.Errorf("%v: %s", err, r.Event.Payload)
	}
}

func TestFailures(t *testing.T) {
	const head = `{"hook_event_name":"PostToolUseFailure","session_id":"s","cwd":"/p","tool_use_id":"t","tool_name":"Bash","tool_input":{"command":"x"}`
	for in, want := range map[string]memory.ToolUse{
		`,"error":"Exit code 3","is_interrupt":true}`: {Error: "Exit code 3", Interrupt: true},
		`}`:                         {Error: "failed"},
		`,"error":{"an":"object"}}`: {Error: "failed"},
	} {
		r, _ := decodeOne(t, decoder(t), head+in)
		var got memory.ToolUse
		if err := json.Unmarshal(r.Event.Payload, &got); err != nil {
			t.Fatal(err)
		}
		if got.Error != want.Error || got.Interrupt != want.Interrupt {
			t.Errorf("%s: got %+v", in, got)
		}
	}
}

func TestLongFieldsKeepBothEnds(t *testing.T) {
	long := "START" + strings.Repeat("x ", 100_000) + "END"
	d := decoder(t)
	for name, payload := range map[string]string{
		"prompt":  `{"hook_event_name":"UserPromptSubmit","session_id":"s","cwd":"/p","prompt":"` + long + `"}`,
		"message": `{"hook_event_name":"Stop","session_id":"s","cwd":"/p","last_assistant_message":"` + long + `"}`,
		"output":  `{"hook_event_name":"PostToolUse","session_id":"s","cwd":"/p","tool_name":"Bash","tool_use_id":"t","tool_response":{"stdout":"` + long + `"}}`,
		"error":   `{"hook_event_name":"PostToolUseFailure","session_id":"s","cwd":"/p","tool_name":"Bash","tool_use_id":"t","error":"` + long + `"}`,
	} {
		r, _ := decodeOne(t, d, payload)
		got := string(r.Event.Payload)
		if len(got) > maxText+500 || !strings.Contains(got, "START") || !strings.Contains(got, "END") {
			t.Errorf("%s: %d bytes", name, len(got))
		}
	}
}

func TestSourceIDs(t *testing.T) {
	d := decoder(t)
	id := func(fields string) string {
		r, _ := decodeOne(t, d, `{"hook_event_name":"Stop","session_id":"s","cwd":"/p",`+fields+`}`)
		return r.Event.SourceID
	}
	at := `"timestamp":"2026-01-05T12:17:31.459Z","last_assistant_message":`
	base := id(at + `"done"`)
	if again := id(at + `"done"`); again != base {
		t.Error("the same event has two ids")
	}
	for what, other := range map[string]string{
		"text":    id(at + `"other"`),
		"time":    id(`"timestamp":"2026-01-05T12:17:32Z","last_assistant_message":"done"`),
		"agent":   id(at + `"done","agent_id":"a"`),
		"session": id(at + `"done","session_id":"other"`),
	} {
		if other == base {
			t.Errorf("another %s, the same id", what)
		}
	}
	// A hook that is registered twice runs twice, a moment apart.
	first := id(`"prompt_id":"p1","timestamp":"2026-01-05T12:17:31Z","last_assistant_message":"done"`)
	second := id(`"prompt_id":"p1","timestamp":"2026-01-05T12:17:32Z","last_assistant_message":"done"`)
	if first != second {
		t.Error("one turn's message has two ids")
	}
}

func TestWhatIsNotRecorded(t *testing.T) {
	const tool = `{"hook_event_name":"PostToolUse","session_id":"s","cwd":"/home/dev/api","tool_use_id":"t","tool_name":"%"}`
	prompt := func(s string) string {
		return `{"hook_event_name":"UserPromptSubmit","session_id":"s","cwd":"/home/dev/api","prompt":"` + s + `"}`
	}
	for name, tt := range map[string]struct {
		payload string
		vars    []string
		want    string // start of the reason; "" for recorded
	}{
		"skipped tool":          {strings.Replace(tool, "%", "TodoWrite", 1), nil, "the tool is in"},
		"our MCP tools":         {strings.Replace(tool, "%", "mcp__claude-mem__search", 1), nil, "the tool is in"},
		"configured tool":       {strings.Replace(tool, "%", "Grep", 1), []string{config.SkipTools + "=Gr*"}, "the tool is in"},
		"other tool":            {strings.Replace(tool, "%", "TodoWrite", 1), []string{config.SkipTools + "=Gr*"}, ""},
		"no tool":               {strings.Replace(tool, "%", "", 1), nil, "no tool is named"},
		"our own command":       {strings.Replace(tool, `"%"`, `"Bash","tool_input":{"command":"/usr/bin/claude-mem search x"}`, 1), nil, "the command is our own"},
		"excluded by path":      {prompt("x"), []string{config.ExcludedProjects + "=/home/*/api"}, "the project is excluded"},
		"excluded from above":   {prompt("x"), []string{config.ExcludedProjects + "=/home/dev/"}, "the project is excluded"},
		"excluded by name":      {prompt("x"), []string{config.ExcludedProjects + "=web, ap?"}, "the project is excluded"},
		"excluded deep":         {prompt("x"), []string{config.ExcludedProjects + "=/**/api"}, "the project is excluded"},
		"excluded by the end":   {prompt("x"), []string{config.ExcludedProjects + "=dev/api"}, "the project is excluded"},
		"excluded at home":      {prompt("x"), []string{config.ExcludedProjects + "=~/api"}, "the project is excluded"},
		"another is excluded":   {prompt("x"), []string{config.ExcludedProjects + "=/home/dev/a,/home/dev/api/sub,["}, ""},
		"background task":       {prompt("<task-notification>x"), nil, "the host made"},
		"local command":         {prompt(" <command-name>/clear"), nil, "the host made"},
		"interruption":          {prompt("[Request interrupted by user for tool use]"), nil, "the host made"},
		"built-in command":      {prompt("/clear"), nil, "the host made"},
		"a command of a person": {prompt("/review the parser"), nil, ""},
		"all private":           {prompt("<private>x</private> "), nil, "nothing of the prompt"},
		"injected only":         {prompt("<system-reminder>x</system-reminder>"), nil, "nothing of the prompt"},
		"stop hook's echo":      {`{"hook_event_name":"Stop","session_id":"s","cwd":"/p","stop_hook_active":true}`, nil, "the turn was kept going"},
		"silent sub-agent":      {`{"hook_event_name":"SubagentStop","session_id":"s","cwd":"/p","agent_type":"x"}`, nil, "the sub-agent said nothing"},
		"silent stop":           {`{"hook_event_name":"Stop","session_id":"s","cwd":"/p"}`, nil, ""},
		"no session":            {`{"hook_event_name":"Stop","cwd":"/p"}`, nil, "the session has no id"},
		"file context is off":   {`{"hook_event_name":"PreToolUse","session_id":"s","tool_name":"Read","tool_input":{"file_path":"/p/a"}}`, nil, config.FileContext},
		"read of nothing":       {`{"hook_event_name":"PreToolUse","session_id":"s","tool_name":"Read"}`, []string{config.FileContext + "=1"}, "no file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("HOME", "/home/dev")
			_, skipped := decodeOne(t, decoder(t, tt.vars...), tt.payload)
			if (tt.want == "") != (skipped == "") || !strings.HasPrefix(skipped, tt.want) {
				t.Errorf("skipped %q, want %q", skipped, tt.want)
			}
		})
	}
}

func TestWants(t *testing.T) {
	r, _ := decodeOne(t, decoder(t, config.SemanticInject+"=true"),
		`{"hook_event_name":"UserPromptSubmit","session_id":"s","cwd":"/p","prompt":"fix it <private>x</private>"}`)
	if r.Want.Prompt != "fix it" {
		t.Errorf("wants memories of %q", r.Want.Prompt)
	}
	for file, want := range map[string]string{"/p/a/b.go": "a/b.go", "/etc/hosts": "/etc/hosts", "/p2/x": "/p2/x"} {
		r, _ := decodeOne(t, decoder(t, config.FileContext+"=true"),
			`{"hook_event_name":"PreToolUse","session_id":"s","cwd":"/p","tool_name":"Read","tool_input":{"file_path":"`+file+`"}}`)
		if r.Want.File != want {
			t.Errorf("%s: wants %q, want %q", file, r.Want.File, want)
		}
	}
}

func TestWrongPayloads(t *testing.T) {
	for _, in := range []string{"", "null and void", `{"hook_event_name":`, `[]x`} {
		if _, _, err := decoder(t).Decode([]byte(in)); err == nil {
			t.Errorf("%q: no error", in)
		}
	}
	// A field of another type is missing; the rest counts.
	r, skipped := decodeOne(t, decoder(t), `{"hook_event_name":"Stop","session_id":"s","cwd":"/p","timestamp":5,"prompt_id":{},"duration_ms":"x","last_assistant_message":"m"}`)
	if skipped != "" || r.Event == nil {
		t.Errorf("skipped %q, %+v", skipped, r)
	}
	long := strings.Repeat("é", memory.MaxIDBytes)
	r, _ = decodeOne(t, decoder(t), `{"hook_event_name":"PostToolUse","session_id":"s","cwd":"/p","tool_name":"Bash","tool_use_id":"`+long+`","agent_id":"`+long+`"}`)
	if !strings.HasPrefix(r.Event.SourceID, "sha256:") || len(r.Event.AgentID) > memory.MaxIDBytes || !utf8.ValidString(r.Event.AgentID) {
		t.Errorf("%+v", r.Event)
	}
	if _, err := NewDecoder(DecoderOptions{Agent: "vim"}); err == nil {
		t.Error("vim is an agent")
	}
}

func TestFitContext(t *testing.T) {
	block := "<claude-mem-context>\n" + strings.Repeat("a line of memory 🎉\n", 1000) + "</claude-mem-context>"
	got := fitContext(block, 500, utf16Width)
	if n := length(got, utf16Width); n > 500 || n < 450 {
		t.Errorf("%d characters", n)
	}
	if !strings.HasSuffix(got, "memory 🎉\n</claude-mem-context>") {
		t.Errorf("ends in %q", got[len(got)-60:])
	}
	if got := fitContext(strings.Repeat("x", 600), 500, utf16Width); len(got) < 490 || len(got) > 500 {
		t.Errorf("one line: %d characters", len(got))
	}
	if got := fitContext("short", 500, utf16Width); got != "short" {
		t.Errorf("got %q", got)
	}
}
