package cli

import (
	"bytes"
	"strings"
	"testing"

	"claude-mem/client"
	"claude-mem/memory"
)

func TestDivergenceIsNamed(t *testing.T) {
	lane := func(waiting, active int64) []client.LaneHealth {
		return []client.LaneHealth{{LaneStats: memory.LaneStats{Lane: memory.LaneEvent, Queued: waiting, Processing: active}}}
	}
	held := func(waiting, active int64) []client.TransportLane {
		return []client.TransportLane{{Lane: memory.LaneEvent, Waiting: waiting, Active: active}}
	}
	for name, c := range map[string]struct {
		stats client.Stats
		want  string
	}{
		"equal":         {client.Stats{Lanes: lane(2, 1), Transport: held(1, 2)}, ""},
		"lost messages": {client.Stats{Lanes: lane(5, 0), Transport: held(3, 0)}, "5 jobs are owed and the queue holds 3 messages"},
		"left over":     {client.Stats{Lanes: lane(0, 0), Transport: held(2, 0)}, "the queue holds 2 messages for 0 jobs"},
		"not counted":   {client.Stats{Lanes: lane(5, 0)}, ""},
	} {
		var out bytes.Buffer
		newScreen(&out).divergence(c.stats)
		if got := out.String(); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
