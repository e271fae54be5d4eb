package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"claude-mem/memory"
)

// decodeBatch decodes a JSON array of 1 to memory.MaxBatch events.
func decodeBatch(data []byte) ([]memory.EventInput, error) {
	if ins, ok := decodeGoodBatch(data); ok {
		return ins, nil
	}
	// Something is wrong with it. Finding out what it is and where costs a few times more.
	items, err := decodeArray(data, 1, memory.MaxBatch)
	if err != nil {
		return nil, err
	}
	return decodeItems(items)
}

// decodeGoodBatch decodes a batch in one go. ok is false when there is anything to
// say against it.
func decodeGoodBatch(data []byte) (ins []memory.EventInput, ok bool) {
	o := outlineOf(data)
	if o.depth > maxDepth || o.commas >= memory.MaxBatch {
		return nil, false
	}
	ins = make([]memory.EventInput, 0, o.commas+1)
	if json.Unmarshal(data, &ins) != nil {
		return nil, false
	}
	for i := range ins {
		if ins[i].Validate() != nil {
			return nil, false
		}
	}
	return ins, len(ins) > 0
}

// decodeItems decodes the events of a batch one by one; the issues of all come
// together.
func decodeItems(items []json.RawMessage) ([]memory.EventInput, error) {
	ins := make([]memory.EventInput, len(items))
	var issues memory.Issues
	for i, item := range items {
		err := decodeObject(item, &ins[i])
		if err == nil {
			err = ins[i].Validate()
		}
		if e, ok := errors.AsType[*memory.Error](err); ok {
			for _, is := range e.Issues {
				is.Path = append([]string{strconv.Itoa(i)}, is.Path...)
				issues = append(issues, is)
			}
		}
	}
	return ins, issues.Err()
}

// decodeArray splits a JSON array of lo to hi items. One of millions is refused
// without a look at each.
func decodeArray(data []byte, lo, hi int) ([]json.RawMessage, error) {
	if kind := kindOf(data); kind != "array" {
		return nil, invalidType("array", kind)
	}
	if outlineOf(data).commas >= hi {
		if err := unmarshal(data, new(nothing)); err != nil { // what is no JSON has no items
			return nil, err
		}
		return nil, issue("too_big", fmt.Sprintf("Too big: expected array to have <=%d items", hi))
	}
	var items []json.RawMessage
	if err := unmarshal(data, &items); err != nil {
		return nil, err
	}
	if len(items) < lo {
		return nil, issue("too_small", fmt.Sprintf("Too small: expected array to have >=%d items", lo))
	}
	return items, nil
}

// nothing is what a JSON text is decoded into to see whether it is one.
type nothing struct{}

// UnmarshalJSON implements json.Unmarshaler.
func (nothing) UnmarshalJSON([]byte) error { return nil }
