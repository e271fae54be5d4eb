// Package queue is the contract between generation and its transports. A message
// is only a wake-up call: the job row in storage is the truth, its lease decides
// who works, its next-attempt time decides when. So a transport may deliver a
// message twice, late or, if it loses it, not at all; generation's reconciler puts
// back what is still owed.
//
// Each engine (goqite, redis) lives in a package of its own and proves itself with
// the suite in queuetest.
package queue

import (
	"context"

	"claude-mem/memory"
)

// Handler does the work a message announces. nil acknowledges the message; an
// error leaves it to be delivered again later. The context ends when the queue is
// closed; a handler should then give up its lease and return.
type Handler func(ctx context.Context, m memory.Message) error

// Queue is one transport with a queue for each lane. It is safe for concurrent use.
type Queue interface {
	// Enqueue makes messages receivable at once. While a message with the same id
	// waits, another is dropped silently.
	Enqueue(ctx context.Context, msgs ...memory.Message) error

	// Consume runs h for the lane's messages, at most workers at a time, until ctx
	// is done; then it receives no more, waits for the handlers that run (their
	// context lives on until Close) and returns nil. A message whose handler runs
	// long is not delivered to another; one whose consumer died is, after the
	// engine's visibility time-out. A handler that panics has failed.
	Consume(ctx context.Context, lane memory.Lane, workers int, h Handler) error

	// Remove drops a message that was not received yet; none is no error.
	Remove(ctx context.Context, lane memory.Lane, id string) error

	// Counts tells how many messages each lane holds, in the order of memory.Lanes.
	Counts(ctx context.Context) ([]Counts, error)

	// Info names the engine and says whether it can be reached.
	Info(ctx context.Context) Info

	// Close is the hard stop: it ends the context of the handlers that run, waits for
	// every Consume to return, and lets go of the transport. Consume fails from then on.
	Close() error
}

// Forgetful is a Queue that may lose all its messages at once, as a server does that
// keeps nothing on disk and is started anew.
type Forgetful interface {
	// RemembersSince tells since when it has kept what it was given: what was announced
	// before is lost, unless it was received. It fails while the transport cannot be
	// reached, when it is of no use to announce anything.
	RemembersSince(ctx context.Context) (memory.Epoch, error)
}

// Counts is how a lane stands in the transport.
type Counts struct {
	Lane    memory.Lane `json:"kind"`
	Waiting int64       `json:"waiting"` // not received yet
	Active  int64       `json:"active"`  // received, not acknowledged
	Stalled int64       `json:"stalled"` // of the active, those that nobody holds any more
}

// Info describes a transport.
type Info struct {
	Engine string  // as configured: "goqite", "redis"
	Err    error   // nil when it can be reached
	Server *Server // nil for a transport that lives inside the store
}

// Server is where a transport of its own is found. It holds no secret.
type Server struct {
	Host   string `json:"host"` // or the path of a Unix socket
	Port   int    `json:"port"`
	Mode   string `json:"mode"`   // in the server's own words: "standalone"
	Prefix string `json:"prefix"` // sets deployments on one server apart
}
