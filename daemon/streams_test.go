package daemon

import (
	"context"
	"testing"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/memory"
)

// Who listens at one server hears what another took in and a worker elsewhere made.
func TestTeamStreams(t *testing.T) {
	d := newTeam(t)
	first := start(t, d.settings(config.GenerationDisabled, "1"))
	second := start(t, d.settings(config.GenerationDisabled, "1"))
	launch(t, NewWorker(load(t, d.settings()), Options{}))
	key := d.key()
	if _, err := with(first, key).CreateProject(t.Context(), client.ProjectRequest{Name: "/src/p"}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	heard, end := make(chan client.StreamEvent, 1000), make(chan error, 1)
	go func() {
		end <- client.New(second.URL(), key, client.Options{}).Stream(ctx, "/src/p", func(e client.StreamEvent) error { heard <- e; return nil })
	}()
	// Servers begin to listen to each other a moment after they began to serve.
	eventually(t, "a memory is heard of", func() bool {
		_, err := with(first, key).Remember(t.Context(), client.MemoryRequest{ProjectID: "/src/p", Content: "by hand"})
		return err == nil && len(heard) > 0
	})
	at := memory.Now()
	got, err := with(first, key).PutEvent(t.Context(), memory.EventInput{
		ProjectID: "/src/p", SourceType: "api", EventType: memory.EventToolUse, OccurredAt: &at, Payload: edit("s", "t", "a.go").Event.Payload,
	}, client.EventOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var made, ended bool
	eventually(t, "the job and what it made are heard of", func() bool {
		for len(heard) > 0 {
			e := <-heard
			made = made || e.Observation != nil && string(e.Observation.CreatedByJob) == got.GenerationJob.ID
			ended = ended || e.Job != nil && e.Job.ID == got.GenerationJob.ID && e.Job.Status == memory.JobCompleted
		}
		return made && ended
	})
	stop()
	if err := <-end; err == nil {
		t.Error("a stream that was stopped ended without an error")
	}
}

// What is heard of ourselves was told here already, and what is no notice is none.
func TestHeard(t *testing.T) {
	p := &parts{self: newSelf(), hub: nil} // to publish would be to crash
	p.heard(p.self.ID + " " + memory.Job{ID: "j", TeamID: "t", ProjectID: "p"}.Notice().String())
	p.heard("somebody")
	p.heard("somebody says something else")
	p.heard("")
}
