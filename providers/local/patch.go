package local

import "strings"

// parsePatch reads the patch format of Codex: files under "*** Add File:",
// "*** Update File:" and "*** Delete File:", hunks under "@@".
func parsePatch(patch string) []change {
	var out []change
	open := func(path string) *change {
		out = append(out, change{path: path})
		return &out[len(out)-1]
	}
	var cur *change
	for _, row := range lines(patch) {
		switch {
		case strings.HasPrefix(row, "*** Add File: "):
			cur = open(row[len("*** Add File: "):])
			cur.created = true
		case strings.HasPrefix(row, "*** Update File: "):
			cur = open(row[len("*** Update File: "):])
		case strings.HasPrefix(row, "*** Delete File: "):
			cur = open(row[len("*** Delete File: "):])
			cur.deleted = true
		case cur == nil:
		case strings.HasPrefix(row, "*** Move to: "):
			cur.from, cur.path = cur.path, row[len("*** Move to: "):]
		case strings.HasPrefix(row, "*** "):
		case strings.HasPrefix(row, "@@"):
			if cur.section == "" {
				cur.section = strings.TrimSpace(strings.Trim(row, "@ "))
			}
		default:
			cur.diff = append(cur.diff, diffRow(row))
		}
	}
	return out
}

// parseUnified reads the hunks of a unified diff of one file, and the name that
// its first hunk header gives of where it stands.
func parseUnified(text string) (diff []diffLine, section string) {
	inHunk := false
	for _, row := range lines(text) {
		switch {
		case strings.HasPrefix(row, "@@"):
			inHunk = true
			if _, rest, ok := strings.Cut(row[2:], "@@"); ok && section == "" {
				section = strings.TrimSpace(rest)
			}
		case inHunk && row != "" && row[0] != '\\':
			diff = append(diff, diffRow(row))
		}
	}
	return diff, section
}
