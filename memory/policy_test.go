package memory

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// What stands in "generation" is one of its fields, by its exact name and of its type;
// each fault names the field, and one that is unknown those that there are.
func TestValidateGeneration(t *testing.T) {
	for raw, want := range map[string]string{
		``:                        "",
		`null`:                    "",
		`"text"`:                  "",
		`{"owner":"me"}`:          "",
		`{"generation":null}`:     "",
		`{"generation":{},"a":1}`: "",
		`{"generation":{"policy":"debounce","dailyTokens":0,"monthlyTokens":7}}`: "",
		`{"generation":{"polcy":"debounce"}}`:                                    `m.generation.polcy: Unrecognized key: "polcy"; there are policy, dailyTokens, monthlyTokens`,
		`{"generation":{"daily_tokens":5,"dailyTokens":5}}`:                      `m.generation.daily_tokens: Unrecognized key: "daily_tokens"; there are policy, dailyTokens, monthlyTokens`,
		`{"generation":{"DailyTokens":5}}`:                                       `m.generation.DailyTokens: Unrecognized key: "DailyTokens"; there are policy, dailyTokens, monthlyTokens`,
		`{"generation":{"b":1,"policy":"never","a":2}}`:                          `m.generation.policy: Invalid option, m.generation.a: Unrecognized, m.generation.b: Unrecognized`,
		`{"generation":{"dailyTokens":-1}}`:                                      `m.generation.dailyTokens: Too small`,
		`{"generation":{"dailyTokens":"5"}}`:                                     `m.generation.dailyTokens: Invalid input: expected number`,
		`{"generation":"debounce"}`:                                              `m.generation: Invalid input: expected object`,
	} {
		err := ValidateGeneration(json.RawMessage(raw), "m")
		var got []string
		if e, ok := errors.AsType[*Error](err); ok {
			for _, i := range e.Issues {
				got = append(got, strings.Join(i.Path, ".")+": "+i.Message)
			}
		}
		wants := strings.Split(want, ", m.")
		if want == "" {
			wants = nil
		}
		if len(got) != len(wants) {
			t.Errorf("%s: %q, want %q", raw, got, want)
			continue
		}
		for i, w := range wants {
			if !strings.HasPrefix(strings.TrimPrefix(got[i], "m."), strings.TrimPrefix(w, "m.")) {
				t.Errorf("%s: %q, want %q", raw, got[i], w)
			}
		}
	}
}
