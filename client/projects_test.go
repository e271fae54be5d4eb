package client

import (
	"errors"
	"strings"
	"testing"

	"claude-mem/memory"
)

// What a new project wants of generation is checked before it is stored, where it
// would be passed over in silence.
func TestProjectRequestValidate(t *testing.T) {
	for metadata, path := range map[string]string{
		``:     "",
		`null`: "",
		`{"colour":"red","generation":{"policy":"debounce","dailyTokens":0}}`: "",
		`[]`:                                  "metadata",
		`{"generation":7}`:                    "metadata.generation",
		`{"generation":{"policy":"never"}}`:   "metadata.generation.policy",
		`{"generation":{"policy":1}}`:         "metadata.generation.policy",
		`{"generation":{"dailyTokens":"9"}}`:  "metadata.generation.dailyTokens",
		`{"generation":{"monthlyTokens":-1}}`: "metadata.generation.monthlyTokens",
	} {
		err := ProjectRequest{Name: "n", Metadata: []byte(metadata)}.Validate()
		e, _ := errors.AsType[*memory.Error](err)
		switch {
		case path == "" && err != nil:
			t.Errorf("%s: %v", metadata, err)
		case path != "" && (e == nil || e.Code != memory.CodeValidation || len(e.Issues) != 1 || strings.Join(e.Issues[0].Path, ".") != path):
			t.Errorf("%s: %+v, want a fault of %s", metadata, err, path)
		}
	}
}
