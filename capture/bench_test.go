package capture

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"claude-mem/memory"
)

// BenchmarkEvents stores single events with their jobs, from 32 goroutines.
func BenchmarkEvents(b *testing.B) {
	f := newFixture(b, Options{})
	text := strings.Repeat("The queue worker reconnects after a dropped socket. ", 12)
	var n atomic.Int64
	b.SetParallelism(16)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			payload := fmt.Sprintf(`{"tool_name":"Read","tool_input":{"file_path":"/src/%d.go"},"tool_response":%q}`, i, text)
			in := f.input(func(in *memory.EventInput) {
				in.SourceEventID, in.Payload = fmt.Sprint("t", i), json.RawMessage(payload)
			})
			if _, err := f.Events(b.Context(), f.caller, []memory.EventInput{in}, EventOptions{Generate: true}); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
