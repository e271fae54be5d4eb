// Package metrics counts what a server does, for Prometheus: requests by route, calls of
// providers, and, each time it is asked, how lanes, spool and storage stand.
//
// Nothing it tells names a tenant, a key or a project: whoever may read the numbers of a
// server need not know who uses it. The label values are those of tables in the code, so
// that their number is bounded.
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics counts. It is safe for concurrent use, and has a registry of its own.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	calls    *prometheus.CounterVec
	callTook *prometheus.HistogramVec
	tokens   *prometheus.CounterVec
}

// New makes a Metrics that has counted nothing.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "claude_mem_http_requests_total", Help: "Requests answered, by route and status.",
		}, []string{"method", "route", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "claude_mem_http_request_seconds", Help: "How long requests took.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"method", "route"}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "claude_mem_provider_calls_total", Help: "Calls of providers, by how they ended: ok, or the class of the error.",
		}, []string{"provider", "outcome"}),
		callTook: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "claude_mem_provider_call_seconds", Help: "How long calls of providers took.",
			Buckets: []float64{.001, .01, .1, .5, 1, 2.5, 5, 10, 30, 60, 120},
		}, []string{"provider"}),
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "claude_mem_provider_tokens_total", Help: "Tokens that providers counted.",
		}, []string{"provider", "direction"}),
	}
	m.registry.MustRegister(m.requests, m.took, m.calls, m.callTook, m.tokens,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Request counts a request that was answered; route is a pattern, not a path. A request
// that lasts as long as its client wants has no duration to tell: took is then 0.
func (m *Metrics) Request(method, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	if took > 0 {
		m.took.WithLabelValues(method, route).Observe(took.Seconds())
	}
}

// ServeHTTP writes what was counted, in the text format of Prometheus.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}).ServeHTTP(w, r)
}
