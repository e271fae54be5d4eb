package local

import (
	"path"
	"strings"
	"unicode"
)

// lang is a family of languages that name things alike.
type lang int

const (
	plainText lang = iota
	golang
	python
	script // JavaScript and TypeScript
	braces // Java, C, C++, C#, Rust, Kotlin, Swift, PHP and their like
	ruby
	shellScript
	markdown
	keyed    // YAML, TOML, INI, env files
	jsonText //
	sqlText  //
	style    // CSS and its like
)

// langOf tells the family from the file's name.
func langOf(file string) lang {
	switch strings.ToLower(path.Ext(file)) {
	case ".go":
		return golang
	case ".py", ".pyi", ".ipynb":
		return python
	case ".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".vue", ".svelte":
		return script
	case ".java", ".kt", ".kts", ".scala", ".cs", ".swift", ".php", ".rs", ".c", ".h", ".cc", ".cpp", ".hpp", ".dart", ".zig", ".m", ".groovy", ".proto":
		return braces
	case ".rb", ".ex", ".exs", ".lua", ".jl":
		return ruby
	case ".sh", ".bash", ".zsh", ".fish", ".bats":
		return shellScript
	case ".md", ".mdx", ".markdown", ".rst", ".adoc":
		return markdown
	case ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".properties", ".env":
		return keyed
	case ".json", ".jsonc", ".json5":
		return jsonText
	case ".sql":
		return sqlText
	case ".css", ".scss", ".less", ".sass":
		return style
	}
	return plainText
}

// symbol is a thing that a line of source declares.
type symbol struct {
	word string // func, type, test, section, key, …
	name string
}

// declared reads the declaration that starts on a line, if one does. Values
// (constants, variables) count only where they are not indented: inside a function
// they are nobody's landmark.
func declared(l lang, row string) (symbol, bool) {
	text := strings.TrimSpace(row)
	if text == "" || len(text) > 400 {
		return symbol{}, false
	}
	top := row[0] != ' ' && row[0] != '\t'
	switch l {
	case markdown:
		if title := strings.TrimLeft(text, "#"); title != text && strings.HasPrefix(title, " ") && top {
			return symbol{"section", "“" + clip(plain(title), 60) + "”"}, true
		}
		return symbol{}, false
	case keyed, jsonText:
		return keyOf(l, text)
	case sqlText:
		return sqlObject(text)
	case style:
		if name, ok := strings.CutSuffix(text, "{"); ok {
			return symbol{"rule", clip(strings.TrimSpace(name), 60)}, true
		}
		return symbol{}, false
	case plainText:
		return symbol{}, false
	}
	if l == script {
		if s, ok := specOf(text); ok {
			return s, true
		}
	}
	return codeSymbol(l, text, top)
}

// codeSymbol reads a declaration of a programming language.
func codeSymbol(l lang, text string, top bool) (symbol, bool) {
	rest, word := stripModifiers(text)
	name := ""
	switch word {
	case "func", "fn", "def", "fun", "function", "sub", "defp", "function*":
		if l == golang && strings.HasPrefix(rest, "(") {
			return method(rest)
		}
		name = leadingName(rest)
		word = "func"
	case "class", "struct", "enum", "trait", "interface", "type", "module", "namespace", "record", "object", "protocol",
		"extension", "union", "message", "service", "defmodule":
		name = leadingName(rest)
	case "impl":
		name, word = implName(rest), "impl"
	case "const", "let", "var", "val", "static":
		name = leadingName(rest)
		isFunc := strings.Contains(rest, "=>") || strings.Contains(rest, "= function") || strings.Contains(rest, "= async")
		if isFunc && l == script {
			word = "func"
		} else if !top || name == "" {
			return symbol{}, false
		}
	default:
		return bareFunc(l, text, top)
	}
	if name == "" || isControl(name) {
		return symbol{}, false
	}
	if word == "func" && isTestName(name) {
		word = "test"
	}
	return symbol{word, name}, true
}

// method reads "(r *T) Name(" of Go.
func method(rest string) (symbol, bool) {
	recv, after, ok := strings.Cut(rest[1:], ")")
	if !ok {
		return symbol{}, false
	}
	fields := strings.Fields(recv)
	name := leadingName(strings.TrimSpace(after))
	if len(fields) == 0 || name == "" {
		return symbol{}, false
	}
	owner, _, _ := strings.Cut(strings.TrimLeft(fields[len(fields)-1], "*"), "[")
	return symbol{"func", owner + "." + name}, true
}

// stripModifiers drops what may stand before the word that says what is declared,
// and returns what follows it, and it.
func stripModifiers(text string) (rest, word string) {
	rest = text
	for range 6 {
		word, after, ok := strings.Cut(rest, " ")
		if !ok {
			return "", ""
		}
		after = strings.TrimSpace(after)
		switch word {
		case "export", "default", "public", "private", "protected", "internal", "abstract", "final", "sealed", "override",
			"async", "pub", "pub(crate)", "unsafe", "open", "suspend", "inline", "declare", "data", "partial", "readonly", "extern", "virtual":
			rest = after
			continue
		case "static":
			// A modifier in most languages, a kind of value in C and Rust.
			rest = after
			continue
		}
		return after, word
	}
	return "", ""
}

// leadingName is the identifier that text starts with.
func leadingName(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool {
		return r != '_' && r != '$' && r != '?' && r != '!' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	if end < 0 {
		end = len(text)
	}
	name := strings.TrimRight(text[:end], "?!")
	if len(name) > 80 {
		return ""
	}
	return name
}

// implName is the type of a Rust impl block.
func implName(rest string) string {
	if _, after, ok := strings.Cut(rest, " for "); ok {
		rest = after
	}
	if i := strings.IndexByte(rest, '>'); strings.HasPrefix(rest, "<") && i > 0 {
		rest = strings.TrimSpace(rest[i+1:])
	}
	return leadingName(rest)
}

// bareFunc reads functions that no word announces: name(args) and an opening
// brace, as in shell, in C and in the classes of many languages.
func bareFunc(l lang, text string, top bool) (symbol, bool) {
	before, after, ok := strings.Cut(text, "(")
	if !ok || !strings.HasSuffix(text, "{") {
		return symbol{}, false
	}
	switch l {
	case shellScript:
		if !strings.HasPrefix(after, ")") {
			return symbol{}, false
		}
	case braces, script:
		// A call with a block would end in "({" or "=> {"; an assignment is no declaration.
		if strings.Contains(before, "=") || strings.Contains(before, ".") || strings.HasSuffix(text, "=> {") || strings.HasSuffix(text, "({") {
			return symbol{}, false
		}
		if words := strings.Fields(before); len(words) == 0 || isControl(words[0]) || l == script && top {
			return symbol{}, false
		}
	default:
		return symbol{}, false
	}
	words := strings.Fields(before)
	if len(words) == 0 {
		return symbol{}, false
	}
	name := strings.TrimLeft(words[len(words)-1], "*&")
	if name == "" || name != leadingName(name) || isControl(name) {
		return symbol{}, false
	}
	return symbol{"func", name}, true
}

func isControl(word string) bool {
	switch strings.TrimLeft(word, "}") {
	case "if", "for", "while", "switch", "catch", "return", "else", "do", "try", "with", "new", "await", "throw", "using",
		"lock", "foreach", "match", "unless", "elif", "super", "this", "synchronized", "typeof", "defer", "go", "select", "case", "":
		return true
	}
	return false
}

func isTestName(name string) bool {
	for _, p := range []string{"Test", "Benchmark", "Fuzz", "Example", "test_"} {
		if strings.HasPrefix(name, p) && len(name) > len(p) {
			return true
		}
	}
	return false
}

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
