package schema_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"claude-mem/internal/schema"
)

func TestNewest(t *testing.T) {
	for _, tt := range []struct {
		names string
		want  int64
		fault string
	}{
		{"", 0, ""},
		{"00001_a.sql 00012_c.sql 00009_b.sql", 12, ""},
		{"00001_a.sql 00099_notes.txt", 1, ""},
		{"00001_a.sql later.sql", 0, "later.sql has no number"},
	} {
		dir := make(fstest.MapFS)
		for _, name := range strings.Fields(tt.names) {
			dir[name] = &fstest.MapFile{}
		}
		got, err := schema.Newest(dir)
		if got != tt.want || (err != nil) != (tt.fault != "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("%q: %d, %v; want %d, %q", tt.names, got, err, tt.want, tt.fault)
		}
	}
}
