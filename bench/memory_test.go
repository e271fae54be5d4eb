package bench_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"claude-mem/client"
	"claude-mem/internal/testbin"
)

const (
	idleFor  = 3 * time.Second // before the daemon counts as idle
	eventsIn = 100_000
)

// BenchmarkMemory tells what the daemon occupies when nothing happens, after
// 100,000 events came in, and some time after that.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		p, c := running(b)
		time.Sleep(idleFor)
		b.ReportMetric(residentMiB(b, p), "idle-MiB")
		ingest(b, p, c)
		b.ReportMetric(residentMiB(b, p), "after-MiB")
		time.Sleep(idleFor)
		b.ReportMetric(residentMiB(b, p), "later-MiB")
	}
}

// ingest posts all events in batches, one batch after the other.
func ingest(b *testing.B, p *testbin.Profile, c *client.Client) {
	b.Helper()
	const size = 500
	for first := int64(0); first < eventsIn; first += size {
		if err := postBatch(b.Context(), c, p.Repo, first, size); err != nil {
			b.Fatal(err)
		}
	}
}

// residentMiB is how much memory the daemon has, as Linux counts it.
func residentMiB(b *testing.B, p *testbin.Profile) float64 {
	b.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(daemonOf(b, p)), "status"))
	if err != nil {
		b.Fatalf("only Linux tells what a process occupies: %v", err)
	}
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmRSS:")); ok {
			kib, err := strconv.Atoi(string(bytes.Fields(rest)[0]))
			if err != nil {
				b.Fatal(err)
			}
			return float64(kib) / 1024
		}
	}
	b.Fatalf("no VmRSS in %s", status)
	return 0
}
