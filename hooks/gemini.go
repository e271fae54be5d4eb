package hooks

import (
	"encoding/json"
	"strings"

	"claude-mem/internal/privacy"
)

// Gemini is the agent's name on the command line and in sessions.
const Gemini = "gemini"

// gemini is Google's Gemini CLI (seen with 0.61.0).
type gemini struct{}

// geminiPayload is what stands on standard input, as far as it matters to us.
type geminiPayload struct {
	Event     string `json:"hook_event_name"`
	Session   string `json:"session_id"`
	CWD       string `json:"cwd"`
	Timestamp string `json:"timestamp"` // when the event fired: the same for all its hooks
	Source    string `json:"source"`    // of SessionStart: startup, resume, clear
	Trigger   string `json:"trigger"`   // of PreCompress: auto, manual

	Prompt  string `json:"prompt"`
	Message string `json:"prompt_response"` // all that was said since the prompt
	Active  bool   `json:"stop_hook_active"`

	Tool     string          `json:"tool_name"`
	Input    json.RawMessage `json:"tool_input"`
	Response json.RawMessage `json:"tool_response"`
}

func (gemini) platform() string { return Gemini }

// projectDir is what Gemini calls the folder it was started in.
func (gemini) projectDir(env environ) string { return env.get("GEMINI_PROJECT_DIR") }

func (gemini) decode(payload []byte) (event, error) {
	var p geminiPayload
	if err := unmarshal(payload, &p); err != nil {
		return event{}, err
	}
	e := event{name: p.Event, session: p.Session, cwd: p.CWD, at: timeOf(p.Timestamp), once: p.Timestamp}
	switch p.Event {
	case "SessionStart":
		e.kind, e.resumed = kindSessionStart, p.Source == "resume"
	case "BeforeAgent":
		e.kind, e.prompt = kindPrompt, typed(p.Prompt)
	case "AfterTool":
		e.kind, e.tool = kindTool, geminiTool(p)
		if p.Tool == "read_file" && e.tool.Error == "" {
			e.file = textField(p.Input, "file_path")
		}
		// A call has no id. Two equal ones of the same millisecond that did something
		// differ in what they answered, of which not everything is kept.
		e.once += string(p.Response)
	case "AfterAgent":
		e.kind, e.message, e.again = kindStop, p.Message, p.Active
	case "PreCompress":
		// With the trigger "auto" it fires before each request of the model, whether
		// anything is left out of that or not.
		if p.Trigger == "manual" {
			e.kind = kindCompact
		}
	case "SessionEnd":
		e.kind = kindSessionEnd
	}
	return e, nil
}

// typed is what the person wrote of a prompt. Gemini puts what hooks told it before
// that, and the files that it names behind it.
func typed(prompt string) string {
	const open, closing = "<hook_context>", "</hook_context>"
	for {
		rest, ok := strings.CutPrefix(strings.TrimSpace(prompt), open)
		if !ok {
			break
		}
		// It escapes what it puts between, so the first end is the end.
		_, after, closed := strings.Cut(rest, closing)
		if !closed {
			break
		}
		prompt = after
	}
	prompt, _, _ = strings.Cut(prompt, "\n--- Content from referenced files ---\n")
	return prompt
}

// answer leaves our element out: Gemini puts its own around the text and escapes ours.
// It has no limit of its own; how much is told at most is a setting.
func (gemini) answer(e event, text string) []byte {
	const open, closing = "<" + privacy.ContextTag + ">", "</" + privacy.ContextTag + ">"
	text = strings.TrimSpace(text)
	text = strings.TrimSuffix(strings.TrimPrefix(text, open), closing)
	return additionalContext(e, strings.TrimSpace(text))
}
