package local

import "strings"

// specOf reads the title of a test case of JavaScript's test runners.
func specOf(text string) (symbol, bool) {
	call, rest, ok := strings.Cut(text, "(")
	if !ok || rest == "" {
		return symbol{}, false
	}
	base, _, _ := strings.Cut(call, ".")
	if base != "it" && base != "test" && base != "describe" {
		return symbol{}, false
	}
	quote := rest[0]
	if quote != '\'' && quote != '"' && quote != '`' {
		return symbol{}, false
	}
	title, _, ok := strings.Cut(rest[1:], string(quote))
	if !ok || title == "" {
		return symbol{}, false
	}
	return symbol{"test", "“" + clip(title, 60) + "”"}, true
}

// keyOf reads a key of a settings file, or the header of a section.
func keyOf(l lang, text string) (symbol, bool) {
	if l == keyed && strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		return symbol{"section", strings.Trim(text, "[]")}, true
	}
	text = strings.TrimPrefix(text, "- ")
	end := strings.IndexAny(text, ":=")
	if end <= 0 || strings.HasPrefix(text, "#") {
		return symbol{}, false
	}
	name := strings.Trim(strings.TrimSpace(text[:end]), `"'`)
	if name == "" || strings.ContainsAny(name, " /\\(") || len(name) > 60 {
		return symbol{}, false
	}
	return symbol{"key", name}, true
}

// sqlObject reads CREATE, ALTER and DROP statements.
func sqlObject(text string) (symbol, bool) {
	words := strings.Fields(text)
	if len(words) < 3 {
		return symbol{}, false
	}
	switch strings.ToUpper(words[0]) {
	case "CREATE", "ALTER", "DROP":
	default:
		return symbol{}, false
	}
	for i, w := range words[1:] {
		switch strings.ToUpper(w) {
		case "TABLE", "INDEX", "VIEW", "TRIGGER", "FUNCTION", "TYPE", "SCHEMA":
			for _, name := range words[i+2:] {
				switch strings.ToUpper(name) {
				case "IF", "NOT", "EXISTS", "CONCURRENTLY":
					continue
				}
				return symbol{strings.ToLower(w), strings.Trim(name, "`\"();")}, true
			}
		}
	}
	return symbol{}, false
}
