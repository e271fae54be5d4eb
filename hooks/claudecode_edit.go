package hooks

import (
	"encoding/json"
	"strings"
)

// hunk is one part of an edit's structuredPatch. Its lines start with a space, a
// minus or a plus.
type hunk struct {
	OldStart int      `json:"oldStart"`
	Lines    []string `json:"lines"`
}

// trimEdit leaves of the file as it was only what the edit stands in. The whole
// file is most of the bytes an edit reports, and all that is ever asked of it is
// which function the change is in.
func trimEdit(raw json.RawMessage) json.RawMessage {
	var r struct {
		Original string `json:"originalFile"`
		Patch    []hunk `json:"structuredPatch"`
	}
	out := without(raw, []string{"oldString", "newString", "originalFile", "replaceAll", "edits"})
	if json.Unmarshal(raw, &r) != nil || r.Original == "" || len(r.Patch) == 0 {
		return out
	}
	return with(out, "originalFile", outline(r.Original, r.Patch[0]))
}

// outline is the lines that a hunk is nested in, outermost first, and the hunk's
// own lines up to the first it changes.
func outline(original string, h hunk) string {
	var lead []string
	depth := 0
	for _, l := range h.Lines {
		if l == "" {
			continue
		}
		if l[0] != '+' {
			lead = append(lead, l[1:])
		}
		depth = indent(l[1:])
		if l[0] != ' ' {
			break
		}
	}
	rows := strings.Split(original, "\n")
	rows = rows[:min(max(h.OldStart-1, 0), len(rows))]
	var outer []string
	for i := len(rows) - 1; i >= 0 && depth > 0; i-- {
		row := strings.TrimRight(rows[i], "\r")
		if in := indent(row); in < depth && strings.Trim(row, " \t})]>;,") != "" {
			outer = append([]string{row}, outer...)
			depth = in
		}
	}
	return strings.Join(append(outer, lead...), "\n")
}

// indent is how deep a line is, in characters.
func indent(row string) int { return len(row) - len(strings.TrimLeft(row, " \t")) }
