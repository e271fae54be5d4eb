package local

import (
	"strings"
	"testing"

	"claude-mem/memory"
)

func TestToolsThatOnlyReadAreSkipped(t *testing.T) {
	long := strings.Repeat("a line of the file\n", 300)
	for _, name := range []string{"Read", "Grep", "Glob", "LS", "read_file", "grep_search", "list_directory", "NotebookRead"} {
		wantSkip(t, tool(t, name, js{"file_path": root + "/a.go"}, js{"content": long}), "read-only")
	}
	for _, name := range []string{"TodoWrite", "Skill", "update_plan", "TaskCreate"} {
		wantSkip(t, tool(t, name, js{"todos": []js{{"content": "a", "status": "pending"}}}, "ok"), "bookkeeping")
	}
	wantSkip(t, tool(t, "mcp__linear__get_issue", js{"id": "A-1"}, "text"), "read-only")
	wantSkip(t, tool(t, "mcp__db__query", js{"sql": "select 1"}, "1"), "read-only")
	wantSkip(t, failed(t, "Read", js{"file_path": "x"}, "File does not exist."), "read-only")
	wantSkip(t, prompted(t, "fix the report, it is a day late"), "prompt")
}

func TestOtherToolsAreToldByTheirGist(t *testing.T) {
	page := "# Zones\n\nAccording to the manual, scans carry `zone` since 2.1.\n\n- **zone**: IANA name of the depot's zone\n"
	tests := []struct {
		name  string
		event memory.Event
		kind  string
		title string
		fact  string
	}{
		{"a page", tool(t, "WebFetch", js{"url": "https://docs.example.com/zones/?a=b",
			"prompt": "how are zones given?"}, js{"result": page}),
			memory.KindDiscovery, "docs.example.com/zones: Scans carry `zone` since 2.1: zone: IANA name of the depot's zone", "zone: IANA name of the depot's zone"},
		{"a search", tool(t, "WebSearch", js{"query": "scan format zone"}, js{"query": "scan format zone", "results": []any{
			js{"content": []js{{"title": "Zones", "url": "https://docs.example.com/zones"}}}, "Scans carry a zone since version 2.1 of the format."}}),
			memory.KindDiscovery, "Searched “scan format zone”: Scans carry a zone since version 2.1 of the format", "Zones (https://docs.example.com/zones)"},
		{"a sub-agent", tool(t, "Task", js{"description": "Find zone users",
			"prompt": "Find who reads the zone"}, js{"status": "completed", "prompt": "Find who reads the zone",
			"content": []js{{"type": "text", "text": "Only the weekly report reads the zone.\n\n- `report/weekly.go:38` reads it twice"}}}),
			memory.KindDiscovery, "Find zone users: Only the weekly report reads the zone: `report/weekly.go:38` reads it twice", "`report/weekly.go:38` reads it twice"},
		{"an issue", tool(t, "mcp__linear-server__create_comment", js{"issueId": "APP-7",
			"body": "## Zone is missing\n\n- `Depot` has none"}, []js{{"type": "text", "text": `{"url":"https://l.app/7"}`}}),
			memory.KindChange, "linear: create comment APP-7: Zone is missing", "https://l.app/7"},
		{"Gemini's MCP", tool(t, "mcp_tracker_updateIssue", js{"id": "APP-7",
			"state": "Done"}, js{"llmContent": "ok"}), memory.KindChange, "tracker: update issue APP-7", "state: Done"},
		{"a failing write", failed(t, "mcp__linear__create_issue", js{"title": "x"}, "Error: the workspace is read only for you"), memory.KindDiscovery,
			"linear: cannot create issue: The workspace is read only for you", "title: x"},
		{"a plan", tool(t, "ExitPlanMode", js{"plan": "# Plan: Read days in their zone\n\nThe depot gets a zone.\n\n1. Add `Zone` to `Depot`"}, "approved"), memory.KindDecision,
			"Plan: Read days in their zone", "Add `Zone` to `Depot`"},
		{"an answer", tool(t, "AskUserQuestion", js{}, js{"answers": js{"Where to put it?": "In the store"}}), memory.KindDecision,
			"User chose `In the store`: Where to put it?", "Where to put it? → In the store"},
		{"a tool nobody knows", tool(t, "Deployer", js{"target": "staging"}, "The release went out to four hosts."), memory.KindDiscovery,
			"Deployer: The release went out to four hosts", "target: staging"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := one(t, "", tt.event)
			if d.Kind != tt.kind || d.Metadata.Title != tt.title {
				t.Errorf("%s: %s\nwant %s: %s", d.Kind, d.Metadata.Title, tt.kind, tt.title)
			}
			wantFact(t, d.Metadata, tt.fact)
		})
	}
}

func TestToolsThatSayNothingAreSkipped(t *testing.T) {
	wantSkip(t, tool(t, "WebSearch", js{"query": "x"}, js{"results": []any{"Web search error: unavailable"}}), "unavailable")
	wantSkip(t, tool(t, "WebFetch", js{"url": "https://x.org", "prompt": "y"}, js{"result": "I cannot provide that from this page."}), "did not answer")
	wantSkip(t, failed(t, "Task", js{"description": "x"}, "Error: Agent type 'x' not found"), "did not start")
	wantSkip(t, tool(t, "Deployer", js{"target": "staging"}, "ok"), "nothing to tell")
	wantSkip(t, tool(t, "AskUserQuestion", js{}, js{}), "without an answer")
	wantSkip(t, tool(t, "ExitPlanMode", js{"plan": ""}, nil), "plan")
	wantSkip(t, event(t, memory.EventToolUse, js{}), "no tool")
}

func TestWhatTheUserTurnsDownIsADecision(t *testing.T) {
	const no = "The user doesn't want to proceed with this tool use. The tool use was rejected. To tell you how to proceed, the user said:\n"
	edit := js{"file_path": root + "/store.go", "old_string": "a", "new_string": "b"}
	d := one(t, "", failed(t, "Edit", edit, no+"put the zone into the depot instead"))
	if d.Kind != memory.KindDecision || d.Metadata.Title != "User turned down an edit of store.go: put the zone into the depot instead" {
		t.Errorf("%s: %s", d.Kind, d.Metadata.Title)
	}
	d = one(t, "", failed(t, "Bash", js{"command": "git push --force"}, no+"never force a push here"))
	if want := "User turned down `git push --force`: never force a push here"; d.Metadata.Title != want {
		t.Errorf("title %q, want %q", d.Metadata.Title, want)
	}
	wantSkip(t, failed(t, "Edit", edit, strings.TrimSuffix(no, "To tell you how to proceed, the user said:\n")), "without a word")
}
