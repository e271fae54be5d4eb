package hooks

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"claude-mem/internal/privacy"
	"claude-mem/memory"
)

// ClaudeCode is the agent's name on the command line and in sessions.
const ClaudeCode = "claude-code"

// claudeCode is Anthropic's Claude Code (seen with 2.1.330).
type claudeCode struct{}

// claudePayload is what stands on standard input, as far as it matters to us.
type claudePayload struct {
	Event     string `json:"hook_event_name"`
	Session   string `json:"session_id"`
	CWD       string `json:"cwd"`
	PromptID  string `json:"prompt_id"`
	Timestamp string `json:"timestamp"` // RFC 3339; recorded streams have one
	Source    string `json:"source"`    // of SessionStart: startup, resume, clear, compact, fork
	AgentID   string `json:"agent_id"`
	AgentType string `json:"agent_type"`

	Prompt  string `json:"prompt"`
	Message string `json:"last_assistant_message"`
	Active  bool   `json:"stop_hook_active"`

	Tool      string          `json:"tool_name"`
	ToolID    string          `json:"tool_use_id"`
	Input     json.RawMessage `json:"tool_input"`
	Response  json.RawMessage `json:"tool_response"`
	Error     string          `json:"error"`
	Interrupt bool            `json:"is_interrupt"`
	Duration  float64         `json:"duration_ms"`
}

func (claudeCode) platform() string { return ClaudeCode }

// projectDir stays what it is while cwd follows the agent's cd.
func (claudeCode) projectDir(env environ) string { return env.get("CLAUDE_PROJECT_DIR") }

func (claudeCode) decode(payload []byte) (event, error) {
	var p claudePayload
	if err := unmarshal(payload, &p); err != nil {
		return event{}, err
	}
	e := event{
		name: p.Event, session: p.Session, cwd: p.CWD, turn: p.PromptID,
		agentID: bounded(p.AgentID), agentType: bounded(p.AgentType),
	}
	if at, err := time.Parse(time.RFC3339, p.Timestamp); err == nil && at.Unix() > 0 {
		e.at = at
	}
	switch p.Event {
	case "SessionStart":
		e.kind, e.resumed = kindSessionStart, p.Source == "resume"
	case "UserPromptSubmit":
		e.kind, e.prompt = kindPrompt, p.Prompt
	case "PreToolUse":
		if p.Tool == "Read" {
			e.kind, e.file = kindBeforeRead, textField(p.Input, "file_path")
		}
	case "PostToolUse", "PostToolUseFailure":
		e.kind, e.toolID, e.tool = kindTool, p.ToolID, claudeTool(p)
	case "Stop":
		e.kind, e.message, e.again = kindStop, p.Message, p.Active
	case "SubagentStop":
		// Compaction runs an agent without a type, whose words are not the session's.
		if p.AgentType != "" {
			e.kind, e.message, e.again = kindSubagentStop, p.Message, p.Active
		}
	case "PreCompact":
		e.kind = kindCompact
	case "SessionEnd":
		e.kind = kindSessionEnd
	}
	return e, nil
}

// unmarshal decodes as far as it can: a field of another type than ours is left
// empty, since no version of a host is the last.
func unmarshal(payload []byte, into any) error {
	err := json.Unmarshal(payload, into)
	if _, wrongType := errors.AsType[*json.UnmarshalTypeError](err); wrongType {
		return nil
	}
	return err
}

// bounded cuts an id or a name that only labels an event.
func bounded(s string) string {
	for len(s) > memory.MaxIDBytes {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// textField returns a text of a JSON object, or "".
func textField(raw json.RawMessage, name string) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return ""
	}
	var s string
	_ = json.Unmarshal(fields[name], &s) // another type counts as missing
	return s
}

// maxContext is how many characters of a hook's text Claude Code passes on whole;
// it allows 10,000 and shows a preview of anything longer.
const maxContext = 9500

func (claudeCode) answer(e event, text string) []byte {
	type output struct {
		Event   string `json:"hookEventName"`
		Context string `json:"additionalContext"`
	}
	out, err := json.Marshal(map[string]output{
		"hookSpecificOutput": {Event: e.name, Context: fitContext(text, maxContext)},
	})
	if err != nil {
		return nil
	}
	return out
}

// fitContext cuts the text after the last whole line that fits, and closes our
// block again so that it is recognised when it comes back.
func fitContext(text string, most int) string {
	if len(text) <= most || utf16Len(text) <= most {
		return text
	}
	const open, closing = "<" + privacy.ContextTag, "\n</" + privacy.ContextTag + ">"
	end := ""
	if strings.Contains(text, open) {
		end = closing
	}
	room, cut, line := most-utf16Len(end), 0, 0
	for i, r := range text {
		if room -= max(utf16.RuneLen(r), 1); room < 0 {
			break
		}
		if cut = i; r == '\n' {
			line = i
		}
	}
	if line > cut/2 {
		cut = line
	}
	return text[:cut] + end
}

// utf16Len counts characters as the host does.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}
