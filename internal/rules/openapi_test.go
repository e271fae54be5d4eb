package rules

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"
)

// What the program serves is what people read: openapi.json holds openapi.yaml, a value
// a line, or with -update is made to.
func TestTheServedDocumentIsTheOneThatPeopleRead(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	want, err := json.MarshalIndent(doc, "", "")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	path := filepath.Join(root, "docs", "openapi.json")
	got, err := os.ReadFile(path)
	switch {
	case err == nil && bytes.Equal(got, want):
	case *update:
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is out of date: go test ./internal/rules -update", path)
	}
}
