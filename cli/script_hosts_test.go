package cli_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// agrees writes Codex's settings anew, with its user's agreement to the first hook of
// each event: agrees.
func agrees(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: agrees")
	}
	path := ts.MkAbs("home/.codex/hooks.json")
	var file struct{ Hooks map[string]any }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(path)), &file))
	var text strings.Builder
	for event := range file.Hooks {
		snake := strings.ToLower(regexp.MustCompile(`\B[A-Z]`).ReplaceAllString(event, "_$0"))
		fmt.Fprintf(&text, "[hooks.state.%q]\ntrusted_hash = \"sha256:1\"\n", path+":"+snake+":0:0")
	}
	ts.Check(os.WriteFile(ts.MkAbs("home/.codex/config.toml"), []byte(text.String()), 0o600))
}
