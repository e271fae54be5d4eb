package hooks

import (
	"encoding/json"
	"strings"
	"unicode/utf16"

	"claude-mem/internal/privacy"
)

// additionalContext is the answer that the model reads text, in the form that all
// hosts have taken over from the first.
func additionalContext(e event, text string) []byte {
	type output struct {
		Event   string `json:"hookEventName"`
		Context string `json:"additionalContext"`
	}
	out, err := json.Marshal(map[string]output{"hookSpecificOutput": {Event: e.name, Context: text}})
	if err != nil {
		return nil
	}
	return out
}

// fitContext cuts the text after the last whole line that fits, and closes our
// block again so that it is recognised when it comes back. width is how much of the
// host's limit a character takes.
func fitContext(text string, most int, width func(rune) int) string {
	if length(text, width) <= most {
		return text
	}
	const open, closing = "<" + privacy.ContextTag, "\n</" + privacy.ContextTag + ">"
	end := ""
	if strings.Contains(text, open) {
		end = closing
	}
	room, cut, line := most-len(end), 0, 0
	for i, r := range text {
		if room -= width(r); room < 0 {
			break
		}
		if cut = i; r == '\n' {
			line = i
		}
	}
	if line > cut/2 {
		cut = line
	}
	return text[:cut] + end
}

// length is how much of a host's limit a text takes.
func length(s string, width func(rune) int) (n int) {
	for _, r := range s {
		n += width(r)
	}
	return n
}

// utf16Width counts as JavaScript does.
func utf16Width(r rune) int { return max(utf16.RuneLen(r), 1) }
