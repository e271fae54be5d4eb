package recall

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"claude-mem/internal/tokens"
	"claude-mem/memory"
	"claude-mem/storage"
)

// index are the observations to list, newest first. A long session would fill it
// alone, so of every session only the most telling are taken: a third of the room by
// the newest, a tenth by each of the others.
func (r *Recall) index(ctx context.Context, s memory.Scope, f storage.ObservationFilter, limit int) ([]memory.Observation, error) {
	if limit == 0 {
		return nil, nil
	}
	page := storage.Page{}
	var all, chosen []memory.Observation
	for i := range maxReads {
		page.Limit = min(limit*2*(i+1), storage.MaxPage)
		more, err := r.store.Observations(ctx, s, f, page)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
		if chosen = choose(all, limit); len(chosen) == limit || len(more) < page.Limit {
			break
		}
		page.Offset += len(more)
	}
	return chosen, nil
}

// maxReads is how often the index reads on, more each time, when long sessions leave
// room in it.
const maxReads = 3

// choose takes from each session, the newest first, what it may have of the index.
func choose(all []memory.Observation, limit int) []memory.Observation {
	all = distinct(all, func(o memory.Observation) memory.Observation { return o })
	var out []memory.Observation
	for i, group := range bySession(all) {
		room := max(limit/3, 1)
		if i > 0 {
			room = max(limit/10, 1)
		}
		out = append(out, telling(group, min(room, limit-len(out)))...)
	}
	return out
}

// bySession groups observations by their session, in the order of their first. One
// without a session is a group of its own.
func bySession(all []memory.Observation) [][]memory.Observation {
	at := make(map[memory.Opt]int)
	var groups [][]memory.Observation
	for _, o := range all {
		i, known := at[o.SessionID]
		if !known || o.SessionID == "" {
			i = len(groups)
			at[o.SessionID] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], o)
	}
	return groups
}

// telling keeps the n observations that say most, in their order.
func telling(all []memory.Observation, n int) []memory.Observation {
	if len(all) <= n {
		return all
	}
	order := slices.Clone(all)
	slices.SortStableFunc(order, func(a, b memory.Observation) int { return cmp.Compare(worth(b), worth(a)) })
	keep := make(map[int64]bool, n)
	for _, o := range order[:n] {
		keep[o.Number] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(o memory.Observation) bool { return !keep[o.Number] })
}

// worth ranks observations of one session: what was decided and found out before
// what was merely touched.
func worth(o memory.Observation) int {
	w := 0
	switch o.Kind {
	case memory.KindManual, memory.KindDecision, memory.KindSecurityAlert, memory.KindSecurityNote:
		w = 6
	case memory.KindBugfix:
		w = 4
	case memory.KindDiscovery, memory.KindFeature:
		w = 3
	case memory.KindRefactor:
		w = 2
	}
	if len(o.Metadata.Narrative) > 80 {
		w += 3
	}
	if len(o.Metadata.Facts) > 2 {
		w++
	}
	return w
}

// IndexLine names an observation in one line, as the index of a session's context
// does: number, kind, title, file, and about how many tokens it has in full.
func IndexLine(o memory.Observation) string {
	text := cite(o) + " " + line(o.Kind) + ": " + clip(line(o.Title()), 130)
	if f := mainFile(o); f != "" && !strings.Contains(text, f) {
		text += " (" + f + ")"
	}
	return text + " ~" + strconv.Itoa(tokens.Estimate(o.Content)) + staleMark(o) + "\n"
}

// staleMark says that an observation is stale, at the end of its line.
func staleMark(o memory.Observation) string {
	if o.Stale == "" {
		return ""
	}
	return " (" + o.StaleNote() + ")"
}

// mainFile is the name of the file an observation is about.
func mainFile(o memory.Observation) string {
	for _, files := range [][]string{o.Metadata.FilesModified, o.Metadata.FilesRead} {
		if len(files) > 0 {
			name := files[0]
			return clip(line(name[strings.LastIndexByte(name, '/')+1:]), 40)
		}
	}
	return ""
}
