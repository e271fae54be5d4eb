package httpapi

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"claude-mem/memory"
)

// An event that may be stored, and one that may not.
const (
	goodEvent = `{"projectId":"p","sourceType":"api","eventType":"tool_use","payload":{"a":[1,"]"]},"occurredAtEpoch":5}`
	badEvent  = `{"projectId":"p","sourceType":"none","eventType":"tool_use","occurredAtEpoch":5}`
)

func TestBatchesThatAreWrong(t *testing.T) {
	for name, tt := range map[string]struct{ body, want string }{
		"no array":        {`{}`, "expected array, received object"},
		"nothing":         {``, "expected array, received undefined"},
		"no events":       {` [ ] `, ">=1 items"},
		"too many":        {`[` + strings.Repeat(goodEvent+",", memory.MaxBatch) + goodEvent + `]`, "<=500 items"},
		"many, but none":  {`[` + strings.Repeat(goodEvent+",", memory.MaxBatch) + `]`, "Invalid JSON"},
		"a null":          {`[` + goodEvent + `,null]`, "expected object, received null"},
		"one that is bad": {`[` + goodEvent + `,` + badEvent + `]`, "Invalid option"},
		"a wrong field":   {`[{"projectId":1}]`, "expected string, received number"},
		"cut off":         {`[` + goodEvent, "Invalid JSON"},
		"two batches":     {`[` + goodEvent + `][]`, "Invalid JSON"},
	} {
		ins, err := decodeBatch([]byte(tt.body))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %d events, error %v, want %q", name, len(ins), err, tt.want)
		}
	}
}

// A body of nothing but commas is refused for what a look at it costs.
func TestAnArrayOfMillionsIsNotSplit(t *testing.T) {
	body := []byte(`[` + strings.Repeat("1,", 1<<20) + `1]`)
	most := testing.AllocsPerRun(1, func() {
		if _, err := decodeBatch(body); err == nil {
			t.Error("it was decoded")
		}
	})
	if most > 100 {
		t.Errorf("%v allocations", most)
	}
}

// What is decoded in one go is what one finds item by item, and what cannot be has a
// fault that is found item by item.
func FuzzBatch(f *testing.F) {
	for _, body := range []string{
		`[` + goodEvent + `,` + goodEvent + `]`, `[` + badEvent + `]`, `[null]`, `[[]]`, `[]`, `[{}`, `{"a":[]}`, ` [` + goodEvent + ` ] `,
		`[{"projectId":"p","projectId":"q","PROJECTID":"r","sourceType":"api","eventType":"t","metadata":{"\u0000":"\ud800"},"occurredAtEpoch":1}]`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		quick, ok := decodeGoodBatch(body)
		var slow []memory.EventInput
		items, err := decodeArray(body, 1, memory.MaxBatch)
		if err == nil {
			slow, err = decodeItems(items)
		}
		if ok != (err == nil) {
			t.Fatalf("in one go %v, item by item: %v", ok, err)
		}
		if diff := cmp.Diff(slow, quick); ok && diff != "" {
			t.Errorf("item by item and in one go:\n%s", diff)
		}
	})
}
