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

// tags removes the elements. Taking one out can bring two halves of another
// together, so it goes on until nothing changes.
func (c *cleaner) tags(s string) string {
	for {
		before := len(s)
		for _, t := range tags {
			s = c.strip(s, t)
		}
		if len(s) == before {
			return s
		}
	}
}

// strip removes every element t, nested ones with the outermost.
func (c *cleaner) strip(s string, t tag) string {
	start, next := findTag(s, t.name, 0, false)
	if start < 0 {
		return s
	}
	var out strings.Builder
	kept := 0
	for start >= 0 {
		end := closing(s, t.name, next)
		if end < 0 {
			if !t.toEnd {
				start, next = findTag(s, t.name, next, false)
				continue
			}
			end = len(s)
		}
		c.report.Private++
		out.WriteString(s[kept:start])
		kept = end
		start, next = findTag(s, t.name, end, false)
	}
	out.WriteString(s[kept:])
	return out.String()
}

// closing returns where the element ends whose start tag ended at i, or -1.
func closing(s, name string, i int) int {
	for depth := 1; ; {
		end, after := findTag(s, name, i, true)
		if end < 0 {
			return -1
		}
		// Start tags before that end tag open further levels.
		for {
			start, next := findTag(s[:end], name, i, false)
			if start < 0 {
				break
			}
			depth++
			i = next
		}
		if depth--; depth == 0 {
			return after
		}
		i = after
	}
}

// maxTag is how long a tag with its attributes may be.
const maxTag = 256

// findTag returns where the next tag of that name starts and ends, from i on, or
// -1. Case does not matter; attributes may follow the name.
func findTag(s, name string, i int, end bool) (start, after int) {
	for {
		at := strings.IndexByte(s[i:], '<')
		if at < 0 {
			return -1, -1
		}
		at += i
		i = at + 1
		body := i
		if end {
			if body >= len(s) || s[body] != '/' {
				continue
			}
			body++
		}
		if len(s)-body < len(name) || !strings.EqualFold(s[body:body+len(name)], name) {
			continue
		}
		body += len(name)
		if body == len(s) {
			continue
		}
		switch s[body] {
		case '>':
			return at, body + 1
		case ' ', '\t', '\n', '\r', '/':
			gt := strings.IndexByte(s[body:min(len(s), body+maxTag)], '>')
			if gt < 0 {
				continue
			}
			if s[body+gt-1] == '/' && !end {
				continue // empty element: nothing in it
			}
			return at, body + gt + 1
		}
	}
}
