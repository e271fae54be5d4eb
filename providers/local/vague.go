package local

import "strings"

// vague reports whether a text names nothing: “take a look at this”, “I found and fixed
// the issue”. What it is about stands before or after it.
func vague(s string) bool {
	if len(identifiers(s)) > 0 {
		return false
	}
	words := 0
	for w := range strings.FieldsSeq(strings.ToLower(s)) {
		words++
		switch strings.Trim(w, ".,:;!?()\"“”") {
		case "i", "i've", "i'm", "we", "we've", "you", "me", "us", "it", "it's", "this", "that", "these", "those", "them", "the", "a", "an", "and",
			"or", "to", "at", "in", "on", "of", "for", "with", "is", "are", "was", "were", "be", "been", "has", "have", "had", "do", "does", "did",
			"can", "could", "would", "please", "now", "also", "just", "all", "both", "two", "three", "some", "several", "few", "following", "below",
			"above", "here", "there", "so", "then", "again", "too", "take", "look", "see", "check", "help", "find", "found", "fix", "fixed", "fixes",
			"issue", "issues", "bug", "bugs", "problem", "problems", "error", "thing", "things", "everything", "change", "changes", "changed",
			"improvement", "improvements", "made", "make", "work", "works", "working", "done", "complete", "completed", "complete.", "successfully",
			"correctly", "properly", "fully", "implemented", "plan", "test", "tests", "added", "verify", "verified", "root", "cause", "should", "will",
			"let's", "get", "got", "go", "give", "ready", "finished", "task", "tasks":
		default:
			return false
		}
	}
	return words > 0
}
