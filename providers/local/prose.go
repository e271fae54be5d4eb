package local

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// unnumbered drops the number of a heading.
func unnumbered(s string) string { return strings.TrimLeft(s, "0123456789.) ") }

// isGeneric knows headings that every answer has: nothing is left of them without
// the words of their trade.
func isGeneric(title string) bool {
	for w := range strings.FieldsSeq(strings.ToLower(title)) {
		switch strings.Trim(w, "📦✅🎯🔧 !:.,()&-—") {
		case "summary", "overview", "changes", "change", "made", "verification", "results", "result", "answer", "details",
			"findings", "conclusion",
			"what", "it", "does", "how", "works", "key", "files", "file", "changed", "modified", "testing", "notes", "explanation",
			"before", "after", "implementation",
			"updated", "added", "removed", "analysis", "status", "plan", "example", "examples", "usage", "options", "background",
			"kept", "done", "the", "of", "a", "for",
			"and", "in", "to", "this", "new", "i", "my", "all", "here", "here's", "is", "are", "now", "issues", "found", "points",
			"fix", "fixes", "problem", "solution", "main",
			"question", "quick", "root", "cause", "repository", "research", "parallel", "documentation", "review", "complete",
			"completed", "test", "tests", "report", "additional", "other", "recommendation", "recommendations", "flow", "current",
			"description", "context", "total", "output", "pr", "":
		default:
			return false
		}
	}
	return true
}

// firstField is the first word.
func firstField(s string) string {
	word, _, _ := strings.Cut(s, " ")
	return word
}

// withoutOpener drops the courtesies that answers begin with.
func withoutOpener(s string) string {
	for _, opener := range []string{"Yes, exactly", "Yes,", "Yes -", "Yes!", "Yes.", "No,", "No -", "Sure,", "Sure!", "Sure.",
		"Done!", "Done.", "Done -", "Done:", "Perfect!", "Great!", "Good news -", "Good -",
		"Great question!", "Good question!", "Good question.", "Excellent question!", "You're right to ask -", "You're right!",
		"You're right,", "You're right.", "You're right -", "You're right —", "Yes —", "Ah yes,", "Great observations.", "Good thinking.", "Of course.", "Good catch!", "Absolutely.", "Exactly.", "Correct.",
		"Right,", "Hmm,", "Good catch.", "Good point.", "Good point!", "Good idea.", "I see the issue.", "I see now.", "I see.",
		"You're absolutely right!", "Excellent!", "Fixed!", "Fixed.", "Ah,", "Okay,", "OK,", "So,", "Well,", "Actually,"} {
		if rest, ok := strings.CutPrefix(s, opener); ok {
			s = strings.TrimSpace(rest)
		}
	}
	for _, source := range []string{"Based on ", "According to ", "Looking at "} {
		if _, rest, ok := strings.Cut(s, ", "); ok && strings.HasPrefix(s, source) && len(s)-len(rest) < 70 && !enumerated(rest) {
			s = rest
		}
	}
	for _, seen := range []string{"I can see that ", "I can see ", "I see that ", "I see "} {
		s = strings.TrimPrefix(s, seen)
	}
	if s = strings.TrimLeft(s, ".,!- "); s == "" {
		return ""
	}
	return capital(s)
}

// enumerated reports whether a text goes on with a list that began before it: “community
// knowledge, and the code, …”.
func enumerated(rest string) bool {
	item, _, ok := strings.Cut(rest, ", ")
	return ok && len(strings.Fields(item)) <= 3 || strings.HasPrefix(rest, "and ")
}

// capital makes the first letter a capital, unless it begins a name.
func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if word := firstField(s); langOf(word) != plainText || strings.ContainsAny(word, "/_.(") || camel(word) {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}

// isOffer reports whether a sentence leaves the next move to the user.
func isOffer(s string) bool {
	low := strings.ToLower(s)
	if begins(low, "i can ", "i could ") && !begins(low, "i can now", "i can't", "i cannot", "i can confirm") || holds(low, "quick question", "would you prefer", "do you prefer") {
		return true
	}
	for _, start := range []string{"would you like", "want me", "should i", "do you want", "shall i", "let me know",
		"could you", "can you", "ready to", "to clarify", "which ", "if you'd like", "if you want", "you could also",
		"you can also", "next steps"} {
		if strings.HasPrefix(low, start) {
			return strings.HasSuffix(low, "?") || strings.HasSuffix(low, ":") || begins(low, "let me know", "if you", "you c",
				"ready to")
		}
	}
	return strings.HasSuffix(s, "?")
}

// isLeft reports whether a sentence names work that is left to do.
func isLeft(s string) bool {
	low := strings.ToLower(s)
	return begins(low, "not done", "next:", "next,", "remaining:", "still to do", "still open", "todo",
		"left to do", "what is left", "what's left", "not yet ")
}

// isStatus reports whether a sentence only says that checks pass.
func isStatus(s string) bool {
	low := strings.ToLower(s)
	return len(s) < 110 && hasWord(low, "pass", "passes", "passed", "passing", "clean", "succeeds", "compiles", "0 issues",
		"no issues") &&
		hasWord(low, "test", "tests", "lint", "linter", "linting", "build", "builds", "all", "everything")
}

// isAnnouncement reports whether a sentence tells only what the agent is about to
// do or that something follows.
func isAnnouncement(s string) bool {
	low := strings.ToLower(s)
	if hasWord(low, "changes are complete", "all done", "plan is complete", "summary of", "generated with", "co-authored-by",
		"now resolved", "changes are done") && len(s) < 90 {
		return true
	}
	if second := firstField(strings.TrimPrefix(low, "now ")); strings.HasPrefix(low, "now ") && strings.HasSuffix(second, "ing") {
		return true
	}
	return begins(low, "let me", "i'm using", "before reporting", "i've thoroughly", "i've read",
		"i've completed", "i've analyzed", "i've reviewed", "i've researched", "i have completed", "i have analyzed", "i'll",
		"i will", "i'm going to", "now let me", "now i", "now let's", "let's", "here's", "here is", "here are", "here it is",
		"looking at",
		"based on my", "i now have", "i have a ", "i can now", "first, let me", "next, i", "great", "perfect", "good,",
		"excellent", "i need to", "i understand", "sorry", "i apologize", "stopped.")
}

// plain strips the marks of Markdown but keeps `code`, which says what is a name.
func plain(s string) string {
	s = oneLine(s)
	for _, mark := range [...][2]string{{"**", ""}, {"__", ""}, {"<br/>", "; "}, {"<br>", "; "}, {"✅ ", ""}, {"❌ ", ""}, {"✅",
		""}, {"❌", ""}} {
		s = strings.ReplaceAll(s, mark[0], mark[1])
	}
	s = unstressed(s)
	s = strings.TrimLeft(s, "*✓✔☑⚠️🎉🚀📦🔧🎯👍🤖→•> \u200d")
	for {
		open := strings.Index(s, "](")
		if open < 0 {
			return strings.TrimSpace(s)
		}
		start := strings.LastIndexByte(s[:open], '[')
		end := strings.IndexByte(s[open:], ')')
		if start < 0 || end < 0 {
			return strings.TrimSpace(s)
		}
		s = s[:start] + s[start+1:open] + s[open+end+1:]
	}
}

// unstressed drops the asterisks around a stressed *word*, but not those of code.
func unstressed(s string) string {
	if !strings.Contains(s, "*") || strings.Contains(s, "`*") {
		return s
	}
	open := -1
	for i := 0; i < len(s); i++ {
		if s[i] != '*' {
			continue
		}
		switch {
		case open < 0 && i+1 < len(s) && s[i+1] != ' ' && (i == 0 || s[i-1] == ' '):
			open = i
		case open >= 0 && s[i-1] != ' ' && (i+1 == len(s) || !wordByte(s[i+1])):
			s = s[:open] + s[open+1:i] + s[i+1:]
			i, open = i-2, -1
		}
	}
	return s
}
