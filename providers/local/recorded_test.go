package local

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"claude-mem/internal/recorded"
	"claude-mem/memory"
	"claude-mem/providers"
)

// recording is a recorded session, event by event.
type recording struct {
	name   string
	cwd    string
	events []memory.Event
	tools  []string // by event: the tool's name, or the event type
}

func recordings(t *testing.T) []recording {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(recorded.Dir(t), "sessions", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded sessions: %v", err)
	}
	var all []recording
	for _, file := range files {
		all = append(all, record(t, file))
	}
	return all
}

func record(t *testing.T, file string) recording {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rec := recording{name: filepath.Base(file)}
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 16<<20)
	for sc.Scan() {
		var line map[string]any
		if err := json.Unmarshal(sc.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		name, kind := pick(line, "tool_name"), memory.EventToolUse
		switch line["hook_event_name"] {
		case "UserPromptSubmit":
			name, kind = "prompt", memory.EventUserPrompt
		case "Stop":
			name, kind = "message", memory.EventAssistantMessage
		case "PostToolUse", "PostToolUseFailure":
		default:
			continue
		}
		if rec.cwd == "" {
			rec.cwd = pick(line, "cwd")
		}
		rec.tools = append(rec.tools, name)
		rec.events = append(rec.events, memory.Event{ID: fmt.Sprint(len(rec.events)), EventType: kind, Payload: slices.Clone(sc.Bytes())})
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return rec
}

// maxContent is how many bytes one observation of the recording may have.
const maxContent = 4000

func TestRecordedSessionsBecomeUsefulMemories(t *testing.T) {
	written, skippedBy := map[string]int{}, map[string]int{}
	for _, rec := range recordings(t) {
		r := providers.Request{Kind: memory.KindEvent, Project: memory.Project{Name: rec.cwd}}
		var last providers.Draft
		for i, e := range rec.events {
			if e.EventType == memory.EventUserPrompt {
				r.Prompt = read(e).prompt
			}
			r.Events = []memory.Event{e}
			out, err := New().Generate(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			checkResponse(t, memory.KindEvent, out)
			if len(out.Observations) == 0 {
				skippedBy[rec.tools[i]]++
				continue
			}
			written[rec.tools[i]]++
			for _, d := range out.Observations {
				m := d.Metadata
				if m.Title == last.Metadata.Title && m.Narrative == last.Metadata.Narrative {
					t.Errorf("%s: event %d repeats its neighbour: %s", rec.name, i, m.Title)
				}
				checkNoDump(t, rec.name, read(e), m)
				last = d
				r.Recent = append([]string{m.Title}, r.Recent[:min(len(r.Recent), 9)]...)
			}
		}
		r.Kind, r.Events = memory.KindSummary, rec.events
		out, err := New().Generate(t.Context(), r)
		if err != nil || len(out.Observations) != 1 {
			t.Errorf("%s has no summary: %q, %v", rec.name, out.Skipped, err)
			continue
		}
		checkResponse(t, memory.KindSummary, out)
		if n := len(out.Observations[0].Metadata.Content()); n > maxContent {
			t.Errorf("%s: summary of %d bytes", rec.name, n)
		}
	}
	report(t, written, skippedBy)
}

// checkNoDump fails when an observation is large, or holds a stretch of what the
// tool put out as it was.
func checkNoDump(t *testing.T, session string, s step, m memory.Metadata) {
	t.Helper()
	content := m.Content()
	if len(content) > maxContent {
		t.Errorf("%s: observation of %d bytes: %s", session, len(content), m.Title)
	}
	if s.call == nil || s.call.class == agent || s.call.class == web {
		return // their answers are prose, and the gist is quoted
	}
	const stretch = 300
	for at := 0; at+stretch <= len(s.call.text); at += stretch / 2 {
		if strings.Contains(content, s.call.text[at:at+stretch]) {
			t.Errorf("%s: a dump: %s", session, m.Title)
			return
		}
	}
}

// report logs which share of each tool's events is remembered, and checks that
// reading never is and that the work is.
func report(t *testing.T, written, skippedBy map[string]int) {
	t.Helper()
	names := map[string]any{}
	for n := range written {
		names[n] = nil
	}
	for n := range skippedBy {
		names[n] = nil
	}
	all, kept := 0, 0
	for _, n := range sortedKeys(names) {
		t.Logf("%-40s written %4d  skipped %4d", n, written[n], skippedBy[n])
		all, kept = all+written[n]+skippedBy[n], kept+written[n]
	}
	t.Logf("of %d events %d are remembered", all, kept)
	for _, n := range []string{"Read", "Grep", "Glob", "TodoWrite", "prompt"} {
		if written[n] > 0 {
			t.Errorf("%d events of %s are remembered", written[n], n)
		}
	}
	for _, n := range []string{"Edit", "Write", "message"} {
		if written[n] < 3*skippedBy[n] {
			t.Errorf("of %s only %d are remembered, %d are not", n, written[n], skippedBy[n])
		}
	}
}
