package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"claude-mem/client"
)

// askWithin bounds how long a scrape waits for the state of the server.
const askWithin = 5 * time.Second

// Watch adds how the server stands, which is asked for at each scrape.
func (m *Metrics) Watch(health func(ctx context.Context) client.Health) {
	m.registry.MustRegister(&state{health: health})
}

// state tells of a health what it says in numbers.
type state struct {
	health func(ctx context.Context) client.Health
}

// The numbers. They are made when they are asked for, as a package variable would be at
// every start of the program.
func up() *prometheus.Desc {
	return prometheus.NewDesc("claude_mem_healthy", "1 if all is well, 0 if degraded.", nil, nil)
}

func uptime() *prometheus.Desc {
	return prometheus.NewDesc("claude_mem_uptime_seconds", "Since when the server runs.", nil, nil)
}

func jobs() *prometheus.Desc {
	return prometheus.NewDesc("claude_mem_lane_jobs", "Jobs of a lane, by where they stand.", []string{"lane", "state"}, nil)
}

func oldest() *prometheus.Desc {
	return prometheus.NewDesc("claude_mem_lane_oldest_seconds", "How long the oldest job of a lane is due.", []string{"lane"}, nil)
}

func paused() *prometheus.Desc {
	return prometheus.NewDesc("claude_mem_lane_paused", "1 while a lane waits for a provider that refuses everybody.", []string{"lane"}, nil)
}

func spool() *prometheus.Desc {
	return prometheus.NewDesc("claude_mem_spool", "What hooks could not deliver: files, bytes, records refused and rejected.", []string{"what"}, nil)
}

func storage() *prometheus.Desc {
	return prometheus.NewDesc("claude_mem_storage_bytes", "Size of the database.", []string{"driver"}, nil)
}

func workers() *prometheus.Desc {
	return prometheus.NewDesc("claude_mem_workers", "Processes that generate and are alive.", nil, nil)
}

// Describe implements prometheus.Collector.
func (s *state) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{up(), uptime(), jobs(), oldest(), paused(), spool(), storage(), workers()} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *state) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), askWithin)
	defer cancel()
	h := s.health(ctx)
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(up(), flag(h.Status == "ok"))
	gauge(uptime(), float64(h.Uptime))
	gauge(workers(), float64(len(h.Workers)))
	for _, l := range h.Queue.Lanes {
		lane := string(l.Lane)
		for state, n := range map[string]int64{
			"waiting": l.Queued, "delayed": l.Delayed, "active": l.Processing, "completed": l.Completed, "failed": l.Failed, "stalled": l.Stalled,
		} {
			gauge(jobs(), float64(n), lane, state)
		}
		gauge(oldest(), float64(l.OldestAgeMS)/1000, lane)
		gauge(paused(), flag(l.Paused != ""), lane)
	}
	if sp := h.Spool; sp != nil {
		for what, n := range map[string]int64{"files": int64(sp.Files), "bytes": sp.Bytes, "refused": sp.Refused, "rejected": sp.Rejected} {
			gauge(spool(), float64(n), what)
		}
	}
	if st := h.Storage; st != nil {
		gauge(storage(), float64(st.SizeBytes), st.Driver)
	}
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
