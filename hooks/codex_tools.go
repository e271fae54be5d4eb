package hooks

import (
	"encoding/json"
	"path/filepath"
	"strings"

	"claude-mem/memory"
)

// codexTool takes over a tool call. Codex tells of a failure in the answer alone, and
// of a command's, whose answer is what it printed, not at all.
func codexTool(p claudePayload) memory.ToolUse {
	t := claudeTool(p)
	switch {
	case p.Tool == "apply_patch":
		var answer string
		if json.Unmarshal(t.Response, &answer) == nil {
			t.Error = patchError(answer)
		}
	case strings.HasPrefix(p.Tool, "mcp__"):
		t.Error = mcpError(t.Response)
	}
	if t.Error != "" {
		t.Response = nil
	}
	return t
}

// patchError is why a patch was not applied, or "". The answer begins with an exit
// code, as that of a program would.
func patchError(answer string) string {
	head, output, _ := strings.Cut(answer, "Output:\n")
	code, ok := strings.CutPrefix(head, "Exit code: ")
	if !ok {
		return ""
	}
	if code, _, _ = strings.Cut(code, "\n"); code == "0" || code == "" {
		return ""
	}
	return "Exit code " + code + "\n" + output
}

// mcpError is what an MCP tool says that it failed of, or "".
func mcpError(response json.RawMessage) string {
	var r struct {
		IsError bool       `json:"isError"`
		Content []textPart `json:"content"`
	}
	if json.Unmarshal(response, &r) != nil || !r.IsError {
		return ""
	}
	if text := joined(r.Content); text != "" {
		return text
	}
	return "failed"
}

// shownFile is the file that a command shows, or "": Codex has no tool to read with.
// It knows the plain forms, of one file.
func shownFile(t memory.ToolUse, cwd string) string {
	if t.ToolName != "Bash" {
		return ""
	}
	command := textField(t.Input, "command")
	command = command[:partEnd(command, 0)] // what it is piped through does not matter
	if strings.ContainsAny(command, "<>$`*?{") {
		return ""
	}
	words := strings.Fields(command)
	if len(words) < 2 {
		return ""
	}
	args := words[1:]
	switch words[0] {
	case "cat", "nl", "head", "tail", "less", "bat":
	case "sed":
		if len(args) < 3 || args[0] != "-n" {
			return ""
		}
		args = args[2:] // the lines to show
	default:
		return ""
	}
	file := ""
	for _, a := range args {
		a = strings.Trim(a, `"'`)
		if strings.HasPrefix(a, "-") || strings.Trim(a, "+0123456789") == "" {
			continue
		}
		if file != "" {
			return ""
		}
		file = a
	}
	if file == "" || filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(cwd, file)
}
