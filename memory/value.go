package memory

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// Epoch is a point in time in milliseconds since the Unix epoch, UTC. Zero means
// "not yet" and is null in JSON and NULL in a database.
type Epoch int64

// EpochOf converts t, dropping what is finer than a millisecond.
func EpochOf(t time.Time) Epoch {
	if t.IsZero() {
		return 0
	}
	return Epoch(t.UnixMilli())
}

// Now is the current time.
func Now() Epoch { return Epoch(time.Now().UnixMilli()) }

// Time converts e to a time in UTC; zero becomes the zero time.
func (e Epoch) Time() time.Time {
	if e == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(e)).UTC()
}

// Add returns e shifted by d.
func (e Epoch) Add(d time.Duration) Epoch { return e + Epoch(d.Milliseconds()) }

// MarshalJSON writes the number of milliseconds, or null for zero.
func (e Epoch) MarshalJSON() ([]byte, error) {
	if e == 0 {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, int64(e), 10), nil
}

// UnmarshalJSON reads what MarshalJSON writes; fractions are cut off.
func (e *Epoch) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		*e = 0
		return nil
	}
	if n, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		*e = Epoch(n)
		return nil
	}
	var f float64
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	*e = Epoch(f)
	return nil
}

// Opt is a text that may be absent. Absent and empty are one: "" is null in JSON
// and NULL in a database.
type Opt string

// MarshalJSON writes the text, or null when it is empty.
func (o Opt) MarshalJSON() ([]byte, error) {
	if o == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(o))
}
