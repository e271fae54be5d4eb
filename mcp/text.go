package mcp

import (
	"fmt"
	"strings"

	"claude-mem/internal/tokens"
	"claude-mem/memory"
	"claude-mem/recall"
)

// maxAnswer bounds an answer in tokens: hosts refuse or cut what is longer.
const maxAnswer = 12000

// list writes one line for each observation, in their order: day, number, kind, title,
// file and what the whole would cost.
func list(all []memory.Observation) string {
	var b strings.Builder
	for _, o := range all {
		b.WriteString(recall.Day(o.OccurredAt) + " " + recall.IndexLine(o))
	}
	return b.String()
}

// story writes one line for each observation under the days, and marks the anchor.
func story(all []memory.Observation, anchor int64) string {
	var b strings.Builder
	last := ""
	for _, o := range all {
		if d := recall.Day(o.OccurredAt); d != last {
			last = d
			b.WriteString(d + "\n")
		}
		mark := "  "
		if o.Number == anchor {
			mark = "> "
		}
		b.WriteString(mark + o.OccurredAt.Time().Local().Format("15:04") + " " + recall.IndexLine(o))
	}
	return b.String()
}

// whole writes observations in full, as many as an answer holds, and says which are
// left out.
func whole(all []memory.Observation) string {
	var b strings.Builder
	room := maxAnswer
	for i, o := range all {
		text := full(o)
		cost := tokens.Estimate(text)
		if cost > room && i > 0 {
			fmt.Fprintf(&b, "\nNo room here for %s: ask for them by themselves.\n", numbers(all[i:]))
			break
		}
		if cost > room {
			// A token is two characters at least.
			text = strings.ToValidUTF8(text[:2*room], "") + "…\n(cut: the memory is longer than an answer)\n"
		}
		room -= cost
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(text)
	}
	return b.String()
}

// full writes one observation with all that bears on it.
func full(o memory.Observation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "#%d %s %s", o.Number, o.Kind, o.OccurredAt.Time().Local().Format("2006-01-02 15:04"))
	if o.Stale != "" {
		b.WriteString(" (" + o.StaleNote() + ")")
	}
	if o.SupersededBy != "" {
		b.WriteString(" (replaced by a newer memory)")
	}
	b.WriteString("\n" + strings.TrimSpace(o.Content) + "\n")
	field := func(label string, values []string) {
		if len(values) > 0 {
			b.WriteString(label + ": " + strings.Join(values, ", ") + "\n")
		}
	}
	field("Changed", o.Metadata.FilesModified)
	field("Read", o.Metadata.FilesRead)
	field("About", o.Metadata.Concepts)
	return b.String()
}

// numbers names observations by their numbers.
func numbers(all []memory.Observation) string {
	cited := make([]string, len(all))
	for i, o := range all {
		cited[i] = fmt.Sprintf("#%d", o.Number)
	}
	return strings.Join(cited, ", ")
}
