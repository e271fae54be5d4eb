package llm

import (
	"encoding/json"
	"strconv"
	"strings"

	"claude-mem/memory"
	"claude-mem/providers"
)

const (
	// maxBlocks bounds how many elements of an answer are looked at, of use or not.
	maxBlocks = 256
	// maxDrafts is how many observations are taken of one answer.
	maxDrafts = 50
)

// parsed is what the scanner found in an answer.
type parsed struct {
	drafts  []providers.Draft
	skip    string // the reason of a skip, "" without one
	blocks  int    // elements of the form that was asked for, of use or not
	drifted bool   // some were used though they were not as asked for
}

// parse finds our elements, whatever stands around them. cut says that the text was
// cut off: then an element without an end is half of one.
func parse(text string, r providers.Request, cut bool) (out parsed) {
	s := newScanner(text)
	for _, name := range []string{"skip_summary", "skip"} {
		if at, _, attrs, _ := s.open(name, 0); at >= 0 {
			out.skip = bounded(attributeOf(attrs, "reason"), maxReason)
			if out.skip == "" {
				out.skip = "the model found nothing worth keeping"
			}
			break
		}
	}
	name := "observation"
	if r.Kind == memory.KindSummary {
		name = "summary"
	}
	for _, b := range blocks(s, name, cut) {
		out.blocks++
		d, ok, asAsked := readBlock(b, r)
		if !ok || len(out.drafts) == maxDrafts {
			continue
		}
		out.drafts = append(out.drafts, d)
		out.drifted = out.drifted || !asAsked
		if r.Kind == memory.KindSummary {
			break // one session has one
		}
	}
	return out
}

// blocks are the contents of the elements of the name. One that is opened anew before
// it ends is not whole and left out, and so is one that the end of a cut text ends.
func blocks(s scanner, name string, cut bool) (out []string) {
	closed, after := -1, 0 // the next end, looked for once
	for i := 0; len(out) < maxBlocks; {
		_, from, _, empty := s.open(name, i)
		if from < 0 {
			return out
		}
		i = from
		if empty {
			continue
		}
		if closed < from {
			if closed, after = s.close(name, from); closed < 0 {
				if cut {
					return out
				}
				closed, after = len(s.text), len(s.text)
			}
		}
		if next, _, _, _ := s.open(name, from); next >= 0 && next < closed {
			continue
		}
		out = append(out, s.text[from:closed])
		i = after
	}
	return out
}

// readBlock makes a draft of an element's content. asAsked is false where it is not
// quite the form that was asked for.
func readBlock(block string, r providers.Request) (d providers.Draft, ok, asAsked bool) {
	s := newScanner(block)
	if r.Kind == memory.KindSummary {
		d, ok = summaryDraft(memory.Summary{
			Request: s.field("request"), Investigated: s.field("investigated"), Learned: s.field("learned"),
			Completed: s.field("completed"), NextSteps: s.field("next_steps"), Notes: s.field("notes"),
		})
		return d, ok, true
	}
	raw := rawDraft{
		Type: s.field("type"), Title: s.field("title"), Subtitle: s.field("subtitle"), Narrative: s.field("narrative"),
		Facts: s.list("facts", "fact", maxFacts), Concepts: s.list("concepts", "concept", maxConcepts),
		FilesRead: s.list("files_read", "file", maxFiles), FilesModified: s.list("files_modified", "file", maxFiles),
		Events: eventNumbers(s.field("events"), r),
	}
	return raw.draft(r)
}

// eventNumbers are the ids of the events that a list such as "1, 3-5" names, each
// once and in the order of the request.
func eventNumbers(list string, r providers.Request) (ids []string) {
	list = strings.ReplaceAll(list[:min(len(list), 4000)], "–", "-")
	named := make([]bool, len(r.Events))
	for _, part := range strings.FieldsFunc(list, func(c rune) bool { return c != '-' && (c < '0' || c > '9') }) {
		first, last, span := strings.Cut(part, "-")
		from, err := strconv.Atoi(first)
		if err != nil {
			continue
		}
		to := from
		if n, err := strconv.Atoi(last); span && err == nil {
			to = n
		}
		for n := max(from, 1); n <= min(to, len(named)); n++ {
			named[n-1] = true
		}
	}
	for i, e := range r.Events {
		if named[i] {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// parseJSON salvages an answer in the other form that models like. It takes one
// object, a list of them, or either under a name such as "observations".
func parseJSON(text string, r providers.Request) (out []providers.Draft) {
	for range 2 {
		var list []json.RawMessage
		var wrapped map[string]json.RawMessage
		switch {
		case json.Unmarshal([]byte(text), &list) == nil:
		case json.Unmarshal([]byte(text), &wrapped) == nil:
			list = []json.RawMessage{json.RawMessage(text)}
			if inner := first(wrapped, "observations", "observation", "summary"); inner != nil {
				text = string(inner)
				continue
			}
		}
		for _, one := range list[:min(len(list), maxDrafts)] {
			if d, ok := jsonDraft(one, r); ok {
				out = append(out, d)
			}
		}
		break
	}
	return out
}

func first(m map[string]json.RawMessage, names ...string) json.RawMessage {
	for _, n := range names {
		if v, ok := m[n]; ok {
			return v
		}
	}
	return nil
}

func jsonDraft(one json.RawMessage, r providers.Request) (providers.Draft, bool) {
	if r.Kind == memory.KindSummary {
		var s memory.Summary
		if json.Unmarshal(one, &s) != nil {
			return providers.Draft{}, false
		}
		return summaryDraft(s)
	}
	var raw rawDraft
	if json.Unmarshal(one, &raw) != nil {
		return providers.Draft{}, false
	}
	raw.Events = nil // numbers or not, they were not asked for in this form
	d, ok, _ := raw.draft(r)
	return d, ok
}
