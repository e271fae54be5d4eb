package hooks

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"claude-mem/memory"
)

// unmarshal decodes as far as it can: a field of another type than ours is left
// empty, since no version of a host is the last.
func unmarshal(payload []byte, into any) error {
	err := json.Unmarshal(payload, into)
	if _, wrongType := errors.AsType[*json.UnmarshalTypeError](err); wrongType {
		return nil
	}
	return err
}

// bounded cuts an id or a name that only labels an event.
func bounded(s string) string {
	for len(s) > memory.MaxIDBytes {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// textField returns a text of a JSON object, or "".
func textField(raw json.RawMessage, name string) string {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return ""
	}
	var s string
	_ = json.Unmarshal(fields[name], &s) // another type counts as missing
	return s
}

// without removes fields from a JSON object; anything else stays as it is.
func without(raw json.RawMessage, names []string) json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || fields == nil {
		return raw
	}
	n := len(fields)
	for k := range fields {
		if slices.Contains(names, k) {
			delete(fields, k)
		}
	}
	if len(fields) == n {
		return raw
	}
	out, err := json.Marshal(fields)
	if err != nil {
		return raw
	}
	return out
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// with sets a text field of a JSON object.
func with(raw json.RawMessage, name, text string) json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil || fields == nil {
		return raw
	}
	value, err := json.Marshal(text)
	if err != nil {
		return raw
	}
	fields[name] = value
	out, err := json.Marshal(fields)
	if err != nil {
		return raw
	}
	return out
}

// textPart is a piece of what a tool answered, if it is text.
type textPart struct {
	Text string `json:"text"`
}

// joined is the text of the pieces.
func joined(parts []textPart) string {
	var texts []string
	for _, p := range parts {
		if p.Text != "" {
			texts = append(texts, p.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// timeOf reads the time that a host or a recorded stream gives, in RFC 3339; zero if
// there is none.
func timeOf(s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil || at.Unix() <= 0 {
		return time.Time{}
	}
	return at
}
