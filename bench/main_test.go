package bench_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/testbin"
)

// scratch is removed when all is measured.
var scratch string

func TestMain(m *testing.M) {
	code := m.Run()
	if scratch != "" {
		_ = os.RemoveAll(scratch)
	}
	os.Exit(code)
}

// scratchDir is a folder for what several benchmarks use.
var scratchDir = sync.OnceValues(func() (string, error) {
	var err error
	scratch, err = os.MkdirTemp("", "claude-mem-bench-")
	return scratch, err
})

// programs are built when the first benchmark asks, so that a plain test run costs
// nothing.
var programs = sync.OnceValues(func() (p struct{ ours, hook, empty string }, err error) {
	dir, err := scratchDir()
	if err != nil {
		return p, err
	}
	var ours, hook, empty error
	p.ours, ours = testbin.Build(dir)
	p.hook, hook = testbin.BuildHook(dir)
	p.empty, empty = testbin.BuildEmpty(dir)
	return p, errors.Join(ours, hook, empty)
})

// built returns the program under test and one that does nothing at all.
func built(b *testing.B) (ours, empty string) {
	b.Helper()
	p, err := programs()
	if err != nil {
		b.Fatal(err)
	}
	return p.ours, p.empty
}

// hookProgram returns the program that does nothing but hooks.
func hookProgram(b *testing.B) string {
	b.Helper()
	p, err := programs()
	if err != nil {
		b.Fatal(err)
	}
	return p.hook
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

// against reports how many times longer s takes than the baseline: at the median,
// and at the 10th percentile, which a busy machine spoils less.
func (s samples) against(b *testing.B, baseline samples) {
	b.ReportMetric(s.quantile(0.10).Seconds()*1e3, "p10-ms")
	b.ReportMetric(baseline.quantile(0.50).Seconds()*1e3, "empty-p50-ms")
	b.ReportMetric(float64(s.quantile(0.50))/float64(baseline.quantile(0.50)), "×empty")
	b.ReportMetric(float64(s.quantile(0.10))/float64(baseline.quantile(0.10)), "×empty-p10")
}

// running makes a profile with a daemon and returns it with a client of that.
func running(b *testing.B) (*testbin.Profile, *client.Client) {
	b.Helper()
	ours, _ := built(b)
	p := testbin.NewProfile(b, ours)
	state := p.Serve()
	url := fmt.Sprintf("http://%s:%d", state.Host, state.Port)
	return p, client.New(url, p.Config().String(config.ServerAPIKey), client.Options{})
}

// daemonOf is the id of the profile's daemon.
func daemonOf(b *testing.B, p *testbin.Profile) (pid int) {
	b.Helper()
	state, ok := p.Find()
	if !ok {
		b.Fatal("there is no daemon")
	}
	return state.PID
}
