package local

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// title is the first thing an answer says. A heading that only names what comes under
// it is completed by the first thing said there.
func (d doc) title() string { return impersonal(d.opened()) }

// opened is the title as the answer puts it.
func (d doc) opened() string {
	if !d.headed || len(strings.Fields(d.heads[0])) < 3 {
		return d.finding()
	}
	head := d.heads[0]
	if said := d.statement(d.under); said != "" && !tells(head) {
		return labelled(head, said)
	}
	return head
}

// impersonal drops the agent from what it says it did: of a memory nobody asks whose “I” it is.
func impersonal(s string) string {
	for _, who := range []string{"I've successfully ", "I have successfully ", "I've now ", "I've ", "I have ", "We've ", "We have ", "Successfully ", "I "} {
		if rest, ok := strings.CutPrefix(s, who); ok && done(firstField(strings.ToLower(rest))) {
			return capital(rest)
		}
	}
	return s
}

// labelled puts a name before what is said under it, unless that says the name itself.
func labelled(label, said string) string {
	said = strings.TrimRight(said, ".:!")
	if label = strings.TrimRight(label, ".:!"); strings.Contains(strings.ToLower(said), strings.ToLower(label)) {
		return said
	}
	return label + ": " + said
}

// statement is something that was said, such that it can stand alone: an introduction
// with the first thing that it introduces, unless it is long and complete without. It is
// empty if nothing is known to follow.
func (d doc) statement(s string) string {
	if !strings.HasSuffix(s, ":") {
		return s
	}
	what := d.after[s]
	if what == "" {
		return ""
	}
	full, bare := labelled(s, what), strings.TrimRight(s, ":")
	if vague(bare) && !strings.HasSuffix(what, "`") {
		return what
	}
	excerpt := strings.HasSuffix(what, " …`") // the first line of code tells little
	if dangles(bare) || len(bare) < 45 || !excerpt && utf8.RuneCountInString(full) <= maxTitle {
		return full
	}
	return bare
}

// dangles reports whether a sentence breaks off before what it is about.
func dangles(s string) bool {
	switch strings.ToLower(s[strings.LastIndexByte(s, ' ')+1:]) {
	case "see", "sees", "show", "shows", "be", "is", "are", "was", "were", "like", "either", "both", "to", "when", "if", "and", "or", "with",
		"following", "return", "returns", "has", "have", "had", "contains", "includes", "handles", "creates", "checks", "uses", "use", "by",
		"as", "for", "from", "of", "that", "into", "needs", "need", "means", "get", "gets", "automatically", "follows", "below", "it", "this",
		"the", "a", "an", "because", "where", "which", "not", "does", "do", "can", "now", "than", "on", "at", "in", "prints", "happens":
		return true
	}
	return false
}

// finding is the first sentence that tells something, or else the first fact; a very
// short one is completed by the next.
func (d doc) finding() string {
	var head string
	at := d.opening()
	switch {
	case at >= 0:
		head = strings.TrimRight(d.statement(d.leads[at]), ".:!")
	case len(d.facts) > 0:
		return strings.TrimRight(d.facts[0], ".:")
	case len(d.heads) > 0:
		head = d.heads[0]
	case len(strings.Fields(d.fence)) >= 4:
		return d.fence
	default:
		return ""
	}
	if len(head) >= 45 || at >= 0 && strings.HasSuffix(d.leads[at], ":") {
		return head
	}
	return d.completed(head, at)
}

// completed adds to a short sentence what comes next, where that fits.
func (d doc) completed(head string, at int) string {
	var more []string
	if at >= 0 && at+1 < len(d.leads) {
		if next := d.leads[at+1]; d.statement(next) != "" && !dangles(strings.TrimRight(next, ":")) {
			more = append(more, head+". "+strings.TrimRight(next, ".:"))
		}
	}
	if len(d.facts) > 0 {
		fact := strings.TrimRight(d.facts[0], ".")
		more = append(more, head+": "+strings.TrimPrefix(fact, head+": "))
	}
	for _, t := range more {
		if utf8.RuneCountInString(t) <= maxTitle {
			return t
		}
	}
	if len(strings.Fields(head)) < 5 && len(identifiers(head)) == 0 {
		if len(more) > 0 {
			return more[0]
		}
		return ""
	}
	return head
}

// opening is the place of the first lead that can stand alone, or of a better one close
// behind when the first leans on what came before it: “This prevents …”. -1: there is none.
func (d doc) opening() int {
	first := slices.IndexFunc(d.leads, func(s string) bool { return d.statement(s) != "" })
	for i := max(first, 0); first >= 0 && i < min(len(d.leads), first+3); i++ {
		if !leans(d.leads[i]) && d.statement(d.leads[i]) != "" {
			return i
		}
	}
	return first
}

// tells reports whether a heading is a statement, rather than the name of what it stands over.
func tells(head string) bool {
	low := strings.ToLower(head)
	switch strings.Trim(firstField(low), ":,") {
	case "how", "what", "what's", "why", "when", "where", "which", "who":
		return false
	}
	if done(low[strings.LastIndexByte(low, ' ')+1:]) && !hasWord(low, "could", "can", "should", "to be", "not", "may", "might") {
		return true
	}
	return claims(head) || hasWord(low, "is", "are", "was", "were", "isn't", "aren't", "now", "does", "do", "doesn't", "don't", "can",
		"cannot", "can't", "should", "must", "will", "has", "have", "not", "never", "fails", "works", "uses", "needs", "requires", "means")
}

// claims lists what the answer says was done, of its sentences, headings and facts.
func (d doc) claims() []string {
	var out []string
	for _, s := range slices.Concat(d.leads, d.heads, d.facts) {
		_, item, ok := strings.Cut(s, ": ")
		if claims(s) || ok && claims(item) {
			out = append(out, s)
		}
	}
	return out
}

// claims reports whether a sentence says that something was done: by whoever says it, as
// “Added …” and “I've moved …” do, or to a thing, which “has been removed” or does
// something “now”.
func claims(s string) bool {
	low := strings.ToLower(s)
	for _, who := range []string{"i've ", "i have ", "we've ", "we have ", "i ", "we ", "successfully ", "also ", "just ", "both ", "all "} {
		low = strings.TrimPrefix(low, who)
	}
	words := strings.Fields(low)
	for i, w := range words[:min(len(words), 4)] { // “PR created: …”
		if done(w) && (i == 0 || words[i-1] != "be" && (strings.HasSuffix(w, ":") || i == len(words)-1)) {
			return true
		}
	}
	if begins(low, "now ", "the fix is ", "the fix was ", "the fix adds ", "the fix applies ", "the fix makes ", "the fix uses ", "the fix now ") {
		return true
	}
	for i, w := range words[:max(len(words)-1, 0)] {
		next := words[i+1]
		switch w {
		case "been", "was", "were", "successfully", "i've", "i", "we":
			if strings.HasSuffix(next, "ly") && i+2 < len(words) { // “has been fully implemented”
				next = words[i+2]
			}
			if done(next) {
				return true
			}
		case "now":
			if i > 0 { // “it now reads”, “are now sorted”
				return true
			}
		case "is", "are":
			if hasWord(next, "complete", "done", "fixed", "implemented") {
				return true
			}
		}
	}
	return false
}

// done knows the words for work that is over.
func done(word string) bool {
	switch strings.Trim(word, ".,:;!()*`") {
	case "added", "fixed", "updated", "removed", "renamed", "moved", "implemented", "created", "refactored", "replaced", "extracted",
		"consolidated", "changed", "done", "completed", "reverted", "deleted", "simplified", "committed", "pushed", "bumped", "wrote",
		"rewrote", "rewritten", "written", "increased", "reduced", "lowered", "raised", "inlined", "integrated", "introduced", "improved",
		"enabled", "disabled", "dropped", "merged", "split", "switched", "converted", "migrated", "redesigned", "organized", "cleaned",
		"installed", "configured", "made", "posted", "addressed", "resolved", "corrected", "adjusted", "restored":
		return true
	}
	return false
}
