package local

import "strings"

// change is what one tool call did to one file.
type change struct {
	path    string // as the project sees it
	from    string // the old path, when the file was moved
	created bool
	deleted bool
	diff    []diffLine // in order, with the lines around
	above   []string   // the lines of the file before the first change, as far as known
	section string     // what the host said the change stands in, if anything
}

// changes reads what an editing tool did, in any of the ways hosts have of saying it.
func (sc scene) changes(c *call) []change {
	if patch := c.str("patch", "command", "input", "diff"); strings.Contains(patch, "*** Begin Patch") {
		return sc.relative(parsePatch(patch), c.cwd)
	}
	path := c.str("file_path", "path", "filePath", "notebook_path", "target_file", "absolute_path", "file", "filename")
	if path == "" {
		path = pick(asObject(c.response), "filePath", "file_path")
	}
	if path == "" {
		return nil
	}
	ch := change{path: path}
	oldText, newText := c.str("old_string", "old_str", "oldString", "search"), c.str("new_string", "new_str", "newString",
		"new_source", "replace", "insert_text")
	switch content := c.str("content", "file_text", "contents", "code_edit"); {
	case content != "" && newText == "":
		ch.created = isCreation(c)
		before, _ := c.field("originalFile").(string)
		ch.diff = compare(before, content)
	case isList(c.input["edits"]):
		ch.diff = multiEdit(c.input["edits"])
	default:
		ch.diff = compare(oldText, newText)
		ch.created = oldText == "" && isCreation(c)
	}
	if hunks := structured(c.field("structuredPatch")); len(hunks) > 0 {
		ch.diff = hunks
	} else if d := pick(asObject(c.field("returnDisplay")), "fileDiff"); d != "" {
		ch.diff, ch.section = parseUnified(d)
	}
	if original, ok := c.field("originalFile").(string); ok {
		ch.above = linesAbove(original, ch.diff)
	}
	return sc.relative([]change{ch}, c.cwd)
}

// isCreation reports whether a write made a file that was not there.
func isCreation(c *call) bool {
	if kind, ok := c.field("type").(string); ok {
		return kind == "create"
	}
	if c.str("command") == "create" {
		return true
	}
	text := strings.ToLower(c.text)
	return strings.Contains(text, "created") || strings.Contains(text, "new file")
}

// relative makes the paths of changes the project's own.
func (sc scene) relative(all []change, cwd string) []change {
	for i := range all {
		all[i].diff = realigned(all[i].diff)
		all[i].path = sc.rel(all[i].path, cwd)
		if all[i].from != "" {
			all[i].from = sc.rel(all[i].from, cwd)
		}
	}
	return all
}

// asObject is nil, which reads as empty, when v is no object.
func asObject(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// isList reports whether v is a list that holds anything.
func isList(v any) bool {
	l, ok := v.([]any)
	return ok && len(l) > 0
}

// multiEdit is the diff of several replacements in one file.
func multiEdit(v any) []diffLine {
	var out []diffLine
	all, _ := v.([]any)
	for _, e := range all {
		m := asObject(e)
		out = append(out, compare(pick(m, "old_string", "old_str"), pick(m, "new_string", "new_str"))...)
	}
	return out
}

// structured reads the hunks that Claude Code puts into its answer.
func structured(v any) []diffLine {
	var out []diffLine
	hunks, _ := v.([]any)
	for _, h := range hunks {
		rows, _ := asObject(h)["lines"].([]any)
		for _, r := range rows {
			if row, ok := r.(string); ok {
				out = append(out, diffRow(row))
			}
		}
	}
	return out
}

// added and removed are the texts of the diff's new and old lines.
func (ch change) added() []string   { return ch.only('+') }
func (ch change) removed() []string { return ch.only('-') }

// only lists the texts of the lines with that mark.
func (ch change) only(op byte) []string {
	var out []string
	for _, d := range ch.diff {
		if d.op == op {
			out = append(out, d.text)
		}
	}
	return out
}
