package llm

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"claude-mem/memory"
)

// bySize orders the events' places by the size of their payloads.
func bySize(events []memory.Event) []int {
	order := make([]int, len(events))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(events[a].Payload), len(events[b].Payload)) })
	return order
}

// renderEvent shows one event in about size bytes.
func renderEvent(e memory.Event, n, size int) string {
	size = max(size-120, minEvent/2) // for the tags
	var b strings.Builder
	fmt.Fprintf(&b, "<event n=\"%d\"", n)
	if at := e.OccurredAt.Time(); !at.IsZero() {
		fmt.Fprintf(&b, " at=\"%s\"", at.Format(time.RFC3339))
	}
	if e.AgentID != "" {
		b.WriteString(` by="sub-agent"`)
	}
	switch e.EventType {
	case memory.EventUserPrompt:
		var p memory.Prompt
		if json.Unmarshal(e.Payload, &p) == nil && p.Prompt != "" {
			return finish(&b, "the person asks", field(p.Prompt, size))
		}
	case memory.EventAssistantMessage:
		var m memory.AssistantMessage
		if json.Unmarshal(e.Payload, &m) == nil && m.Message != "" {
			return finish(&b, "the agent says", field(m.Message, size))
		}
	case memory.EventToolUse:
		var t memory.ToolUse
		if json.Unmarshal(e.Payload, &t) == nil && t.ToolName != "" {
			renderTool(&b, t, size)
			return b.String()
		}
	}
	return finish(&b, e.EventType, field(plain(e.Payload), size))
}

// finish ends an event that is one text.
func finish(b *strings.Builder, what, text string) string {
	fmt.Fprintf(b, " what=\"%s\">\n%s\n</event>\n", attribute(what), text)
	return b.String()
}

// renderTool shows a tool's use: three fifths of the room for what it was given, the
// rest, and what was not used, for what came of it.
func renderTool(b *strings.Builder, t memory.ToolUse, size int) {
	outcome := "done"
	if t.Error != "" || t.Interrupt {
		outcome = "failed"
	}
	fmt.Fprintf(b, " tool=\"%s\" outcome=\"%s\">\n", attribute(t.ToolName), outcome)
	in := field(input(t), size*3/5)
	result := plain(t.Response)
	if shown(t.Input, t.Response) {
		result = "" // an edit's result repeats the file
	}
	if t.Error != "" {
		result = strings.TrimSpace(t.Error + "\n" + result)
	}
	fmt.Fprintf(b, "<input>\n%s\n</input>\n", in)
	if out := field(result, max(size-len(in), minEvent)); out != "" {
		fmt.Fprintf(b, "<result>\n%s\n</result>\n", out)
	}
	b.WriteString("</event>\n")
}

// change is the part of a tool's input that replaces text.
type change struct {
	File    string  `json:"file_path"`
	Old     *string `json:"old_string"`
	New     *string `json:"new_string"`
	Content *string `json:"content"`
	Edits   []struct {
		Old string `json:"old_string"`
		New string `json:"new_string"`
	} `json:"edits"`
}

// input shows what a tool was given: an edit as a diff, anything else as its fields.
func input(t memory.ToolUse) string {
	var c change
	if json.Unmarshal(t.Input, &c) == nil && c.File != "" {
		var b strings.Builder
		b.WriteString(c.File + "\n")
		switch {
		case len(c.Edits) > 0:
			for _, e := range c.Edits {
				b.WriteString(diff(e.Old, e.New))
			}
			return b.String()
		case c.Old != nil && c.New != nil:
			return b.String() + diff(*c.Old, *c.New)
		case c.Content != nil:
			if hunks := rewritten(t.Response); hunks != "" {
				return b.String() + hunks
			}
			return b.String() + *c.Content
		}
	}
	return plain(t.Input)
}

// rewritten shows what the host says that changed in a file that was written over;
// "" of a new one.
func rewritten(response json.RawMessage) string {
	var r struct {
		Patch []struct {
			Lines []string `json:"lines"`
		} `json:"structuredPatch"`
	}
	if json.Unmarshal(response, &r) != nil {
		return ""
	}
	var b strings.Builder
	for _, hunk := range r.Patch {
		for _, l := range hunk.Lines {
			if l != "" {
				b.WriteString(l[:1] + " " + l[1:] + "\n")
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// shown reports whether the input says already what the response repeats: that of an
// edit or of a new file is the file.
func shown(in, response json.RawMessage) bool {
	var c change
	return json.Unmarshal(in, &c) == nil && c.File != "" && (c.New != nil || c.Content != nil || len(c.Edits) > 0) && len(response) > 0
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// diff shows the lines that differ, with one line around them.
func diff(before, after string) string {
	a, b := lines(before), lines(after)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	var out strings.Builder
	line := func(mark, text string) { out.WriteString(mark + text + "\n") }
	if head > 0 {
		line("  ", a[head-1])
	}
	for _, l := range a[head : len(a)-tail] {
		line("- ", l)
	}
	for _, l := range b[head : len(b)-tail] {
		line("+ ", l)
	}
	if tail > 0 {
		line("  ", a[len(a)-tail])
	}
	out.WriteString("\n")
	return out.String()
}
