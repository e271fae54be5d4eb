package memory

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// rawField is one field of an object, its value as it is written.
type rawField struct {
	name  string
	value json.RawMessage
}

// maxSplit is how many fields splitObject looks at: metadata has a dozen.
const maxSplit = 24

// splitObject finds the fields of an object whose values are texts and lists of texts,
// as nearly all metadata is, in one pass and without a copy. ok is false for whatever
// else it may be, valid or not: encoding/json, which takes several times as long, has to
// say then.
func splitObject(b []byte) (fields []rawField, ok bool) {
	b = trimLeft(b)
	if len(b) == 0 || b[0] != '{' {
		return nil, false
	}
	fields = make([]rawField, 0, 12)
	for sep := byte('{'); len(b) > 0 && b[0] == sep; sep = ',' {
		b = trimLeft(b[1:])
		end := textEnd(b)
		if end == 0 || bytes.IndexByte(b[:end], '\\') >= 0 || !utf8.Valid(b[:end]) || len(fields) == maxSplit {
			return nil, false
		}
		name := string(b[1 : end-1])
		for _, f := range fields {
			if f.name == name {
				return nil, false
			}
		}
		if b = trimLeft(b[end:]); len(b) == 0 || b[0] != ':' {
			return nil, false
		}
		b = trimLeft(b[1:])
		end = valueEnd(b)
		if end == 0 || bytes.IndexByte(b[:end], '\\') >= 0 && !json.Valid(b[:end]) {
			return nil, false
		}
		fields = append(fields, rawField{name, b[:end]})
		b = trimLeft(b[end:])
	}
	return fields, len(b) > 0 && b[0] == '}' && len(trimLeft(b[1:])) == 0
}

func trimLeft(b []byte) []byte { return bytes.TrimLeft(b, " \t\r\n") }

// valueEnd is where the text or the list of texts ends that b begins with; 0: it is
// neither.
func valueEnd(b []byte) int {
	if len(b) == 0 || b[0] != '[' {
		return textEnd(b)
	}
	rest := trimLeft(b[1:])
	if len(rest) > 0 && rest[0] == ']' {
		return len(b) - len(rest) + 1
	}
	for {
		end := textEnd(rest)
		if end == 0 {
			return 0
		}
		if rest = trimLeft(rest[end:]); len(rest) == 0 {
			return 0
		}
		switch rest[0] {
		case ']':
			return len(b) - len(rest) + 1
		case ',':
			rest = trimLeft(rest[1:])
		default:
			return 0
		}
	}
}

// textEnd is where the text ends that b begins with; 0: it is none. Whether its escapes
// are valid is not looked at.
func textEnd(b []byte) int {
	if len(b) == 0 || b[0] != '"' {
		return 0
	}
	for i := 1; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			i++
		case c < ' ':
			return 0
		}
	}
	return 0
}
