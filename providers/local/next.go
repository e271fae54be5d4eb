package local

import "strings"

// next is what is left to do: what stands open on the agent's own list, what it said is
// left, and what it offered last.
func (s *session) next() string {
	var all []string
	all = append(all, s.todo...)
	for _, t := range s.turns {
		all = append(all, t.last.open...)
	}
	if n := len(s.turns); n > 0 {
		for _, offer := range s.turns[n-1].last.offers {
			if step := offered(offer); step != "" {
				all = append(all, step)
			}
		}
	}
	return bullets(all[:min(len(all), 6)], 450)
}

// offered makes a step of what an agent offers to do or asks at the end. An offer without
// an object, such as “Ready to implement?”, is none; a question is kept where it says what
// it is about.
func offered(s string) string {
	low := strings.ToLower(s)
	for _, start := range []string{"would you like me to ", "do you want me to ", "want me to ", "should i ", "shall i ", "may i ",
		"let me know if you'd like me to ", "let me know if you want me to ", "let me know if i should ", "if you'd like, i can ",
		"if you want, i can ", "i can also ", "i can ", "i could ", "would you like to ", "do you want to ", "ready to ", "can you ", "could you "} {
		if !strings.HasPrefix(low, start) {
			continue
		}
		what := strings.TrimRight(s[len(start):], "?.: ")
		what, _, _ = strings.Cut(what, ", or ")
		what = strings.TrimSuffix(strings.TrimSuffix(what, " for you"), " now")
		if !hasObject(what) {
			return ""
		}
		return capital(what) + " (offered)"
	}
	if !strings.HasSuffix(low, "?") {
		if begins(low, "let me know", "would you like me to", "feel free") {
			return ""
		}
		return s
	}
	if len(identifiers(s)) == 0 && len(strings.Fields(s)) < 8 && !strings.HasPrefix(low, "which ") {
		return ""
	}
	return "Open question: " + s
}

// hasObject reports whether an offer names something to be done: it has a verb and an object.
func hasObject(what string) bool {
	n := 0
	for w := range strings.FieldsSeq(strings.ToLower(what)) {
		switch strings.Trim(w, ",.") {
		case "this", "that", "it", "these", "those", "them", "now", "the", "a", "an", "with", "first", "next", "so", "to", "do", "proceed",
			"continue", "go", "ahead", "start", "begin", "on", "in", "of", "any", "further", "more":
		default:
			n++
		}
	}
	return n >= 2
}
