package mcp

import (
	"context"

	"claude-mem/client"
	"claude-mem/memory"
)

// Memory is what the tools of Local ask. A *client.Client is one.
type Memory interface {
	Search(context.Context, client.SearchRequest) (client.SearchResponse, error)
	Timeline(context.Context, client.TimelineRequest) (client.TimelineResponse, error)
	ObservationsBatch(context.Context, client.ObservationsRequest) ([]memory.Observation, error)
	Context(context.Context, client.ContextRequest) (client.ContextResponse, error)
	Remember(context.Context, client.MemoryRequest) (memory.Observation, error)
	PutEvent(context.Context, memory.EventInput, client.EventOptions) (client.EventResult, error)
	Job(ctx context.Context, id string) (memory.Job, error)
	Projects(context.Context) ([]memory.Project, error)
}

// Door leads to a memory. It is asked in each call of a tool and not before, because
// what is behind it may have to be started.
type Door interface {
	// Open connects. It is called often and may hand out the same Memory again.
	Open(context.Context) (Memory, error)
	// Project is the project, as its id or name, that the caller calls so; "" is the
	// one of the folder that the agent works in. It may ask the memory.
	Project(ctx context.Context, m Memory, asked string) (string, error)
}

// Reader is what the tools of Handler ask, on behalf of one caller. A project is an
// id or a name; "" is the caller's only one.
type Reader interface {
	Search(context.Context, client.SearchRequest) (client.SearchResponse, error)
	Context(context.Context, client.ContextRequest) (client.ContextResponse, error)
	// Recent lists the newest observations of a project, the newest first.
	Recent(ctx context.Context, project string, limit int) ([]memory.Observation, error)
}
