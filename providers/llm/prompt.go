package llm

import (
	"fmt"
	"path"
	"strings"

	"claude-mem/internal/tokens"
	"claude-mem/memory"
	"claude-mem/providers"
)

const (
	maxAsked  = 2000 // bytes of the user's prompt that goes with the events
	maxRecent = 20   // titles
	// A part of the budget goes to what is around the events and is never cut.
	frame = 600 // tokens
	// minEvent is how many bytes an event is worth showing with.
	minEvent = 200
)

// Prompt is the material of a request as text for a model, of at most about
// maxTokens tokens as package tokens estimates. Where there is more, the middle of each
// field and then events from the middle are left out, and it says so.
func Prompt(r providers.Request, maxTokens int) string {
	head, tail := opening(r), closing(r)
	budget := max(maxTokens-tokens.Estimate(head)-tokens.Estimate(tail)-tokens.Estimate(system(r)), frame)
	var events string
	for size := tokens.Bytes(budget); ; size /= 2 {
		if events = renderEvents(r, size); tokens.Estimate(events) <= budget || size < minEvent {
			break
		}
	}
	return head + events + tail
}

// opening is what comes before the events.
func opening(r providers.Request) string {
	var b strings.Builder
	b.WriteString("<material>\n")
	if name := path.Base(strings.ReplaceAll(r.Project.Name, "\\", "/")); r.Project.Name != "" {
		element(&b, "project", field(name, 200))
	}
	if r.Prompt != "" {
		element(&b, "asked_for", field(r.Prompt, maxAsked))
	}
	if len(r.Recent) > 0 {
		b.WriteString("<remembered_already>\n")
		for _, title := range r.Recent[:min(len(r.Recent), maxRecent)] {
			element(&b, "title", field(title, 200))
		}
		b.WriteString("</remembered_already>\n")
	}
	return b.String()
}

// closing is what comes after the events; what is last is read with most attention.
func closing(r providers.Request) string {
	var b strings.Builder
	b.WriteString("</material>\n")
	switch {
	case r.Kind == memory.KindSummary:
		b.WriteString("Sum up this session.\n")
	case len(r.Events) > 1:
		b.WriteString("Write the observations of these events.\n")
	default:
		b.WriteString("Write the observation of this event, or skip it.\n")
	}
	if r.Correction != "" {
		b.WriteString("Your last answer to this could not be used: " + field(r.Correction, 500) + "\nAnswer in the form that was asked for.\n")
	}
	return b.String()
}

// renderEvents shows the events in about size bytes. Each gets an equal share, and
// what one does not use the others get; when the shares become too small to say
// anything, events of the middle are left out.
func renderEvents(r providers.Request, size int) string {
	events, omitted := r.Events, r.Omitted
	if most := max(size/minEvent, 1); len(events) > most {
		omitted += len(events) - most
		events = append(events[:(most+1)/2:(most+1)/2], events[len(events)-most/2:]...)
	}
	parts := make([]string, len(events))
	left := size
	for _, i := range bySize(events) { // the smallest first: they leave room
		share := left / (len(events) - countFilled(parts))
		parts[i] = renderEvent(events[i], number(r.Events, events[i]), share)
		left = max(left-len(parts[i]), 0)
	}
	gap := (len(events) + 1) / 2
	var b strings.Builder
	for i, p := range parts {
		if omitted > 0 && i == gap {
			fmt.Fprintf(&b, "<left_out events=\"%d\"/>\n", omitted)
		}
		b.WriteString(p)
	}
	if omitted > 0 && gap >= len(parts) {
		fmt.Fprintf(&b, "<left_out events=\"%d\"/>\n", omitted)
	}
	return b.String()
}

// number is the event's place in the request, from 1: what a model calls it.
func number(all []memory.Event, e memory.Event) int {
	for i := range all {
		if all[i].ID == e.ID {
			return i + 1
		}
	}
	return 0
}

func countFilled(parts []string) (n int) {
	for _, p := range parts {
		if p != "" {
			n++
		}
	}
	return n
}
