package local

import (
	"path"
	"strings"
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
	case ".java", ".kt", ".kts", ".scala", ".cs", ".swift", ".php", ".rs", ".c", ".h", ".cc", ".cpp", ".hpp", ".dart", ".zig",
		".m", ".groovy", ".proto":
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
