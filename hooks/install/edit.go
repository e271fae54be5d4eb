package install

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// edit replaces text[start:end].
type edit struct {
	start, end int
	with       string
}

// apply makes edits that do not overlap.
func apply(text []byte, edits []edit) []byte {
	slices.SortFunc(edits, func(a, b edit) int { return a.start - b.start })
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		out.Write(text[at:e.start])
		out.WriteString(e.with)
		at = e.end
	}
	out.Write(text[at:])
	return out.Bytes()
}

// style is how the file is laid out.
type style struct {
	unit    string // one level of indentation
	newline string
}

// styleOf takes the file's first indented line for its style.
func styleOf(text []byte) style {
	s := style{unit: "  ", newline: "\n"}
	if bytes.Contains(text, []byte("\r\n")) {
		s.newline = "\r\n"
	}
	for line := range strings.Lines(string(text)) {
		if unit := leading(line); unit != "" && strings.TrimSpace(line) != "" {
			s.unit = unit
			break
		}
	}
	return s
}

func leading(line string) string { return line[:len(line)-len(strings.TrimLeft(line, " \t"))] }

// indentAt is the indentation of the line that text[at] is on.
func indentAt(text []byte, at int) string {
	start := bytes.LastIndexByte(text[:at], '\n') + 1
	return leading(string(text[start:at]) + "x")
}

// encode writes a value in the file's style, its first line without indentation.
// Inline values take one line.
func (s style) encode(v any, indent string, inline bool) string {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if !inline {
		enc.SetIndent(indent, s.unit)
	}
	_ = enc.Encode(v) // what we write are texts and numbers
	return strings.ReplaceAll(strings.TrimSuffix(out.String(), "\n"), "\n", s.newline)
}

// field is a child to add: with a key to an object, without to an array.
type field struct {
	key   string
	value any
}

// add puts children behind the last of a container.
func (s style) add(text []byte, in *node, fields ...field) edit {
	all := children(in)
	if len(all) == 0 {
		outer := indentAt(text, in.start)
		var out strings.Builder
		out.Write(bytes.TrimRight(text[in.start+1:in.end-1], " \t\r\n")) // a comment, if anything
		for i, f := range fields {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(s.newline + outer + s.unit + s.field(f, outer+s.unit, false))
		}
		return edit{in.start + 1, in.end - 1, out.String() + s.newline + outer}
	}
	last := all[len(all)-1]
	inline := !bytes.ContainsRune(text[in.start:in.end], '\n')
	indent := indentAt(text, last.start)
	if lineStart := bytes.LastIndexByte(text[:last.start], '\n') + 1; len(indent) != last.start-lineStart {
		indent = indentAt(text, in.end-1) + s.unit // the last child does not begin its line
	}
	var out strings.Builder
	for _, f := range fields {
		if inline {
			out.WriteString(", " + s.field(f, "", true))
			continue
		}
		out.WriteString("," + s.newline + indent + s.field(f, indent, false))
	}
	return edit{last.end, last.end, out.String()}
}

// replace puts a value in the place of another.
func (s style) replace(text []byte, old *node, value any) edit {
	inline := old.kind == '{' && !bytes.ContainsRune(text[old.start:old.end], '\n')
	return edit{old.start, old.end, s.encode(value, indentAt(text, old.start), inline)}
}

// set gives fields of an object their values, in place where they are there, and takes
// those out whose value is nil. It leaves all others as they are written, and those
// that say the same. plain is the text without comments.
func (s style) set(text, plain []byte, in *node, fields ...field) []edit {
	var edits []edit
	var missing []field
	var gone []int
	inline := !bytes.ContainsRune(text[in.start:in.end], '\n')
	for _, f := range fields {
		now := in.get(f.key)
		switch {
		case f.value == nil:
			for i, m := range in.members {
				if m.key == f.key {
					gone = append(gone, i)
				}
			}
		case now == nil:
			missing = append(missing, f)
		case !sameJSON(plain[now.start:now.end], []byte(s.encode(f.value, "", true))):
			edits = append(edits, edit{now.start, now.end, s.encode(f.value, indentAt(text, now.start), inline)})
		}
	}
	if len(gone) > 0 {
		edits = append(edits, remove(in, gone)...)
	}
	if len(missing) > 0 {
		edits = append(edits, s.add(text, in, missing...))
	}
	return edits
}

func (s style) field(f field, indent string, inline bool) string {
	value := s.encode(f.value, indent, inline)
	if f.key == "" {
		return value
	}
	return s.encode(f.key, "", true) + ": " + value
}

// object is a JSON object whose fields keep their order.
type object []field

// MarshalJSON writes the fields one after the other.
func (o object) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, f := range o {
		if i > 0 {
			out = append(out, ',')
		}
		value, err := json.Marshal(f.value)
		if err != nil {
			return nil, err
		}
		key, err := json.Marshal(f.key)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}'), nil
}

// span is a child of a container: its own start, and where it ends.
type span struct{ start, end int }

func children(n *node) []span {
	var out []span
	for _, m := range n.members {
		out = append(out, span{m.start, m.value.end})
	}
	for _, e := range n.elems {
		out = append(out, span{e.start, e.end})
	}
	return out
}

// remove takes the children with the given indices out of a container, each with
// the comma and the space before it, which is what add put there.
func remove(n *node, gone []int) []edit {
	all := children(n)
	if len(gone) == len(all) {
		return []edit{{n.start + 1, n.end - 1, ""}}
	}
	var edits []edit
	first := slices.IndexFunc(all, func(c span) bool { return !slices.Contains(gone, slices.Index(all, c)) })
	for _, i := range gone {
		if i < first {
			continue
		}
		edits = append(edits, edit{all[i-1].end, all[i].end, ""})
	}
	if first > 0 {
		edits = append(edits, edit{all[0].start, all[first].start, ""})
	}
	return edits
}
