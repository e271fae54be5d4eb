package httpapi

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/julienschmidt/httprouter"

	"claude-mem/capture"
	"claude-mem/client"
	"claude-mem/daemon/metrics"
	"claude-mem/internal/outage"
	"claude-mem/memory"
	"claude-mem/recall"
	"claude-mem/storage"
)

// Config is what an API is made of.
type Config struct {
	Store   storage.Store
	Capture *capture.Capture
	Recall  *recall.Recall
	Hub     *Hub
	System  System
	Access  Access
	Limits  ContextLimits
	// EmbeddingModel is what makes vectors of observations; "" if nothing does.
	EmbeddingModel string
	// LocalFiles says that a project named by a path lies there on this machine, so
	// that observations whose files changed can be marked.
	LocalFiles bool
	Log        *slog.Logger
	// PublicURL is where clients elsewhere reach the server; "" means where the
	// request that asks for it came to.
	PublicURL string
	Quotas    Quotas
	Metrics   *metrics.Metrics // required
	// MaxWait is how long wait=true waits; 0 means 30 s.
	MaxWait time.Duration
	// Heartbeat is how often a stream says that it is alive; 0 means 15 s.
	Heartbeat time.Duration
}

// System tells of the daemon around the API.
type System interface {
	Alive() client.Alive
	Ready() bool
	// Refuse returns why nothing can be read or stored any more, or nil.
	Refuse() error
	Version() string
	Health(ctx context.Context) client.Health
	Info(ctx context.Context) (client.Info, error)
	Lanes(ctx context.Context) ([]client.LaneHealth, error)
	// Transport tells what the queue itself counts.
	Transport(ctx context.Context) ([]client.TransportLane, error)
	// Spool is nil where hooks do not spool into a folder of the server's.
	Spool() *client.SpoolState
}

// Access says who may come in.
type Access struct {
	// Hosts are the names, besides the loopback ones, that a Host header may hold.
	Hosts []string
	// Wide says that the daemon listens beyond the loopback interface: then any IP
	// address may stand in a Host header, which no rebound DNS name can be.
	Wide bool
	// AnyHost lets every Host header in: nobody comes in without a key.
	AnyHost bool
	// LocalDev, if set, is the key that loopback requests without one act with.
	LocalDev *memory.APIKey
}

// API answers HTTP requests. It is safe for concurrent use.
type API struct {
	Config
	router *httprouter.Router
	told   told
	room   *room
	reads  readLog
	meter  *meter
	dirty  chan struct{} // see wake
	// refusals are those for which nobody can do anything but wait.
	refusals outage.Watch
}

// New makes an API.
func New(c Config) *API {
	c.MaxWait = cmp.Or(c.MaxWait, 30*time.Second)
	c.Heartbeat = cmp.Or(c.Heartbeat, heartbeatEvery)
	a := &API{Config: c, router: httprouter.New(), room: newRoom(), meter: newMeter(c.Quotas, c.Store), dirty: make(chan struct{}, 1)}
	a.refusals.Lines = outage.Lines{
		Log: c.Log, Level: slog.LevelError, Away: "requests are refused", Back: "requests are answered again",
	}
	// A redirect is no answer to a client that posts: it would lose the body or, with
	// another host, its key.
	a.router.RedirectTrailingSlash = false
	a.router.RedirectFixedPath = false
	a.router.HandleMethodNotAllowed = false // see noRoute
	a.router.HandleOPTIONS = false
	a.router.NotFound = http.HandlerFunc(a.noRoute)
	for _, r := range Routes() {
		a.router.Handle(r.Method, routerPattern(r), a.handler(r))
		if r.Scope == "" && r.Method == http.MethodGet {
			// Whatever watches services asks so. The body stays away by itself.
			a.router.Handle(http.MethodHead, r.Pattern, a.handler(r))
		}
	}
	return a
}

// startPattern is the route that the router cannot hold: it refuses a fixed
// segment where another POST route has a parameter.
const startPattern = "/v1/sessions/start"

// routerPattern is the pattern the route is registered under. That of startPattern
// matches any one segment, so handler checks which it was.
func routerPattern(r Route) string {
	if r.Pattern == startPattern {
		return "/v1/sessions/:id"
	}
	return r.Pattern
}
