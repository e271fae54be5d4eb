package local

import (
	"strings"
	"unicode"
)

// codeSymbol reads a declaration of a programming language.
func codeSymbol(l lang, text string, top bool) (symbol, bool) {
	rest, word := stripModifiers(text)
	if after, ok := strings.CutPrefix(text, "impl<"); ok {
		rest, word = "<"+after, "impl"
	}
	var name string
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
		isFunc := holds(rest, "=>", "= function", "= async")
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
			"async", "pub", "pub(crate)", "unsafe", "open", "suspend", "inline", "declare", "data", "partial", "readonly", "extern",
			"virtual":
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

// isControl knows the words that stand before a bracket without declaring anything.
func isControl(word string) bool {
	switch strings.TrimLeft(word, "}") {
	case "if", "for", "while", "switch", "catch", "return", "else", "do", "try", "with", "new", "await", "throw", "using",
		"lock", "foreach", "match", "unless", "elif", "super", "this", "synchronized", "typeof", "defer", "go", "select", "case",
		"":
		return true
	}
	return false
}

// isTestName knows tests by the names their runners ask for.
func isTestName(name string) bool {
	for _, p := range []string{"Test", "Benchmark", "Fuzz", "Example", "test_"} {
		if strings.HasPrefix(name, p) && len(name) > len(p) {
			return true
		}
	}
	return false
}
