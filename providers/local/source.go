package local

import (
	"slices"
	"strings"
)

// trivialDiff says why a diff is not worth a memory, if it is not.
func trivialDiff(l lang, added, removed []string) string {
	if squeezed(added) == squeezed(removed) {
		return "edit changed nothing but white space"
	}
	if squeezed(uncommented(l, added)) == squeezed(uncommented(l, removed)) && len(added) == len(removed) {
		return "edit of a remark behind code"
	}
	why := "edit of imports only"
	for _, row := range slices.Concat(added, removed) {
		text := strings.TrimSpace(row)
		switch {
		case text == "" || isImport(l, text):
		case isDirective(text):
			why = "edit of notes to a linter only"
		default:
			return ""
		}
	}
	return why
}

// isDirective reports whether a line only tells a linter or formatter what to let pass.
func isDirective(text string) bool {
	return begins(strings.TrimSpace(strings.TrimLeft(text, "/#*-")), "nolint", "noqa", "eslint-disable", "eslint-enable", "@ts-ignore", "@ts-expect-error",
		"type: ignore", "pylint:", "prettier-ignore", "rubocop:", "tslint:", "fmt: off", "fmt: on", "NOLINT", "biome-ignore", "ruff: noqa") ||
		begins(text, "#[allow(", "#![allow(", "@SuppressWarnings", "#pragma warning")
}

// squeezed is the text of the lines without any white space.
func squeezed(rows []string) string {
	var b strings.Builder
	for _, row := range rows {
		for _, f := range strings.Fields(row) {
			b.WriteString(f)
		}
	}
	return b.String()
}

// isImport reports whether a line only names what a file uses.
func isImport(l lang, text string) bool {
	switch l {
	case golang:
		if text == "import (" || text == ")" || strings.HasPrefix(text, "import ") {
			return true
		}
		alias, quoted, _ := strings.Cut(text, `"`)
		return strings.HasSuffix(quoted, `"`) && len(strings.Fields(alias)) <= 1 && !strings.ContainsAny(text, "(){}:=, ") ||
			strings.HasSuffix(quoted, `"`) && len(strings.Fields(alias)) == 1 && !strings.ContainsAny(alias, "(){}:=,")
	case python:
		return strings.HasPrefix(text, "import ") || strings.HasPrefix(text, "from ")
	case script:
		return strings.HasPrefix(text, "import ") || strings.Contains(text, "= require(")
	case braces:
		return begins(text, "import ", "use ", "using ", "#include")
	case ruby:
		return strings.HasPrefix(text, "require")
	}
	return false
}
