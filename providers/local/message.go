package local

import (
	"slices"
	"strings"

	"claude-mem/memory"
)

// said is the rule for what an agent says when it stops: its own account of what
// was found or done is the best there is.
func (sc scene) said(message string) note {
	if strings.HasPrefix(message, "API Error") {
		return skipped("the agent's model failed")
	}
	d := digest(message)
	title := d.title()
	if len(d.leads)+len(d.heads) == 0 && len(d.facts) > 0 && sc.ask.head != "" {
		title = wish(sc.ask.head) // the facts are the answer
	}
	if title == "" {
		return skipped("message without a finding")
	}
	low := strings.ToLower(message)
	m := memory.Metadata{
		Title:     title,
		Subtitle:  sc.ask.subtitle(),
		Narrative: d.narrative(title),
		Facts:     best(d.facts, maxFacts),
	}
	kind := sc.kindOfMessage(d, low)
	m.Concepts = sc.conceptsOfMessage(kind, low)
	return remembered(kind, m)
}

// leans reports whether a sentence cannot stand alone.
func leans(s string) bool {
	switch strings.ToLower(strings.TrimRight(firstField(s), ",")) {
	case "this", "that", "it", "these", "those", "so", "if", "but", "they", "and", "then", "you", "you're", "your", "also",
		"that's", "it's", "there's", "he", "she", "try", "please", "ready", "want", "would", "shall", "let", "feel":
		return true
	}
	return len(strings.Fields(s)) < 3 && len(identifiers(s)) == 0 || !strings.HasSuffix(s, ":") && vague(s)
}

// best keeps the facts that carry most: names, places, causes. Their order stays.
func best(facts []string, limit int) []string {
	if len(facts) <= limit {
		return facts
	}
	type scored struct{ at, score int }
	all := make([]scored, len(facts))
	for i, f := range facts {
		all[i] = scored{i, weight(f)}
	}
	slices.SortStableFunc(all, func(a, b scored) int { return b.score - a.score })
	keep := all[:limit]
	slices.SortFunc(keep, func(a, b scored) int { return a.at - b.at })
	out := make([]string, limit)
	for i, k := range keep {
		out[i] = facts[k.at]
	}
	return out
}

// weight is how much a fact carries.
func weight(f string) int {
	w := min(len(identifiers(f)), 3) * 2
	if hasWord(strings.ToLower(f), "because", "instead", "must", "never", "only", "cause*", "fix*", "not", "so that",
		"default*", "requires", "when") {
		w += 2
	}
	if len(f) < 25 {
		w -= 2
	}
	return w
}

// identifiers are the names in a text: what stands in backticks, and words that
// look like paths or code.
func identifiers(text string) []symbol {
	var out []symbol
	for i, part := range strings.Split(text, "`") {
		if i%2 == 1 {
			if part != "" {
				out = append(out, symbol{"name", part})
			}
			continue
		}
		for w := range strings.FieldsSeq(part) {
			w = strings.Trim(w, ".,:;()[]\"'")
			if len(w) > 3 && (strings.ContainsAny(w, "_/") || strings.Contains(w, "()") || camel(w) || langOf(w) != plainText) {
				out = append(out, symbol{"name", w})
			}
		}
	}
	return out
}

// camel reports whether a capital follows a small letter inside the word.
func camel(w string) bool {
	for i := 1; i < len(w); i++ {
		if w[i] >= 'A' && w[i] <= 'Z' && w[i-1] >= 'a' && w[i-1] <= 'z' {
			return true
		}
	}
	return false
}

// kindOfMessage tells an account of work from an answer, and the kinds of work apart.
func (sc scene) kindOfMessage(d doc, low string) string {
	head := low[:min(len(low), 1500)]
	if hasWord(head, "vulnerability", "cve", "sql injection", "path traversal", "xss", "leaked secret", "leaked secrets") {
		return memory.KindSecurityNote
	}
	claims := strings.ToLower(strings.Join(d.claims(), "\n"))
	told := strings.ToLower(strings.Join(slices.Concat(d.leads, d.heads), "\n"))
	// Whoever is asked “could we …?” may just do it, and says so first.
	asks := sc.ask.isQuestion() && !done(firstField(strings.ToLower(d.title())))
	switch {
	case asks && sc.ask.wantsAdvice():
		return memory.KindDecision
	case asks || claims == "":
		return memory.KindDiscovery
	case sc.ask.isFix():
		return memory.KindBugfix
	case sc.ask.isRefactor():
		return memory.KindRefactor
	case hasWord(claims+"\n"+told, "fixed", "the fix", "bug", "root cause", "regression"):
		return memory.KindBugfix
	case hasWord(claims, "renamed", "refactored", "refactoring", "extracted", "consolidated", "simplified"):
		return memory.KindRefactor
	case hasWord(claims, "added", "implemented", "created", "new"):
		return memory.KindFeature
	}
	return memory.KindChange
}

// isQuestion reports whether the user wanted to know something, not to have it done.
func (a ask) isQuestion() bool {
	if hasWord(a.low, "explain", "help me understand", "what do you think", "does it make sense", "do you think", "i wonder",
		"wondering", "compare") {
		return true
	}
	for _, start := range []string{"why", "what", "how", "when", "where", "who", "which", "but why", "but what", "question"} {
		if hasWord(a.low[:min(len(a.low), len(start)+1)], start) {
			return true
		}
	}
	return strings.Contains(a.low, "?") && !hasWord(a.low, "add", "fix", "rename", "move", "change", "make", "implement",
		"remove", "update", "refactor",
		"create", "write", "delete", "replace", "commit", "push", "let's", "show", "use", "run", "generate", "summarize",
		"revert", "extract")
}

// wantsAdvice reports whether the user asked for a choice.
func (a ask) wantsAdvice() bool {
	return hasWord(a.low, "what do you think", "make sense", "makes sense", "should we", "should i", "which one", "better",
		"prefer", "recommend", "option", "options", "worth")
}

// conceptsOfMessage says what sort of knowledge an answer is.
func (sc scene) conceptsOfMessage(kind, low string) []string {
	var out []string
	switch kind {
	case memory.KindBugfix:
		out = append(out, problemSolution)
	case memory.KindDiscovery:
	case memory.KindDecision:
		out = append(out, tradeOff)
	default:
		out = append(out, whatChanged)
	}
	if hasWord(sc.ask.low, "why") || hasWord(low, "root cause", "the reason", "happens because", "this is because") {
		out = append(out, whyItExists)
	}
	if hasWord(low, "trade-off", "tradeoff", "pros", "cons", "overkill", "alternatively") && !slices.Contains(out, tradeOff) {
		out = append(out, tradeOff)
	}
	if hasWord(low, "gotcha", "careful", "caveat", "however", "note that", "pitfall", "race condition", "silently", "edge case") {
		out = append(out, gotcha)
	}
	if hasWord(low, "pattern", "convention", "idiom*", "consistent with") {
		out = append(out, pattern)
	}
	if len(out) == 0 {
		out = append(out, howItWorks)
	}
	return out
}

// gist is one line for what a result says.
func gist(text string) string {
	text = strings.TrimPrefix(strings.TrimSpace(text), "Error: ")
	d := digest(text)
	if t := d.title(); t != "" {
		return clip(t, 160)
	}
	return clip(oneLine(plain(firstLine(text))), 160)
}
