package local

import "strings"

// uncommented cuts the remarks behind the code of lines off, such as lint directives.
func uncommented(l lang, rows []string) []string {
	mark := " //"
	switch l {
	case golang, script, braces:
	case python, ruby, shellScript:
		mark = " # "
	default:
		return rows
	}
	out := make([]string, len(rows))
	for i, row := range rows {
		out[i] = row
		if at := strings.Index(row, mark); at > 0 && strings.TrimSpace(row[:at]) != "" {
			out[i] = row[:at]
		}
	}
	return out
}

// comment is the text of a line that is nothing but a comment.
func comment(l lang, row string) (string, bool) {
	text := strings.TrimSpace(row)
	var marks []string
	switch l {
	case golang, script, braces, style:
		marks = []string{"///", "//", "/**", "/*", "* "}
	case python, ruby, shellScript, keyed:
		marks = []string{"#", `"""`}
	case sqlText:
		marks = []string{"--"}
	}
	for _, m := range marks {
		body, ok := strings.CutPrefix(text, m)
		if !ok {
			continue
		}
		if m == "//" && body != "" && body[0] != ' ' && body[0] != '\t' || strings.HasPrefix(body, "!") {
			return "", false // a directive, a shebang
		}
		body = strings.TrimSpace(strings.TrimRight(strings.TrimSuffix(strings.TrimSpace(body), "*/"), `"`))
		return body, true
	}
	return "", false
}

// intent is what the new comments of a diff say, in their own words: the first
// group of at least four words.
func intent(l lang, diff []diffLine) string {
	var group []string
	for i := 0; i <= len(diff); i++ {
		if i < len(diff) && diff[i].op != '-' {
			if text, ok := comment(l, diff[i].text); ok && diff[i].op == '+' {
				group = append(group, text)
				continue
			}
		} else if i < len(diff) {
			continue
		}
		if text := oneLine(strings.Join(group, " ")); len(strings.Fields(text)) >= 4 {
			return clip(text, 320)
		}
		group = nil
	}
	return ""
}

// docOf is the first sentence of the comment above a declaration.
func docOf(l lang, diff []diffLine, s symbol) string {
	for i, d := range diff {
		got, ok := declared(l, d.text)
		if d.op != '+' || !ok || got != s {
			continue
		}
		var doc []string
		for k := i - 1; k >= 0; k-- {
			text, ok := comment(l, diff[k].text)
			if !ok || diff[k].op == '-' {
				break
			}
			doc = append([]string{text}, doc...)
		}
		text := firstSentence(oneLine(strings.Join(doc, " ")))
		// “Name does …” after the name itself would say it twice.
		text = strings.TrimPrefix(text, s.name[strings.LastIndexByte(s.name, '.')+1:]+" ")
		return clip(text, 150)
	}
	return ""
}
