package llm

import (
	"cmp"
	"errors"
	"strings"

	"claude-mem/memory"
	"claude-mem/providers"
)

// Class is what kind of answer a model gave.
type Class string

// The kinds of answer.
const (
	Observations Class = "observations" // whole blocks in the form that was asked for
	Skip         Class = "skip"         // it says that nothing is worth keeping
	Empty        Class = "empty"        // it says nothing
	Truncated    Class = "truncated"    // it was cut off; whole blocks are kept
	Drifted      Class = "drifted"      // another form, as JSON or without titles
	Prose        Class = "prose"        // words instead of a form
	Refusal      Class = "refusal"      // it will not
)

// Answer is a model's answer, read.
type Answer struct {
	Class  Class
	Drafts []providers.Draft // what can be stored of it
	Reason string            // of a skip, or what is wrong with it
}

// Classify reads an answer. It takes any text, and the time it needs grows with the
// text's length and no faster.
func Classify(c Completion, r providers.Request) Answer {
	said, thought := unthink(c.Text)
	text := unfence(said)
	if text == "" {
		switch {
		case c.Stop == StopFilter:
			return Answer{Class: Refusal, Reason: "the model, or a filter before it, refused to answer"}
		case c.Stop == StopLength:
			return Answer{Class: Truncated, Reason: "the answer was used up before its first word; raise the limit of its tokens"}
		case c.Reasoned || thought:
			return Answer{Class: Empty, Reason: "the model thought and said nothing"}
		}
		return Answer{Class: Empty, Reason: "the answer was empty"}
	}
	found := parse(text, r, c.Stop == StopLength)
	a := Answer{Class: Observations, Drafts: found.drafts}
	switch {
	case len(a.Drafts) > 0 && c.Stop == StopLength:
		a.Class = Truncated
	case len(a.Drafts) > 0 && found.drifted:
		a.Class = Drifted
	case len(a.Drafts) > 0:
	case found.skip != "":
		a.Class, a.Reason = Skip, found.skip
	case c.Stop == StopLength:
		a.Class, a.Reason = Truncated, "the answer was cut off before anything in it was complete; be shorter"
	case c.Stop == StopFilter:
		a.Class, a.Reason = Refusal, "the model refused: "+bounded(text, maxReason)
	default:
		if a.Drafts = parseJSON(text, r); len(a.Drafts) > 0 {
			a.Class = Drifted
		} else {
			a.Class, a.Reason = unusable(found, text)
		}
	}
	return a
}

// unusable says of an answer that yields nothing why.
func unusable(found parsed, text string) (Class, string) {
	switch {
	case found.blocks > 0:
		return Drifted, "its elements lack a title or a text, or those that were asked for"
	case strings.HasPrefix(text, "{") || strings.HasPrefix(text, "["):
		return Drifted, "it is JSON; the XML form was asked for"
	case refuses(text):
		return Refusal, "the model refused: " + bounded(text, maxReason)
	}
	return Prose, "it holds no element of the form that was asked for"
}

// refuses reports whether a text without any of our elements starts as refusals do.
func refuses(text string) bool {
	start := strings.ToLower(flat(text[:min(len(text), 200)]))
	start = strings.NewReplacer("’", "'").Replace(start)
	for _, words := range []string{
		"i can't ", "i cannot ", "i'm sorry", "i am sorry", "sorry, but i", "i'm unable", "i am unable", "i won't ", "i'm not able to", "i must decline",
	} {
		if strings.HasPrefix(start, words) {
			return true
		}
	}
	return false
}

// err is what the answer means for the job, where it means nothing good.
func (a Answer) err() error {
	if len(a.Drafts) > 0 || a.Class == Skip {
		return nil
	}
	class := providers.ParseError
	if a.Class == Refusal {
		class = providers.BadRequest // asking again would be refused again
	}
	return &providers.Error{Class: class, Err: errors.New(string(a.Class) + " answer: " + cmp.Or(a.Reason, "nothing in it can be used"))}
}

// unthink takes off the thoughts that some models put before what they say, where
// their server does not: drafts in them are no answer. Thoughts without an end are
// all there is.
func unthink(s string) (said string, thought bool) {
	s = strings.TrimSpace(s)
	rest, ok := strings.CutPrefix(s, "<think>")
	if !ok {
		return s, false
	}
	_, said, _ = strings.Cut(rest, "</think>")
	return said, true
}

// unfence takes off a fenced block around the whole answer.
func unfence(s string) string {
	s = strings.TrimSpace(s)
	rest, ok := strings.CutPrefix(s, "```")
	if !ok {
		return s
	}
	info, body, ok := strings.Cut(rest, "\n")
	if !ok || strings.ContainsAny(info, "<{[") {
		return s
	}
	body = strings.TrimSpace(body)
	return strings.TrimSpace(strings.TrimSuffix(body, "```"))
}

// flat makes one line of a text.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

// kindOf is the kind that a model's word means, and the word itself if it is none
// of ours.
func kindOf(word string) (kind, raw string) {
	word = strings.ToLower(strings.NewReplacer(" ", "_", "-", "_").Replace(flat(word)))
	for _, k := range memory.GeneratedKinds() {
		if word == k {
			return k, ""
		}
	}
	return memory.KindChange, word
}
