package hooks

import "unicode/utf8"

// Codex is the agent's name on the command line and in sessions.
const Codex = "codex"

// codex is OpenAI's Codex CLI (seen with 0.169.0). Its hooks were modelled on Claude
// Code's, so only what differs stands here.
type codex struct{}

// codexPayload is what stands on standard input, as far as it matters to us.
type codexPayload struct {
	claudePayload
	Turn string `json:"turn_id"` // one prompt and all that came of it
}

func (codex) platform() string { return Codex }

// projectDir is nothing: Codex tells its hooks the folder it was started in.
func (codex) projectDir(environ) string { return "" }

func (codex) decode(payload []byte) (event, error) {
	var p codexPayload
	if err := unmarshal(payload, &p); err != nil {
		return event{}, err
	}
	e := event{
		name: p.Event, session: p.Session, cwd: p.CWD, at: timeOf(p.Timestamp), once: p.Turn,
		agentID: bounded(p.AgentID), agentType: bounded(p.AgentType),
	}
	switch p.Event {
	case "SessionStart":
		e.kind, e.resumed = kindSessionStart, p.Source == "resume"
	case "UserPromptSubmit":
		e.kind, e.prompt = kindPrompt, p.Prompt
	case "PostToolUse":
		e.kind, e.tool = kindTool, codexTool(p.claudePayload)
		e.file = shownFile(e.tool, p.CWD)
		// The id is the model server's own. Of those that people run themselves, some
		// count from 0 in each answer, so it tells calls apart within a turn only.
		if p.ToolID != "" {
			e.once += " " + p.ToolID
		}
	case "Stop":
		e.kind, e.message, e.again = kindStop, p.Message, p.Active
	case "Interrupt":
		e.kind = kindStop // without a last message
	case "SubagentStop":
		e.kind, e.message, e.again = kindSubagentStop, p.Message, p.Active
	case "PreCompact":
		e.kind = kindCompact
	case "SessionEnd":
		e.kind = kindSessionEnd
	}
	return e, nil
}

// maxCodexContext is how many bytes of a hook's text Codex passes on whole: it allows
// 2,500 tokens, counts four bytes for one, and cuts the middle out of anything longer.
const maxCodexContext = 9500

func (codex) answer(e event, text string) []byte {
	return additionalContext(e, fitContext(text, maxCodexContext, utf8.RuneLen))
}
