package memory

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
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

// generationNames lists the fields of GenerationSettings as they are written.
func generationNames() []string { return []string{"policy", "dailyTokens", "monthlyTokens"} }

// Validate checks that the policy exists and that no budget is negative.
func (g GenerationSettings) Validate() error {
	return g.check([]string{"metadata", "generation"}).Err()
}

func (g GenerationSettings) check(at []string) (is Issues) {
	if g.Policy != "" && !slices.Contains(Policies(), g.Policy) {
		is.Add("invalid_value", `Invalid option: expected one of "per-event"|"debounce"|"end-of-session"`, inside(at, "policy")...)
	}
	for name, n := range map[string]*int64{"dailyTokens": g.DailyTokens, "monthlyTokens": g.MonthlyTokens} {
		if n != nil && *n < 0 {
			is.Add("too_small", "Too small: expected number to be >=0", inside(at, name)...)
		}
	}
	return is
}

// inside is the path of a field of what stands at a path.
func inside(at []string, name string) []string { return append(slices.Clone(at), name) }

// ValidateGeneration checks the field "generation" of an object that stands at a path,
// such as the metadata that a client gives a project: it has to be GenerationSettings, and
// nothing more, so that a name that is misspelt is told rather than ignored. Other
// fields may be anything; nothing, and what is no object, pass.
func ValidateGeneration(raw json.RawMessage, at ...string) error {
	var m struct {
		Generation GenerationSettings `json:"generation"`
	}
	err := json.Unmarshal(raw, &m)
	e, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok || e.Field == "" {
		at = inside(at, "generation")
		return append(m.Generation.check(at), unknownNames(raw, at)...).Err()
	}
	expected := "number"
	switch e.Type.Kind() {
	case reflect.Struct:
		expected = "object"
	case reflect.String:
		expected = "string"
	}
	var is Issues
	is.Add("invalid_type", "Invalid input: expected "+expected+", received "+e.Value, append(slices.Clone(at), strings.Split(e.Field, ".")...)...)
	return is.Err()
}

// unknownNames finds fault with each name in "generation" that is none of its fields.
func unknownNames(raw json.RawMessage, at []string) (is Issues) {
	var m struct {
		Generation map[string]json.RawMessage `json:"generation"`
	}
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(m.Generation)) {
		if !slices.Contains(generationNames(), name) {
			is.Add("unrecognized_keys", fmt.Sprintf("Unrecognized key: %q; there are %s", name, strings.Join(generationNames(), ", ")), inside(at, name)...)
		}
	}
	return is
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
