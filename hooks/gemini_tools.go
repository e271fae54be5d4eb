package hooks

import (
	"encoding/json"
	"strings"

	"claude-mem/memory"
)

// geminiAnswer is what a tool answered: to the model, and to the person who looks on.
type geminiAnswer struct {
	Model   json.RawMessage `json:"llmContent"`
	Display json.RawMessage `json:"returnDisplay"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// geminiTool takes over a tool call. What the model was told comes as bare text, as
// Codex has it, and a failure in the words that Claude Code has for it.
func geminiTool(p geminiPayload) memory.ToolUse {
	t := memory.ToolUse{ToolName: p.Tool, Input: p.Input, Response: p.Response, CWD: p.CWD}
	var a geminiAnswer
	if isNull(p.Response) {
		t.Response = nil
		return t
	}
	if json.Unmarshal(p.Response, &a) != nil {
		return t // of a form that we do not know: kept as it is
	}
	text, known := a.text()
	switch {
	case a.Error != nil:
		t.Error = a.Error.Message
		if t.Error == "" {
			t.Error = "failed" // the field is what marks a failure
		}
		t.Response = nil
	case !known: // an image, say
		t.Response = without(p.Response, []string{"returnDisplay"})
	case p.Tool == "run_shell_command":
		t.Response, t.Error = geminiShell(text, a.display())
	case p.Tool == "replace" || p.Tool == "write_file":
		t.Response = a.edit(text)
	default:
		t.Response = quoted(a.found(text))
	}
	return t
}

// text is what the model was told.
func (a geminiAnswer) text() (text string, known bool) {
	var parts []textPart
	switch {
	case json.Unmarshal(a.Model, &text) == nil:
		text = bare(text)
	case json.Unmarshal(a.Model, &parts) == nil:
		for i := range parts {
			parts[i].Text = bare(parts[i].Text)
		}
		text = joined(parts)
	}
	return text, text != ""
}

// bare is a text without the element that tells a model not to trust it.
func bare(text string) string {
	const open, closing = "<untrusted_context>\n", "\n</untrusted_context>"
	inner, opened := strings.CutPrefix(strings.TrimSpace(text), open)
	inner, closed := strings.CutSuffix(inner, closing)
	if !opened || !closed {
		return text
	}
	return inner
}

// found is the text, but of a search that found nothing the short form, which is the
// same whatever was looked for.
func (a geminiAnswer) found(text string) string {
	if display := a.display(); display == "No matches found" || display == "No files found" {
		return display
	}
	return text
}

// display is what the person was shown, in a text.
func (a geminiAnswer) display() (text string) {
	if json.Unmarshal(a.Display, &text) != nil {
		text = textField(a.Display, "summary")
	}
	return text
}

// edit is the answer of a tool that changed a file: how the file differs now, and
// neither the whole file nor what the input says already.
func (a geminiAnswer) edit(text string) json.RawMessage {
	text, _, _ = strings.Cut(text, " Here is the updated code:")
	display := without(a.Display, []string{"originalContent", "newContent", "diffStat", "isBuildFile"})
	if isNull(display) {
		return quoted(text)
	}
	out, err := json.Marshal(map[string]any{"llmContent": text, "returnDisplay": display})
	if err != nil {
		return quoted(text)
	}
	return out
}

// geminiShell takes what a command printed out of what Gemini says of it: "Output: "
// before it, and lines behind it where there is something to say. The text of a
// failure begins with its code. display is what the person saw: what was printed, or
// nothing.
func geminiShell(text, display string) (response json.RawMessage, failure string) {
	printed, ok := strings.CutPrefix(text, "Output: ")
	if !ok {
		if strings.HasPrefix(text, "Command was ") { // cancelled, by whoever
			return nil, text
		}
		return quoted(text), ""
	}
	rows, least := strings.Split(printed, "\n"), 1
	if display = strings.TrimSpace(display); display != "" && strings.HasPrefix(printed, display) {
		least += strings.Count(display, "\n") // a command may print such lines, too
	}
	said := map[string]string{}
	for _, name := range [...]string{"Process Group PGID", "Background PIDs", "Signal", "Exit Code", "Error"} {
		if n := len(rows); n > least {
			if value, ok := strings.CutPrefix(rows[n-1], name+": "); ok {
				said[name], rows = value, rows[:n-1]
			}
		}
	}
	if printed = strings.Join(rows, "\n"); printed == "(empty)" {
		printed = ""
	}
	switch {
	case said["Exit Code"] != "":
		failure = "Exit code " + said["Exit Code"]
	case said["Signal"] != "":
		failure = "Ended by signal " + said["Signal"]
	case said["Error"] != "":
		failure = said["Error"]
	default:
		return quoted(printed), ""
	}
	return nil, strings.TrimSpace(failure + "\n" + printed)
}

// quoted is a text as JSON.
func quoted(text string) json.RawMessage {
	raw, err := json.Marshal(text)
	if err != nil {
		return nil
	}
	return raw
}
