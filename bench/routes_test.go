package bench_test

import (
	"context"
	"fmt"
	"testing"

	"claude-mem/client"
	"claude-mem/memory"
)

// BenchmarkRoutes asks the routes that agents and people wait for, over 1, 8 and 32
// connections, of a daemon that remembers some sessions. The client is ours, so
// encoding and decoding count.
func BenchmarkRoutes(b *testing.B) {
	p, c := running(b)
	remember(b, c, p.Repo)
	known := rememberOne(b, c, p.Repo)
	for _, route := range []struct {
		name string
		ask  func(ctx context.Context, n int64) error
	}{
		{"healthz", func(ctx context.Context, _ int64) error { _, err := c.Healthz(ctx); return err }},
		{"hook", func(ctx context.Context, n int64) error {
			_, err := c.Hook(ctx, hookRecord(p.Repo, n))
			return err
		}},
		{"session-start", func(ctx context.Context, n int64) error {
			_, err := c.StartSession(ctx, memory.SessionInput{ProjectID: p.Repo, ExternalSessionID: fmt.Sprint(n % 64)})
			return err
		}},
		{"memory", func(ctx context.Context, _ int64) error { _, err := c.Memory(ctx, known.ID); return err }},
		{"search", func(ctx context.Context, _ int64) error {
			_, err := c.Search(ctx, client.SearchRequest{ProjectID: p.Repo, Query: "why does the counter fail"})
			return err
		}},
		{"context", func(ctx context.Context, _ int64) error {
			_, err := c.Context(ctx, client.ContextRequest{ProjectID: p.Repo, Query: "counter"})
			return err
		}},
		{"session-context", func(ctx context.Context, _ int64) error {
			_, err := c.SessionContext(ctx, client.SessionContextRequest{ProjectID: p.Repo})
			return err
		}},
		{"timeline", func(ctx context.Context, _ int64) error {
			_, err := c.Timeline(ctx, client.TimelineRequest{ProjectID: p.Repo, Anchor: known.Number})
			return err
		}},
		{"jobs", func(ctx context.Context, _ int64) error { _, err := c.Jobs(ctx, client.JobFilter{}); return err }},
	} {
		for _, conns := range []int{1, 8, 32} {
			b.Run(fmt.Sprintf("route=%s/conns=%d", route.name, conns), func(b *testing.B) {
				for b.Loop() {
					b.ReportMetric(post(b, conns, route.ask), "requests/s")
				}
			})
		}
	}
}

// rememberOne stores an observation to ask for.
func rememberOne(b *testing.B, c *client.Client, project string) memory.Observation {
	b.Helper()
	o, err := c.Remember(b.Context(), client.MemoryRequest{ProjectID: project, Content: "The counter fails when it starts at zero."})
	if err != nil {
		b.Fatal(err)
	}
	return o
}

// hookRecord is what the hook of a tool call tells.
func hookRecord(project string, n int64) memory.HookRecord {
	e := event(project, n)
	return memory.HookRecord{
		Project: project, SessionID: e.ContentSessionID, PlatformSource: "claude-code", OccurredAt: *e.OccurredAt,
		Event: &memory.HookEvent{Type: e.EventType, SourceID: e.SourceEventID, Payload: e.Payload},
	}
}
