package hooks

import (
	"encoding/json"

	"claude-mem/memory"
)

// claudeTool takes over a tool call without what is said twice.
func claudeTool(p claudePayload) memory.ToolUse {
	t := memory.ToolUse{
		ToolName: p.Tool, Input: p.Input, Response: trimResponse(p.Tool, p.Response),
		Error: p.Error, Interrupt: p.Interrupt, CWD: p.CWD,
	}
	if p.Duration > 0 && p.Duration < 1e12 {
		t.DurationMS = int64(p.Duration)
	}
	if p.Event == "PostToolUseFailure" && t.Error == "" {
		t.Error = "failed" // the field is what marks a failure
	}
	if isNull(t.Response) {
		t.Response = nil
	}
	return t
}

// trimResponse leaves out of a tool's answer what its input says already, the file
// as it was before, and the host's own book-keeping. That is most of the bytes of
// an edit.
func trimResponse(tool string, raw json.RawMessage) json.RawMessage {
	var drop []string
	switch tool {
	case "Edit", "MultiEdit", "NotebookEdit":
		return trimEdit(raw)
	case "Write":
		drop = []string{"content", "originalFile"}
	case "Agent", "Task":
		drop = []string{"prompt", "usage", "toolStats", "harnessNoteCount", "harnessTailCount", "harnessSectionHash", "canContinueAgent"}
	case "TodoWrite":
		drop = []string{"oldTodos", "newTodos"}
	default:
		return raw
	}
	return without(raw, drop)
}
