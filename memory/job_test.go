package memory_test

import (
	"strings"
	"testing"

	"claude-mem/memory"
)

// The ids were computed apart from this code: hex SHA-256 over the JSON text.
func TestQueueID(t *testing.T) {
	event := memory.Job{
		Kind: memory.KindEvent, TeamID: "t1", ProjectID: "p1",
		SourceType: "agent_event", SourceID: "e1",
	}
	summary := memory.Job{
		Kind: memory.KindSummary, TeamID: "t1", ProjectID: "p1",
		SourceType: "session_summary", SourceID: "s1", Revision: 7,
	}
	tests := []struct {
		job  memory.Job
		want string
	}{
		{event, "evt_6a80d832abf56b37dd73b107c7c5c80f0a792a5749421d7375e57795c6b2dede"},
		{summary, "sum_8c86af3a00ee1056e3bc90631c2bd427cb0cd97d756ce7b86877cf0c7be30301"},
	}
	for _, tt := range tests {
		if got := memory.QueueID(tt.job); got != tt.want {
			t.Errorf("QueueID(%s) = %s, want %s", tt.job.Kind, got, tt.want)
		}
	}

	seen := map[string]string{memory.QueueID(summary): "summary"}
	for name, change := range map[string]func(*memory.Job){
		"kind":     func(j *memory.Job) { j.Kind = memory.KindReindex },
		"team":     func(j *memory.Job) { j.TeamID = "t2" },
		"project":  func(j *memory.Job) { j.ProjectID = "p2" },
		"source":   func(j *memory.Job) { j.SourceID = "s2" },
		"revision": func(j *memory.Job) { j.Revision = 8 },
	} {
		j := summary
		change(&j)
		id := memory.QueueID(j)
		if other, dup := seen[id]; dup {
			t.Errorf("changing the %s gives the id of %s", name, other)
		}
		if strings.Contains(id, ":") {
			t.Errorf("id %s holds a colon", id)
		}
		seen[id] = name
	}
}

func TestMessageValidate(t *testing.T) {
	job := memory.Job{
		ID: "j1", Kind: memory.KindEvent, TeamID: "t1", ProjectID: "p1",
		SourceType: memory.KindEvent.SourceType(), SourceID: "e1",
	}
	job.QueueID = memory.QueueID(job)
	if err := job.Message().Validate(); err != nil {
		t.Fatalf("the message of a whole job: %v", err)
	}
	for field, spoil := range map[string]func(*memory.Message){
		"id":                func(m *memory.Message) { m.ID = "" },
		"team_id":           func(m *memory.Message) { m.TeamID = "" },
		"project_id":        func(m *memory.Message) { m.ProjectID = "" },
		"source_id":         func(m *memory.Message) { m.SourceID = "" },
		"generation_job_id": func(m *memory.Message) { m.JobID = "" },
		"source_type":       func(m *memory.Message) { m.SourceType = "session_summary" },
		"kind":              func(m *memory.Message) { m.Kind = "other" },
	} {
		m := job.Message()
		spoil(&m)
		wantIssue(t, m.Validate(), field)
	}
}

func TestKindsHaveTheirOwnNames(t *testing.T) {
	kinds := []memory.Kind{memory.KindEvent, memory.KindBatch, memory.KindSummary, memory.KindReindex}
	types, sources := map[string]bool{}, map[string]bool{}
	for _, k := range kinds {
		types[k.JobType()] = true
		sources[k.SourceType()] = true
	}
	if len(types) != len(kinds) || len(sources) != len(kinds) {
		t.Errorf("job types %v, source types %v: not one for each of %v", types, sources, kinds)
	}
	if memory.KindSummary.Lane() == memory.KindEvent.Lane() {
		t.Error("a slow summary would hold up events: they share a lane")
	}
}
