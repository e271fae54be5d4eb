package client

import (
	"context"
	"encoding/json"

	"claude-mem/memory"
)

// Alive is the answer of GET /healthz: who listens here.
type Alive struct {
	Status  string `json:"status"`            // "ok"
	Runtime string `json:"runtime"`           // "local" for a solo daemon, else "server-beta"
	Service string `json:"service,omitempty"` // "claude-mem"; the original does not say
	User    string `json:"user,omitempty"`    // the OS user id the daemon runs as
}

// Readiness is the answer of GET /api/readiness.
type Readiness struct {
	Status string `json:"status"` // "ready", or with a 503 "starting"
}

// Version is the answer of GET /api/version.
type Version struct {
	Version string `json:"version"`
}

// Health is the answer of GET /api/health; it comes with a 503 when Status is "degraded".
type Health struct {
	Status      string        `json:"status"` // ok | degraded
	Reasons     []string      `json:"reasons,omitempty"`
	Runtime     string        `json:"runtime"`
	Version     string        `json:"version"`
	Uptime      int64         `json:"uptime"` // seconds
	PID         int           `json:"pid"`
	Initialized bool          `json:"initialized"`
	Queue       QueueHealth   `json:"queue"`
	Storage     *StorageState `json:"storage,omitempty"`
	Spool       *SpoolState   `json:"spool,omitempty"`
	// Workers are the processes that generate and are alive.
	Workers []memory.Worker `json:"workers"`
}

// QueueHealth is how generation's queue stands.
type QueueHealth struct {
	Engine         string       `json:"engine"`                   // as configured
	Implementation string       `json:"implementation,omitempty"` // as it really is
	Redis          *RedisHealth `json:"redis,omitempty"`
	Lanes          []LaneHealth `json:"lanes"`
}

// RedisHealth is the transport of the Redis engine.
type RedisHealth struct {
	Status string `json:"status"` // ok | error
	Mode   string `json:"mode"`
	Host   string `json:"host"`
	Port   int    `json:"port"`
	Prefix string `json:"prefix"`
}

// LaneHealth is one lane: the rows in storage, and whether it can be worked on.
type LaneHealth struct {
	memory.LaneStats
	Name        string `json:"name"`
	Unavailable bool   `json:"unavailable"`
	Paused      string `json:"paused,omitempty"` // why nothing is tried now: auth, quota
	// OldestAgeMS is the age of the oldest job that is due, 0 without one.
	OldestAgeMS int64 `json:"oldestQueuedAgeMs"`
}

// StorageState describes the database.
type StorageState struct {
	Driver        string `json:"driver"`
	SchemaVersion int64  `json:"schemaVersion"`
	SizeBytes     int64  `json:"sizeBytes"`
	// Pgvector is the version of the Postgres extension that finds what is near in
	// meaning; empty where the server compares vectors itself.
	Pgvector string `json:"pgvector,omitempty"`
}

// SpoolState is what waits on disk because a hook could not reach the daemon.
type SpoolState struct {
	Files    int   `json:"files"`
	Bytes    int64 `json:"bytes"`
	Refused  int64 `json:"refused"`  // records lost because the spool was full
	Rejected int64 `json:"rejected"` // lines kept aside because they could not be ingested
}

// Boundary is how one part of the server is wired.
type Boundary struct {
	Status  string          `json:"status"` // disabled | active | errored
	Reason  string          `json:"reason,omitempty"`
	Details json.RawMessage `json:"details,omitempty"`
}

// PostgresState is the original's word for its storage.
type PostgresState struct {
	Initialized   bool  `json:"initialized"`
	SchemaVersion int64 `json:"schemaVersion"`
}

// Info is the answer of GET /v1/info.
type Info struct {
	Name       string              `json:"name"`
	Runtime    string              `json:"runtime"`
	AuthMode   string              `json:"authMode"`
	Postgres   PostgresState       `json:"postgres"`
	Storage    *StorageState       `json:"storage,omitempty"`
	Boundaries map[string]Boundary `json:"boundaries"`
	QueueLanes []LaneHealth        `json:"queueLanes"`
}

// Healthz asks who listens. It needs no key.
func (c *Client) Healthz(ctx context.Context) (Alive, error) {
	var out Alive
	return out, c.do(ctx, get("/healthz", nil), &out)
}

// Health asks how the server fares. A degraded server is an answer, not an error.
func (c *Client) Health(ctx context.Context) (Health, error) {
	var out Health
	in := get("/api/health", nil)
	in.sick = true
	err := c.do(ctx, in, &out)
	if err == nil && out.Status == "" {
		err = memory.Errorf(memory.CodeUnavailable, "%s does not say how it fares", c.base)
	}
	return out, err
}

// Readiness asks whether storage is open and migrated; until then it is
// memory.ErrUnavailable. It is not tried again: who asks is waiting already.
func (c *Client) Readiness(ctx context.Context) (Readiness, error) {
	var out Readiness
	in := get("/api/readiness", nil)
	in.again = false
	return out, c.do(ctx, in, &out)
}

// Version asks for the server's version.
func (c *Client) Version(ctx context.Context) (Version, error) {
	var out Version
	return out, c.do(ctx, get("/api/version", nil), &out)
}

// Info asks how the server is put together.
func (c *Client) Info(ctx context.Context) (Info, error) {
	var out Info
	return out, c.do(ctx, get("/v1/info", nil), &out)
}
