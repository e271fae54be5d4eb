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
	rows := slices.Concat(added, removed)
	for _, row := range rows {
		if text := strings.TrimSpace(row); text != "" && !isImport(l, text) {
			return ""
		}
	}
	return "edit of imports only"
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
