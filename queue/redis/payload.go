package redis

import (
	"encoding/json"
	"fmt"

	"claude-mem/memory"
)

// taskType is the type of our tasks, for whoever looks at them with asynq's tools.
const taskType = "claude-mem:wake-up"

// maxPayload bounds what is decoded. A message's ids take a few hundred bytes.
const maxPayload = 64 << 10

// encode checks a message and makes a payload of it.
func encode(m memory.Message) ([]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	body, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	if len(body) > maxPayload {
		return nil, memory.Invalid(fmt.Sprintf("a message of %d bytes, at most %d fit", len(body), maxPayload))
	}
	return body, nil
}

// decode reads a payload that was found in a lane. Anybody who reaches the Redis
// may have put it there.
func decode(lane memory.Lane, body []byte) (m memory.Message, err error) {
	if len(body) > maxPayload {
		return m, fmt.Errorf("%d bytes, at most %d are expected", len(body), maxPayload)
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return m, fmt.Errorf("not a message: %w", err)
	}
	if err := m.Validate(); err != nil {
		return m, fmt.Errorf("not a whole message: %w", err)
	}
	if m.Kind.Lane() != lane {
		return m, fmt.Errorf("a job of kind %q does not belong into lane %q", m.Kind, lane)
	}
	return m, nil
}
