package install

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// oneEvent is Claude Code's form for the event Stop, and for Reads.
func oneEvent() form {
	f := claudeForm()
	f.events = []string{beforeRead, "Stop"}
	return f
}

// However often and wherever we are registered, after install it is once for each event
// that is wanted. What others have there stays as it is written.
func TestOneEntryForEachWantedEvent(t *testing.T) {
	const (
		mine  = `{"type":"command","command":"` + exe + `","args":["hook","claude-code"],"timeout":5}`
		tuned = `{"type":"command","command":"` + exe + `","args":["hook","claude-code"],"timeout":30}`
		old   = `{"type":"command","command":"/old/bin/claude-mem","args":["hook","claude-code"],"timeout":5}`
		stop  = `"Stop":[{"hooks":[` + mine + `]}]`
	)
	for name, tt := range map[string]struct{ before, want string }{
		"an old one behind":     {`{"hooks":{"Stop":[{"hooks":[` + mine + `]},{"hooks":[` + old + `]}]}}`, `{"hooks":{` + stop + `}}`},
		"an old one before":     {`{"hooks":{"Stop":[{"hooks":[` + old + `]},{"hooks":[` + tuned + `]}]}}`, `{"hooks":{"Stop":[{"hooks":[` + tuned + `]}]}}`},
		"in one group":          {`{"hooks":{"Stop":[{"hooks":[` + old + `,{"command":"a"},` + old + `]}]}}`, `{"hooks":{"Stop":[{"hooks":[` + mine + `,{"command":"a"}]}]}}`},
		"twice the same":        {`{"hooks":{"Stop":[{"hooks":[` + mine + `,` + mine + `]}]}}`, `{"hooks":{` + stop + `}}`},
		"unwanted":              {`{"hooks":{"PreToolUse":[{"matcher":"Read","hooks":[` + mine + `]}],` + stop + `}}`, `{"hooks":{` + stop + `}}`},
		"unwanted, last":        {`{"hooks":{` + stop + `,"PreToolUse":[{"hooks":[` + mine + `]}]}}`, `{"hooks":{` + stop + `}}`},
		"unwanted, alone":       {`{"hooks":{"PreToolUse":[{"hooks":[` + mine + `]}]},"z":1}`, `{"hooks":{` + stop + `},"z":1}`},
		"unwanted, to be added": {`{"hooks":{"X":[],"PreToolUse":[{"hooks":[` + mine + `]}]}}`, `{"hooks":{"X":[],` + stop + `}}`},
		"unknown":               {`{"hooks":{"Notification":[{"hooks":[` + mine + `]}],` + stop + `}}`, `{"hooks":{` + stop + `}}`},
		"beside others": {
			`{"hooks":{"PreToolUse":[{"matcher":"Bash","hooks":[{"command":"a"}]},{"hooks":[{"command":"b"},` + old + `]}],` + stop + `}}`,
			`{"hooks":{"PreToolUse":[{"matcher":"Bash","hooks":[{"command":"a"}]},{"hooks":[{"command":"b"}]}],` + stop + `}}`,
		},
		"others' empty list": {`{"hooks":{"PreToolUse":[],` + stop + `}}`, `{"hooks":{"PreToolUse":[],` + stop + `}}`},
	} {
		s, err := parseSettings([]byte(tt.before), oneEvent())
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.install(Options{Exe: exe})
		if err != nil || !sameJSON(got, []byte(tt.want)) {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, got, tt.want)
		}
	}
}

// What doctor finds wrong about a second entry, install mends.
func TestInstallMendsWhatCheckFinds(t *testing.T) {
	program := filepath.Join(t.TempDir(), "claude-mem")
	if err := os.WriteFile(program, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	path := write(t, `{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "/old/bin/claude-mem hook claude-code"}]}]}}`)
	o := Options{Exe: program}
	text := installed(t, path, o)
	twice := strings.Replace(text, `"Stop": [`, `"Stop": [{"hooks": [{"type": "command", "command": "/old/bin/claude-mem hook claude-code"}]}, `, 1)
	if err := os.WriteFile(path, []byte(twice), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := claudeAt(path).Check(o); err != nil || r.Registered() {
		t.Errorf("twice: %+v, %v", r, err)
	}
	installed(t, path, o)
	if r, err := claudeAt(path).Check(o); err != nil || !r.Registered() {
		t.Errorf("mended: %+v, %v", r, err)
	}
	installed(t, path, Options{Exe: program, FileContext: true})
	if got := commands(t, installed(t, path, o)); len(got[beforeRead]) > 0 {
		t.Errorf("still registered for reads: %v", got)
	}
}

// What the user put into an entry stays when the program moves.
func TestHookThatMovedKeepsTheUsersFields(t *testing.T) {
	for name, tt := range map[string]struct {
		form         form
		before, want string
	}{
		"Claude Code": {
			claudeForm(),
			`{"async": true, "type": "command", "command": "/old/claude-mem", "args": ["hook", "claude-code"], "timeout": 30}`,
			`{"async": true, "type": "command", "command": "` + exe + `", "args": ["hook", "claude-code"], "timeout": 30}`,
		},
		"a line before": {
			claudeForm(),
			`{"command": "/old/claude-mem hook claude-code", "timeout": 30}`,
			`{"command": "` + exe + `", "timeout": 30, "type": "command", "args": ["hook","claude-code"]}`,
		},
		"Gemini CLI": {
			geminiForm(),
			"{\n  \"name\": \"memory\", // mine\n  \"type\": \"command\",\n  \"command\": \"/old/claude-mem hook gemini\"\n}",
			"{\n  \"name\": \"memory\", // mine\n  \"type\": \"command\",\n  \"command\": \"" + exe + " hook gemini\"\n}",
		},
		"arguments where a line belongs": {
			codexForm(),
			`{"type": "command", "command": "/old/claude-mem", "args": ["hook", "codex"], "timeout": 30}`,
			`{"type": "command", "command": "` + exe + ` hook codex", "timeout": 30}`,
		},
	} {
		event := tt.form.events[0]
		s, err := parseSettings([]byte(`{"hooks": {"`+event+`": [{"hooks": [`+tt.before+`]}]}}`), tt.form)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.install(Options{Exe: exe, FileContext: true})
		if err != nil {
			t.Fatal(err)
		}
		if s, err = parseSettings(got, tt.form); err != nil {
			t.Fatal(err)
		}
		n := s.entries(event)[0].node
		if diff := cmp.Diff(tt.want, string(got[n.start:n.end])); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
