package local

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// telling are the lines that carry meaning: no brackets, no bare control words, no
// comments, no imports.
func telling(l lang, rows []string) []string {
	var out []string
	for _, row := range rows {
		text := strings.TrimSpace(row)
		if _, isComment := comment(l, row); isComment || isImport(l, text) || !strings.ContainsFunc(text, unicode.IsLetter) {
			continue
		}
		switch strings.Trim(text, " {};") {
		case "const (", "var (", "type (", "return", "else", "break", "continue", "return nil", "return err", "if err != nil", "} else", "end", "pass", "try",
			"fi",
			"done", "then", "do", "return false", "return true", "} else if err != nil":
			continue
		}
		out = append(out, text)
	}
	return out
}

// hasName reports whether a text has two letters: less than that names nothing.
func hasName(text string) bool {
	letters := 0
	for _, r := range text {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 127 {
			letters++
		}
	}
	return letters >= 2
}

// keyLine is the line that says most: the first that calls something, else the
// first that carries meaning, else the first comment.
func keyLine(l lang, rows []string) string {
	good := telling(l, rows)
	for _, text := range good {
		if len(callees(l, []string{text})) > 0 && len(text) > 8 {
			return text
		}
	}
	if len(good) > 0 {
		return good[0]
	}
	for _, row := range rows {
		if text, ok := comment(l, row); ok && text != "" {
			return text
		}
	}
	return ""
}

// exchanged pairs removed lines with the added ones that took their place, where
// the two are alike; at most three.
func exchanged(l lang, diff []diffLine) [][2]string {
	var out [][2]string
	for i := 0; i < len(diff); {
		if diff[i].op != '-' {
			i++
			continue
		}
		var olds, news []string
		for ; i < len(diff) && diff[i].op == '-'; i++ {
			olds = append(olds, diff[i].text)
		}
		for ; i < len(diff) && diff[i].op == '+'; i++ {
			news = append(news, diff[i].text)
		}
		if len(olds) != len(news) {
			continue
		}
		for k := range olds {
			a, b := telling(l, olds[k:k+1]), telling(l, news[k:k+1])
			if len(a) == 1 && len(b) == 1 && a[0] != b[0] && len(out) < 3 {
				out = append(out, [2]string{a[0], b[0]})
			}
		}
	}
	return out
}

// narrow cuts two lines down to where they differ, by whole words.
func narrow(a, b string) (string, string) {
	start := 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	for start > 0 && (start < len(a) && wordByte(a[start]) || start < len(b) && wordByte(b[start])) && wordByte(a[start-1]) {
		start--
	}
	end := 0
	for end < min(len(a), len(b))-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	for end > 0 && wordByte(a[len(a)-end]) && (end < len(a) && wordByte(a[len(a)-end-1]) || end < len(b) && wordByte(b[len(b)-end-1])) {
		end--
	}
	return strings.TrimSpace(a[start : len(a)-end]), strings.TrimSpace(b[start : len(b)-end])
}

// statement is a line of code without what every such line has.
func statement(text string) string {
	text = strings.TrimPrefix(text, "if err := ")
	text = strings.TrimSuffix(text, "; err != nil {")
	return strings.TrimSpace(strings.TrimSuffix(text, " {"))
}

// quoted sets code apart from words.
func quoted(code string, limit int) string {
	return "`" + clip(strings.ReplaceAll(oneLine(code), "`", "'"), limit) + "`"
}

// swapped tells two lines apart that took each other's place: where they are too
// long to be told whole, from shortly before they differ.
func swapped(before, after string, limit int) string {
	a, b := apart(before, after, limit)
	return a + " → " + b
}

// apart quotes two lines so that they can be told from each other.
func apart(before, after string, limit int) (string, string) {
	a, b := quoted(before, limit), quoted(after, limit)
	if a != b {
		return a, b
	}
	lead := min(limit/3, 24) // bytes of what they share
	same := 0
	for same < len(before) && same < len(after) && before[same] == after[same] {
		same++
	}
	from := max(same-lead, 0)
	for from > 0 && from < same && wordByte(before[from]) && wordByte(before[from-1]) {
		from++ // to where a word begins
	}
	for from > 0 && !utf8.RuneStart(before[from]) {
		from--
	}
	return quoted("…"+before[from:], limit), quoted("…"+after[from:], limit)
}

// renamed finds the one name that was exchanged for another throughout the lines, and in
// nothing else; at least twice, as once may be another thing altogether.
func renamed(before, after []string) (from, to string, ok bool) {
	if len(before) < 2 || len(before) != len(after) {
		return "", "", false
	}
	from, to = narrow(before[0], after[0])
	if !isName(from) || !isName(to) {
		return "", "", false
	}
	for i := range before {
		if replacedWord(before[i], from, to) != after[i] || before[i] == after[i] {
			return "", "", false
		}
	}
	return from, to, true
}

// declares reports whether one of the lines brings the name into being.
func declares(rows []string, name string) bool {
	return slices.ContainsFunc(rows, func(row string) bool {
		return begins(row, "var "+name, "let "+name, "const "+name, "type "+name, "func "+name, "def "+name, "class "+name, "function "+name) ||
			holds(row, name+" :=", name+", err :=", ") "+name+"(", " "+name+" struct")
	})
}

// isName reports whether a text is an identifier.
func isName(s string) bool {
	switch s {
	case "true", "false", "nil", "null", "None", "True", "False", "undefined", "self", "this":
		return false
	}
	return len(s) > 1 && !unicode.IsDigit(firstRune(s)) && strings.IndexFunc(s, func(r rune) bool {
		return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) < 0
}

// replacedWord puts one word in the place of another wherever that stands whole.
func replacedWord(s, from, to string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, from)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		end := i + len(from)
		whole := (i == 0 || !wordByte(s[i-1])) && (end == len(s) || !wordByte(s[end]))
		b.WriteString(s[:i])
		if whole {
			b.WriteString(to)
		} else {
			b.WriteString(from)
		}
		s = s[end:]
	}
}

// callees are the names that lines call, in order of appearance.
func callees(l lang, rows []string) []string {
	switch l {
	case golang, python, script, braces, ruby:
	default:
		return nil
	}
	const most = 60 // more names than that are a new file, not a change
	var out []string
	for _, row := range rows {
		if len(out) > most {
			break
		}
		if text := strings.TrimSpace(row); begins(text, "//", "#", "func ", "def ") {
			continue
		}
		for i := range len(row) {
			if row[i] != '(' {
				continue
			}
			start := i
			for start > 0 && (wordByte(row[start-1]) || row[start-1] == '.') {
				start--
			}
			name := strings.Trim(row[start:i], ".")
			if len(name) < 4 || isControl(name) || isBuiltin(name) || slices.Contains(out, name) || name[0] >= '0' && name[0] <= '9' {
				continue
			}
			out = append(out, name)
		}
	}
	return out
}

// isBuiltin names calls that say nothing about a change.
func isBuiltin(name string) bool {
	switch name {
	case "append", "make", "string", "print", "range", "import", "require", "errors.New", "fmt.Errorf", "fmt.Sprintf",
		"fmt.Println",
		"fmt.Printf", "fmt.Fprintf", "fmt.Fprintln", "panic", "close", "int64", "byte", "func", "map.get", "context.Background",
		"context.TODO", "isinstance", "console.log",
		"t.Errorf", "t.Fatalf", "t.Error", "t.Fatal", "t.Helper", "t.Run", "t.Log", "t.Logf", "t.Parallel", "expect", "assert",
		"err.Error",
		"and", "or", "not", "strings.Builder", "len", "copy", "delete", "toBe", "toEqual", "printf", "echo", "Some", "None":
		return true
	}
	return false
}

// missing are the items of a that b has not.
func missing(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// spoken are the longest texts for people among the string literals of new lines:
// at least four words; at most two.
func spoken(l lang, rows []string) []string {
	if l == markdown || l == plainText || l == keyed {
		return nil
	}
	var out []string
	for _, row := range rows {
		if _, ok := comment(l, row); ok {
			continue
		}
		parts := strings.Split(row, `"`)
		for i := 1; i+1 < len(parts); i += 2 {
			if text := oneLine(strings.ReplaceAll(parts[i], `\n`, " ")); len(strings.Fields(text)) >= 4 {
				out = append(out, "“"+clip(text, 140)+"”")
			}
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return len(b) - len(a) })
	return out[:min(len(out), 2)]
}
