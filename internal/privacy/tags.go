package privacy

import "strings"

// ContextTag names the element around the context that we inject. What stands in
// it came from memory and must not go back in.
const ContextTag = "claude-mem-context"

// tag is an element whose content is removed.
type tag struct {
	name string
	// toEnd removes the rest when the element is never closed. Where the content is
	// private that is the safe side; where it is merely noise, the rest is kept.
	toEnd bool
}

var tags = [...]tag{{"private", true}, {ContextTag, true}, {"system-reminder", false}, {"hook_context", false}}

// maxTagPasses bounds how often two halves may come together to a new tag.
const maxTagPasses = 4

// tags removes the elements. Taking one out can bring two halves of another
// together, so it looks again; what is still private after that is somebody's game
// and goes with all that follows.
func (c *cleaner) tags(s string) string {
	for range maxTagPasses {
		before := len(s)
		for _, t := range tags {
			s = c.strip(s, t)
		}
		if len(s) == before {
			return s
		}
	}
	for _, t := range tags {
		if at, _, _ := nextTag(s, t.name, 0); at >= 0 && t.toEnd {
			s = s[:at]
		}
	}
	return s
}

// span is a part of a text.
type span struct{ start, end int }

// strip removes every element t, nested ones with the outermost, in one pass.
func (c *cleaner) strip(s string, t tag) string {
	var open []int // where the elements start that are not closed yet
	var gone []span
	for i := 0; ; {
		start, after, closes := nextTag(s, t.name, i)
		if start < 0 {
			break
		}
		i = after
		if !closes {
			open = append(open, start)
			continue
		}
		if len(open) == 0 {
			continue // closes nothing
		}
		start = open[len(open)-1]
		open = open[:len(open)-1]
		for len(gone) > 0 && gone[len(gone)-1].start > start {
			gone = gone[:len(gone)-1] // nested in this one
		}
		gone = append(gone, span{start, after})
	}
	if t.toEnd && len(open) > 0 {
		for len(gone) > 0 && gone[len(gone)-1].start > open[0] {
			gone = gone[:len(gone)-1]
		}
		gone = append(gone, span{open[0], len(s)})
	}
	if len(gone) == 0 {
		return s
	}
	c.report.Private += len(gone)
	var out strings.Builder
	kept := 0
	for _, g := range gone {
		out.WriteString(s[kept:g.start])
		kept = g.end
	}
	out.WriteString(s[kept:])
	return out.String()
}

// maxTag is how long a tag with its attributes may be.
const maxTag = 256

// nextTag returns where the next tag of that name starts and ends, from i on, and
// whether it is an end tag; -1 if there is none. Case does not matter; attributes
// may follow the name.
func nextTag(s, name string, i int) (start, after int, closes bool) {
	for {
		at := strings.IndexByte(s[i:], '<')
		if at < 0 {
			return -1, -1, false
		}
		at += i
		i = at + 1
		body := i
		closes = body < len(s) && s[body] == '/'
		if closes {
			body++
		}
		if len(s)-body <= len(name) || !strings.EqualFold(s[body:body+len(name)], name) {
			continue
		}
		body += len(name)
		switch s[body] {
		case '>':
			return at, body + 1, closes
		case ' ', '\t', '\n', '\r', '/':
			gt := strings.IndexByte(s[body:min(len(s), body+maxTag)], '>')
			if gt < 0 || s[body+gt-1] == '/' && !closes {
				continue // no tag, or an empty element with nothing in it
			}
			return at, body + gt + 1, closes
		}
	}
}

// Disarm breaks what is left of the tags of these elements in a text that was
// cleaned: ends without a start, and starts of noise that never ends. Cleaning lets
// them stand, because people write about them; in what a model wrote they have no
// business. It puts a space behind the bracket, so that nothing comes together anew.
func Disarm(s string) string {
	var out strings.Builder
	kept := 0
	for i := 0; i < len(s); i++ {
		if s[i] == '<' && startsTag(s[i+1:]) {
			out.WriteString(s[kept:i+1] + " ")
			kept = i + 1
		}
	}
	if kept == 0 {
		return s
	}
	return out.String() + s[kept:]
}

// startsTag reports whether a text continues a bracket to a tag of ours.
func startsTag(s string) bool {
	s = strings.TrimPrefix(s, "/")
	for _, t := range tags {
		if len(s) >= len(t.name) && strings.EqualFold(s[:len(t.name)], t.name) {
			return true
		}
	}
	return false
}
