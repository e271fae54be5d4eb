package memory

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
)

// Policy says when observations are made of events.
type Policy string

// The policies there are.
const (
	PolicyPerEvent     Policy = "per-event"      // of each event, at once
	PolicyDebounce     Policy = "debounce"       // of a session's events together, when it pauses
	PolicyEndOfSession Policy = "end-of-session" // of a session's events together, when it ends
)

// Policies lists every policy.
func Policies() []Policy { return []Policy{PolicyPerEvent, PolicyDebounce, PolicyEndOfSession} }

// GenerationSettings is what a project wants of generation. It stands in the
// project's metadata as the object "generation".
type GenerationSettings struct {
	Policy Policy `json:"policy,omitempty"` // "": the process's
	// Budgets in tokens, input and output together, by day and month in UTC; 0 means
	// that no provider which costs is called, nil that the process's budget holds.
	DailyTokens   *int64 `json:"dailyTokens,omitempty"`
	MonthlyTokens *int64 `json:"monthlyTokens,omitempty"`
}

// Validate checks that the policy exists and that no budget is negative.
func (g GenerationSettings) Validate() error {
	var is issues
	if g.Policy != "" && !slices.Contains(Policies(), g.Policy) {
		is.add("invalid_value", `Invalid option: expected one of "per-event"|"debounce"|"end-of-session"`, "metadata", "generation", "policy")
	}
	for name, n := range map[string]*int64{"dailyTokens": g.DailyTokens, "monthlyTokens": g.MonthlyTokens} {
		if n != nil && *n < 0 {
			is.add("too_small", "Too small: expected number to be >=0", "metadata", "generation", name)
		}
	}
	return is.err()
}

// ValidateProjectMetadata checks what a client gives a project as metadata: whatever it
// likes, but for "generation", which is GenerationSettings. Nothing, and what is no
// object, pass.
func ValidateProjectMetadata(raw json.RawMessage) error {
	var m struct {
		Generation GenerationSettings `json:"generation"`
	}
	err := json.Unmarshal(raw, &m)
	e, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok || e.Field == "" {
		return m.Generation.Validate()
	}
	expected := "number"
	switch e.Type.Kind() {
	case reflect.Struct:
		expected = "object"
	case reflect.String:
		expected = "string"
	}
	var is issues
	path := append([]string{"metadata"}, strings.Split(e.Field, ".")...)
	is.add("invalid_type", "Invalid input: expected "+expected+", received "+e.Value, path...)
	return is.err()
}

// Generation reads what the project wants. What is not valid is as if it were not
// there: a client may have written anything into the metadata.
func (p Project) Generation() GenerationSettings {
	var m struct {
		Generation GenerationSettings `json:"generation"`
	}
	if json.Unmarshal(p.Metadata, &m) != nil || m.Generation.Validate() != nil {
		return GenerationSettings{}
	}
	return m.Generation
}
