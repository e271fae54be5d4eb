package redis

import (
	"encoding/json"
	"strings"
	"testing"

	"claude-mem/memory"
)

func wholeMessage() memory.Message {
	j := memory.Job{
		ID: "job", TeamID: "team", ProjectID: "project", Kind: memory.KindEvent, SourceID: "source",
		SourceType: memory.KindEvent.SourceType(), APIKeyID: "key", ActorID: "actor", SourceAdapter: "hook", RequestID: "request",
	}
	j.QueueID = memory.QueueID(j)
	return j.Message()
}

func TestPayloadHoldsIDsOnly(t *testing.T) {
	body, err := encode(wholeMessage())
	if err != nil {
		t.Fatal(err)
	}
	got, err := decode(memory.LaneEvent, body)
	if err != nil || got != wholeMessage() {
		t.Errorf("%+v, %v", got, err)
	}
	if len(body) > 512 {
		t.Errorf("%d bytes for ids", len(body))
	}
}

func TestDecodeRefuses(t *testing.T) {
	spoil := func(change func(*memory.Message)) []byte {
		m := wholeMessage()
		change(&m)
		body, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	for name, body := range map[string][]byte{
		"nothing":           nil,
		"no JSON":           []byte("\x00\xff"),
		"another type":      []byte(`[1]`),
		"two values":        append(spoil(func(*memory.Message) {}), "{}"...),
		"no job":            spoil(func(m *memory.Message) { m.JobID = "" }),
		"no such kind":      spoil(func(m *memory.Message) { m.Kind = "other" }),
		"another lane":      spoil(func(m *memory.Message) { m.Kind, m.SourceType = memory.KindSummary, memory.KindSummary.SourceType() }),
		"too long an id":    spoil(func(m *memory.Message) { m.ID = strings.Repeat("x", memory.MaxIDBytes+1) }),
		"too large a whole": spoil(func(m *memory.Message) { m.RequestID = strings.Repeat("x", maxPayload) }),
	} {
		if m, err := decode(memory.LaneEvent, body); err == nil {
			t.Errorf("%s: decoded as %+v", name, m)
		}
	}
	m := wholeMessage()
	m.RequestID = strings.Repeat("x", maxPayload)
	if _, err := encode(m); err == nil {
		t.Error("what cannot be decoded is encoded")
	}
}

// Whatever lies in a lane, decoding it is an error or a message that names a job
// of that lane and survives another trip.
func FuzzDecode(f *testing.F) {
	body, err := encode(wholeMessage())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(memory.LaneEvent), body)
	f.Add(string(memory.LaneSummary), body)
	f.Add("", []byte(`{"id":"a","kind":"event","team_id":1}`))
	f.Add(string(memory.LaneEvent), []byte("\xff{\"id\":\"\xff\"}"))
	f.Fuzz(func(t *testing.T, lane string, body []byte) {
		m, err := decode(memory.Lane(lane), body)
		if err != nil {
			return
		}
		if err := m.Validate(); err != nil || m.Kind.Lane() != memory.Lane(lane) {
			t.Fatalf("decoded %+v in lane %q: %v", m, lane, err)
		}
		again, err := encode(m)
		if err != nil {
			if len(body)*6 > maxPayload {
				return // escapes may make it too large
			}
			t.Fatalf("encode %+v: %v", m, err)
		}
		if back, err := decode(memory.Lane(lane), again); err != nil || back != m {
			t.Fatalf("%+v became %+v: %v", m, back, err)
		}
	})
}
