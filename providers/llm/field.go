package llm

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"claude-mem/internal/privacy"
)

// field brings a text into size bytes, both ends kept, and escapes it.
func field(s string, size int) string {
	s = strings.TrimSpace(s)
	// Cut first: no escape is cut in two, at the price of a text that may grow.
	return escape(privacy.Cut(s, max(size, 40)))
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// escape makes text that can neither open nor close an element of ours.
func escape(s string) string { return escaper.Replace(s) }

// attribute makes a text that can stand between quotes.
func attribute(s string) string {
	s = strings.Join(strings.Fields(privacy.Cut(s, 80)), " ")
	return strings.ReplaceAll(escape(s), `"`, "&quot;")
}

// element writes an element around text that is escaped already.
func element(b *strings.Builder, name, text string) {
	b.WriteString("<" + name + ">" + text + "</" + name + ">\n")
}

const (
	maxDepth  = 6
	maxFields = 200
)

// plain shows a JSON value the way people write such things: a text as it is, an
// object as lines of "name: value", so that no tokens are spent on quotes and
// escaped line ends.
func plain(raw json.RawMessage) string {
	var v any
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	var b strings.Builder
	fields := maxFields
	show(&b, v, 0, &fields)
	return strings.TrimSpace(b.String())
}

func show(b *strings.Builder, v any, depth int, fields *int) {
	*fields--
	if *fields < 0 || depth > maxDepth {
		b.WriteString("…")
		return
	}
	switch x := v.(type) {
	case nil:
	case string:
		b.WriteString(x)
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(x)) {
			if empty(x[k]) {
				continue
			}
			b.WriteString("\n" + k + ": ")
			show(b, x[k], depth+1, fields)
		}
	case []any:
		for _, one := range x {
			b.WriteString("\n- ")
			show(b, one, depth+1, fields)
		}
	default:
		text, _ := json.Marshal(x) // numbers and booleans
		b.Write(text)
	}
}

// empty reports whether a field says nothing.
func empty(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(x) == ""
	case []any:
		return len(x) == 0
	case map[string]any:
		return len(x) == 0
	}
	return false
}
