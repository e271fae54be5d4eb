package local

import (
	"slices"
	"strings"
)

// tale is a change in words.
type tale struct {
	title     string
	narrative string
	facts     []string
	skip      string // why the change is not worth telling
	adds      []symbol
	drops     []symbol
	renames   bool
}

// describe puts a change into words: what it adds and removes by name, or, where
// no name comes or goes, the statements that differ.
func describe(ch change) tale {
	l := langOf(ch.path)
	added, removed := ch.added(), ch.removed()
	if why := trivialDiff(l, added, removed); why != "" && !ch.created && !ch.deleted && ch.from == "" {
		return tale{skip: why}
	}
	t := tale{adds: symbols(l, added), drops: symbols(l, removed)}
	kept := common(t.adds, t.drops)
	t.adds, t.drops = without(t.adds, kept), without(t.drops, kept)
	t.narrative = intent(l, ch.diff)
	if l == markdown {
		t.narrative = clip(digest(strings.Join(added, "\n")).narrative(""), 400)
	}
	t.title = t.headline(ch, l, added, removed)
	t.facts = t.details(ch, l, kept)
	return t
}

// headline is the title: the most telling thing about the change.
func (t *tale) headline(ch change, l lang, added, removed []string) string {
	file := brief(ch.path)
	switch {
	case ch.deleted:
		return "Delete " + ch.path
	case ch.from != "":
		return "Move " + ch.from + " to " + ch.path
	case ch.created:
		if l == markdown && len(t.adds) > 0 {
			return "Create " + file + ": " + t.adds[0].name
		}
		if len(t.adds) > 0 {
			return "Create " + file + ": " + list(names(t.adds), 3)
		}
		return strings.TrimSuffix("Create "+file+": "+keyLine(l, added), ": ")
	}
	where := place(ch, file)
	switch na, nd := len(t.adds), len(t.drops); {
	case na == 1 && nd == 1 && t.adds[0].word == t.drops[0].word && l != keyed:
		from, _, whole := renamed(telling(l, removed), telling(l, added))
		t.renames = whole && declares(telling(l, removed), from) || alike(added, removed)
		if t.renames {
			return "Rename " + t.drops[0].name + " to " + t.adds[0].name + " in " + file
		}
		return "Replace " + t.drops[0].name + " with " + t.adds[0].name + " in " + file
	case na > 0 && nd > 0:
		return "Replace " + list(names(t.drops), 2) + " with " + list(names(t.adds), 2) + " in " + file
	case na > 0:
		return "Add " + described(t.adds) + " to " + where
	case nd > 0:
		return "Remove " + described(t.drops) + " from " + where
	}
	return statements(l, where, ch.diff, added, removed)
}

// statements is the headline of a change inside a body.
func statements(l lang, where string, diff []diffLine, added, removed []string) string {
	news, olds := telling(l, added), telling(l, removed)
	key, lost := statement(keyLine(l, added)), statement(keyLine(l, removed))
	switch {
	case len(news) == 0 && len(olds) == 0 && key != "" && lost != "":
		return "Change remark in " + where + ": " + quoted(key, 60)
	case len(news) == len(olds) && len(news) > 1:
		if from, to, ok := renamed(olds, news); ok && (declares(olds, from) || strings.EqualFold(from, to)) {
			return "Rename " + quoted(from, 40) + " to " + quoted(to, 40) + " in " + where
		} else if ok {
			return "Replace " + quoted(from, 40) + " with " + quoted(to, 40) + " in " + where
		}
	case len(news) == 1 && len(olds) == 1:
		return exchange(olds[0], news[0]) + " in " + where
	case len(olds) == 0 && key != "":
		return "Add " + quoted(key, 60) + " to " + where
	case len(news) == 0 && lost != "":
		return "Remove " + quoted(lost, 60) + " from " + where
	}
	if calls := missing(callees(l, news), callees(l, olds)); len(calls) > 0 {
		return "Rework " + where + ": now uses " + list(calls, 3)
	}
	if calls := missing(callees(l, olds), callees(l, news)); len(calls) > 0 {
		return "Rework " + where + ": without " + list(calls, 3)
	}
	if pairs := exchanged(l, diff); len(pairs) > 0 {
		return exchange(pairs[0][0], pairs[0][1]) + " and more in " + where
	}
	if key == "" {
		return "Change " + where + ": " + extent(len(added), len(removed))
	}
	return "Rework " + where + ": " + quoted(key, 60)
}

// exchange tells how one line became another: what was put in, taken out, or
// exchanged.
func exchange(before, after string) string {
	if len(before) <= 30 && len(after) <= 30 {
		return "Change " + quoted(before, 36) + " to " + quoted(after, 36)
	}
	gone, come := narrow(before, after)
	switch {
	case gone == "" && hasName(come):
		return "Put " + quoted(come, 40) + " into " + quoted(before, 36)
	case come == "" && hasName(gone):
		return "Take " + quoted(gone, 40) + " out of " + quoted(before, 36)
	case hasName(gone) && hasName(come):
		before, after = apart(gone, come, 36)
	default:
		before, after = apart(before, after, 44)
	}
	return "Change " + before + " to " + after
}

// place says where a change stands: the name around it, and the file.
func place(ch change, file string) string {
	if in := ch.within(); in != "" && in != file {
		return in + " (" + file + ")"
	}
	return file
}

// details are the facts: names that came and went, lines that were exchanged, calls,
// messages, and how much it was.
func (t *tale) details(ch change, l lang, kept []symbol) []string {
	var facts []string
	added, removed := ch.added(), ch.removed()
	if l == markdown && len(t.adds) > 1 {
		facts = append(facts, "Adds sections "+list(names(t.adds), 8))
	} else {
		for _, s := range t.adds[:min(len(t.adds), 5)] {
			facts = append(facts, strings.TrimSuffix("Adds "+s.word+" "+s.name+": "+docOf(l, ch.diff, s), ": "))
		}
	}
	for _, s := range t.drops[:min(len(t.drops), 3)] {
		facts = append(facts, "Removes "+s.word+" "+s.name)
	}
	if l != keyed && l != jsonText && l != markdown {
		for _, s := range kept[:min(len(kept), 2)] {
			facts = append(facts, "Changes "+s.word+" "+s.name)
		}
	}
	for _, p := range exchanged(l, ch.diff) {
		facts = append(facts, swapped(p[0], p[1], 90))
	}
	if !ch.created {
		news, olds := callees(l, added), callees(l, removed)
		if now := missing(news, olds); len(now) > 0 && len(removed) > 0 {
			facts = append(facts, "Now uses "+list(now, 6))
		}
		if gone := missing(olds, news); len(gone) > 0 {
			facts = append(facts, "No longer uses "+list(gone, 6))
		}
	}
	if !isTestFile(ch.path) { // which speak to nobody but who breaks them
		for _, s := range spoken(l, added) {
			facts = append(facts, "Text: "+s)
		}
	}
	facts = facts[:min(len(facts), maxFacts-1)]
	return append(facts, ch.path+": "+extent(len(added), len(removed)))
}

// extent says how much changed.
func extent(added, removed int) string {
	switch {
	case removed == 0:
		return plural(added, "line", "lines") + " added"
	case added == 0:
		return plural(removed, "line", "lines") + " removed"
	}
	return plural(added, "line", "lines") + " added, " + plural(removed, "line", "lines") + " removed"
}

// described lists symbols with what they are, when they are all of one sort.
func described(all []symbol) string {
	word := all[0].word
	for _, s := range all {
		if s.word != word {
			word = ""
		}
	}
	text := list(names(all), 3)
	switch word {
	case "test", "section", "key", "rule":
		if len(all) > 1 {
			word += "s"
		}
		return word + " " + text
	}
	return text
}

// names lists the names of symbols once each.
func names(all []symbol) []string {
	var out []string
	for _, s := range all {
		if !slices.Contains(out, s.name) {
			out = append(out, s.name)
		}
	}
	return out
}

// maxSymbols bounds how many declarations of a change are looked at.
const maxSymbols = 200

// symbols lists what the lines declare. Of settings files only the outermost level
// counts: the keys below an added key are its content.
func symbols(l lang, rows []string) []symbol {
	var out []symbol
	shallow := -1
	for _, row := range rows {
		s, ok := declared(l, row)
		if !ok || len(out) >= maxSymbols || slices.Contains(out, s) {
			continue
		}
		if l == keyed || l == jsonText {
			if in := indent(row); shallow < 0 || in < shallow {
				shallow, out = in, nil
			} else if in > shallow {
				continue
			}
		}
		out = append(out, s)
	}
	return out
}

// common are the symbols that stand in both: they were changed, not added or removed.
func common(a, b []symbol) []symbol {
	var out []symbol
	for _, s := range a {
		if slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}

// without drops the symbols that are gone from a list of its own.
func without(a, gone []symbol) []symbol {
	return slices.DeleteFunc(a, func(s symbol) bool { return slices.Contains(gone, s) })
}

// alike reports whether two bodies share so much that one is the other renamed.
func alike(added, removed []string) bool {
	same := 0
	for _, row := range added[:min(len(added), 200)] {
		if slices.Contains(removed, row) {
			same++
		}
	}
	return len(added) <= 2 && len(removed) <= 2 || same*2 > len(added)
}
