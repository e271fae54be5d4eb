package hooks

import "encoding/json"

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
		name: p.Event, session: p.Session, cwd: p.CWD, at: timeOf(p.Timestamp), once: p.PromptID,
		agentID: bounded(p.AgentID), agentType: bounded(p.AgentType),
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

// maxContext is how many characters of a hook's text Claude Code passes on whole;
// it allows 10,000 and shows a preview of anything longer.
const maxContext = 9500

func (claudeCode) answer(e event, text string) []byte {
	return additionalContext(e, fitContext(text, maxContext, utf16Width))
}
