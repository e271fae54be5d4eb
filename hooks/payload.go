package hooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// read returns the payload. One that is too large is cut to a stub; when its start
// does not even tell whose it is, it is counted as lost, for status to show.
func (c *call) read(h host) ([]byte, error) {
	payload, err := io.ReadAll(io.LimitReader(c.params.Stdin, maxPayload+1))
	if err != nil || len(payload) <= maxPayload {
		return payload, err
	}
	more, _ := io.Copy(io.Discard, c.params.Stdin) // how much is all that we want of it
	payload = stub(payload, int64(len(payload))+more)
	e, err := h.decode(payload)
	if err == nil && e.name != "" && e.session != "" && (e.kind != kindTool || e.tool.ToolName != "") {
		return payload, nil
	}
	return nil, errors.Join(errors.New("the payload is too large"), err, c.spool().Lost())
}

// stub makes a payload of the fields that stand whole in the head of a larger one.
// The field that is cut off says how large the payload was, in bytes.
func stub(head []byte, size int64) []byte {
	left := fmt.Sprintf("[payload of %d bytes left out]", size)
	fields := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(head))
	if open, err := d.Token(); err == nil && open == json.Delim('{') {
		for d.More() {
			key, err := d.Token()
			name, isName := key.(string)
			if err != nil || !isName {
				break
			}
			var value json.RawMessage
			if d.Decode(&value) != nil {
				fields[name] = left
				break
			}
			fields[name] = value
		}
	}
	out, err := json.Marshal(fields)
	if err != nil {
		return nil // not reached: what was decoded can be encoded
	}
	return out
}
