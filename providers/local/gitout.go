package local

import "strings"

// isTrailer knows the lines at the end of a commit message that are for machines.
func isTrailer(text string) bool {
	key, _, ok := strings.Cut(text, ": ")
	return ok && strings.Contains(key, "-") && !strings.Contains(key, " ") || strings.HasPrefix(text, "🤖")
}

// commitLine reads git's “[branch hash] subject”.
func commitLine(out string) (branch, hash, subject string) {
	for _, row := range lines(out) {
		if !strings.HasPrefix(row, "[") {
			continue
		}
		inside, rest, ok := strings.Cut(row[1:], "] ")
		fields := strings.Fields(inside)
		if ok && len(fields) >= 2 {
			return fields[0], fields[len(fields)-1], rest
		}
	}
	return "", "", ""
}

// statLine is git’s own count of what a commit changed.
func statLine(out string) string {
	for _, row := range lines(out) {
		if strings.Contains(row, " changed, ") && strings.Contains(row, " file") {
			return strings.TrimSpace(row)
		}
	}
	return ""
}

// heredocOf is the body of the first here-document of a command line.
func heredocOf(line string) string {
	_, rest, ok := strings.Cut(line, "<<")
	if !ok {
		return ""
	}
	head, body, ok := strings.Cut(rest, "\n")
	if !ok {
		return ""
	}
	end := strings.Trim(strings.TrimSpace(strings.TrimLeft(head, "-")), `'"\`)
	var out []string
	for _, row := range lines(body) {
		if strings.TrimSpace(row) == end {
			break
		}
		out = append(out, row)
	}
	return strings.Join(out, "\n")
}

// option is the value of a flag, "--flag value" or "--flag=value". A flag that
// swallowed its letters, as in git commit -am, counts.
func option(args []string, short, long string) string {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, long+"="); ok {
			return v
		}
		combined := len(a) > 2 && a[0] == '-' && a[1] != '-' && strings.HasSuffix(a, strings.TrimPrefix(short, "-"))
		if (a == short || a == long || combined) && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

// firstLine is the first line that says anything.
func firstLine(text string) string {
	for _, row := range lines(text) {
		if row = strings.TrimSpace(row); hasName(row) {
			return row
		}
	}
	return ""
}

// tail is the last part of a long output.
func tail(text string) string {
	if len(text) > 4000 {
		text = text[len(text)-4000:]
	}
	return text
}
