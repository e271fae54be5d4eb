package privacy

import "encoding/json"

// JSON cleans every text in a JSON value, names of fields too, and keeps within the
// limits. The answer is valid JSON with the fields in their order. What is not JSON
// is taken for a text. Numbers keep their digits.
func JSON(raw json.RawMessage, l Limits) (json.RawMessage, Report) {
	if len(raw) == 0 {
		return nil, Report{}
	}
	w := walker{src: raw, limits: l.withDefaults(), out: make([]byte, 0, min(len(raw), 64<<10))}
	w.budget = w.limits.Total
	if !json.Valid(raw) {
		w.emit(w.fit(w.text(string(raw))))
		return w.out, w.report
	}
	w.value(0, "")
	return w.out, w.report
}

// walker copies valid JSON from src to out, cleaning on the way.
type walker struct {
	cleaner
	limits Limits
	src    []byte
	at     int // in src
	out    []byte
	budget int // bytes of text that are left
}

// value copies one value. name is that of the field it is in: a password in JSON
// is known by it.
func (w *walker) value(depth int, name string) {
	w.space()
	switch w.src[w.at] {
	case '{', '[':
		if depth >= w.limits.Depth {
			w.skip()
			w.emit("[removed: nested too deep]")
			return
		}
		w.composite(depth)
	case '"':
		w.emit(w.fit(w.field(name, w.string())))
	default:
		start := w.at
		for w.at < len(w.src) && w.src[w.at] != ',' && w.src[w.at] != '}' && w.src[w.at] != ']' && w.src[w.at] > ' ' {
			w.at++
		}
		w.out = append(w.out, w.src[start:w.at]...)
	}
}

// composite copies an object or an array. Once the budget is spent, the elements
// that are left are dropped.
func (w *walker) composite(depth int) {
	open := w.src[w.at]
	w.out = append(w.out, open)
	w.at++
	for first := true; ; first = false {
		w.space()
		if b := w.src[w.at]; b == '}' || b == ']' {
			w.out = append(w.out, b)
			w.at++
			return
		}
		if w.src[w.at] == ',' {
			w.at++
			w.space()
		}
		if w.budget <= 0 {
			w.drop(open)
			continue
		}
		if !first {
			w.out = append(w.out, ',')
		}
		name := ""
		if open == '{' {
			name = w.string()
			w.emit(w.fit(w.text(name)))
			w.space()
			w.at++ // the colon
			w.out = append(w.out, ':')
		}
		// Even a number takes its place, so that a million of them are bounded too.
		w.budget--
		w.value(depth+1, name)
	}
}

// drop passes over one element.
func (w *walker) drop(open byte) {
	start := w.at
	if open == '{' {
		w.skip()
		w.space()
		w.at++
		w.space()
	}
	w.skip()
	w.report.CutBytes += int64(w.at - start)
}

// skip passes over one value without copying it.
func (w *walker) skip() {
	for depth := 0; ; {
		switch b := w.src[w.at]; b {
		case '"':
			w.endOfString()
		case '{', '[':
			depth++
			w.at++
		case '}', ']':
			depth--
			w.at++
		case ',', ':', ' ', '\t', '\n', '\r':
			w.at++
			continue
		default:
			for w.at < len(w.src) && w.src[w.at] > ' ' && w.src[w.at] != ',' && w.src[w.at] != '}' && w.src[w.at] != ']' {
				w.at++
			}
		}
		if depth == 0 {
			return
		}
	}
}

// field cleans the text of the named field.
func (w *walker) field(name, s string) string {
	s = w.text(s)
	if kind := secretName(name); kind != "" && literalField(name, s, kind) && !isSelector(s) && !hasBlank(s) {
		w.report.Redacted++
		return marker + kind + "]"
	}
	return s
}

func hasBlank(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' {
			return true
		}
	}
	return false
}

// fit cuts a cleaned text to what the limits leave.
func (w *walker) fit(s string) string {
	cut := Cut(s, min(w.limits.Field, max(w.budget, 1)))
	w.report.CutBytes += int64(max(len(s)-len(cut), 0))
	w.budget -= len(cut)
	return cut
}

func (w *walker) space() {
	for w.at < len(w.src) && w.src[w.at] <= ' ' {
		w.at++
	}
}

// endOfString moves past the string that starts here and reports whether it holds
// escapes.
func (w *walker) endOfString() (escaped bool) {
	for w.at++; w.src[w.at] != '"'; w.at++ {
		if w.src[w.at] == '\\' {
			escaped = true
			w.at++
		}
	}
	w.at++
	return escaped
}

// string reads the string that starts here.
func (w *walker) string() string {
	start := w.at
	escaped := w.endOfString()
	if !escaped {
		return string(w.src[start+1 : w.at-1])
	}
	return unquote(w.src[start+1 : w.at-1])
}

// emit appends s, which is valid UTF-8, as a JSON string.
func (w *walker) emit(s string) {
	const digits = "0123456789abcdef"
	out := append(w.out, '"')
	from := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b >= ' ' && b != '"' && b != '\\' {
			i++
			continue
		}
		out = append(out, s[from:i]...)
		switch b {
		case '"', '\\':
			out = append(out, '\\', b)
		case '\n':
			out = append(out, '\\', 'n')
		case '\t':
			out = append(out, '\\', 't')
		case '\r':
			out = append(out, '\\', 'r')
		default:
			out = append(out, '\\', 'u', '0', '0', digits[b>>4], digits[b&15])
		}
		i++
		from = i
	}
	w.out = append(append(out, s[from:]...), '"')
}
