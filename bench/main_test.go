package bench_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/testbin"
)

// binary is the program under test; empty does nothing at all.
var binary, empty string

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "claude-mem-bench-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if binary, err = testbin.Build(dir); err == nil {
		empty, err = testbin.BuildEmpty(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// samples are the durations of single operations.
type samples []time.Duration

// quantile returns the sample below which the share q of all lie.
func (s samples) quantile(q float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// report adds the median and the 99th percentile in milliseconds to b's line.
func (s samples) report(b *testing.B, name string) {
	b.ReportMetric(s.quantile(0.50).Seconds()*1e3, name+"p50-ms")
	b.ReportMetric(s.quantile(0.99).Seconds()*1e3, name+"p99-ms")
}

// running starts the profile's daemon and returns a client of it.
func running(b *testing.B, p *testbin.Profile) *client.Client {
	b.Helper()
	p.Must("start")
	state, ok := p.Find()
	if !ok {
		b.Fatal("started, but not to be found")
	}
	url := fmt.Sprintf("http://%s:%d", state.Host, state.Port)
	return client.New(url, p.Config().String(config.ServerAPIKey), client.Options{})
}
