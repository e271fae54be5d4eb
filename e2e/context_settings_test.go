package e2e_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/memory"
)

const (
	shortPrompt = "What is the retry budget of the importer after a timeout?"
	longPrompt  = "What is the retry budget of the importer after a timeout, when depots send duplicate parcels tonight without labels?"
	aboutAll    = "The retry budget of the importer is three attempts after a timeout" // 4 telling words of both prompts
	aboutMost   = "The retry budget of the importer was two attempts once"             // 3 of them
	aboutLittle = "The budget of the office is small"
)

// known is what the store of these tests holds, from the oldest to the newest.
func known() []client.MemoryRequest {
	summary := func(title string) client.MemoryRequest {
		r := note(memory.KindSummaryObservation, title, "report.go")
		r.Metadata.Summary = &memory.Summary{Completed: "Done with " + title}
		return r
	}
	return []client.MemoryRequest{
		note(memory.KindDecision, aboutAll, "importer.go"),
		note(memory.KindBugfix, aboutMost, "importer.go"),
		note(memory.KindDiscovery, aboutLittle, "office.go"),
		note(memory.KindDiscovery, "Carriers report the wall clock of the depot", "importer.go"),
		note(memory.KindManual, "Releases go out on Tuesdays", "importer.go"),
		note("ritual", "Releases are tried on Mondays", "importer.go"), // of a client's own kind
		note(memory.KindRefactor, "Rename the table of scans", "importer.go"),
		note(memory.KindFeature, "Export the scans as CSV", "importer.go"),
		summary("First session"), summary("Second session"), summary("Third session"),
	}
}

// all are the titles of what is listed of them.
func titles(kinds ...string) (listed []string) {
	for _, one := range known() {
		if one.Kind != memory.KindSummaryObservation && (len(kinds) == 0 || slices.Contains(kinds, one.Kind)) {
			listed = append(listed, one.Metadata.Title)
		}
	}
	return listed
}

// contextCase is a setting, a value of it, and what is told then. What the others do is
// the base: everything on, nothing but defaults.
type contextCase struct {
	setting, value string
	tell           func(l listener) string
	want, not      []string // nothing wanted: nothing is told
	wrong          string   // a value that it does not take
	fix            string   // what the error about that says
}

func contextCases() []contextCase {
	start := func(l listener) string { return l.start("") }
	short := func(l listener) string { return l.prompt("", shortPrompt) }
	long := func(l listener) string { return l.prompt("", longPrompt) }
	read := func(l listener) string { return l.read("", "importer.go") }
	sessions := []string{"First session", "Second session", "Third session"}
	upTo20000 := "a whole number from 0 to 20000"
	return []contextCase{
		{config.ContextTokens, "160", start, []string{"Third session"}, []string{"First session"}, "many", upTo20000},
		{config.ContextTokens, "0", start, nil, nil, "-1", upTo20000},
		{config.ContextObservations, "2", start, append([]string{"Export the scans", "Rename the table"}, sessions...), []string{"Tuesdays", "wall clock"}, "1001", "a whole number from 0 to 1000"},
		{config.ContextObservations, "0", start, sessions, titles(), "2.5", "a whole number from 0 to 1000"},
		{config.ContextSessionCount, "1", start, append(titles(), "Third session"), sessions[:2], "1001", "a whole number from 0 to 1000"},
		{config.ContextSessionCount, "0", start, titles(), sessions, "all", "a whole number from 0 to 1000"},
		{config.ContextKinds, "decision,manual", start, append(titles(memory.KindDecision, memory.KindManual), sessions...), titles(memory.KindBugfix, memory.KindDiscovery, memory.KindFeature, memory.KindRefactor), "", ""},
		{config.ContextKinds, "ritual", start, append(titles("ritual"), sessions...), titles(memory.KindDecision, memory.KindManual), "", ""},
		{config.ContextKinds, "decision", short, []string{aboutAll}, []string{aboutMost}, "", ""},
		{config.ContextKinds, "bugfix", read, []string{aboutMost}, []string{aboutAll, "Tuesdays"}, "", ""},
		{"CLAUDE_MEM_CONTEXT_OBSERVATION_TYPES", "feature", start, titles(memory.KindFeature), titles(memory.KindDecision), "", ""},
		{config.SemanticInject, "false", short, nil, nil, "maybe", "true or false"},
		{config.SemanticInject, "true", short, []string{aboutAll, aboutMost}, []string{aboutLittle}, "2", "true or false"},
		{config.SemanticInjectLimit, "1", short, []string{aboutAll}, []string{aboutMost}, "51", "a whole number from 0 to 50"},
		{config.SemanticInjectLimit, "0", short, nil, nil, "none", "a whole number from 0 to 50"},
		{config.SemanticInjectTokens, "70", short, []string{aboutAll}, []string{aboutMost}, "20001", upTo20000},
		{config.SemanticInjectTokens, "0", short, nil, nil, "", ""},
		{config.SemanticInjectShare, "50", long, nil, nil, "101", "a whole number from 0 to 100"},
		{config.SemanticInjectShare, "35", long, []string{aboutAll}, []string{aboutMost}, "half", "a whole number from 0 to 100"},
		{config.SemanticInjectShare, "0", long, []string{aboutAll, aboutMost}, []string{aboutLittle}, "", ""},
		{config.SemanticInjectShare, "100", short, []string{aboutAll}, []string{aboutMost}, "", ""},
		{config.FileContext, "false", read, nil, nil, "on and off", "true or false"},
		{config.FileContext, "true", read, []string{"importer.go", aboutAll, "Export the scans"}, []string{aboutLittle}, "", ""},
		{config.FileContextLimit, "2", read, []string{aboutAll, "Tuesdays"}, []string{"Export the scans"}, "51", "a whole number from 0 to 50"},
		{config.FileContextLimit, "0", read, nil, nil, "", ""},
		{config.FileContextTokens, "60", read, []string{"Export the scans"}, []string{aboutAll}, "lots", upTo20000},
		{config.FileContextTokens, "0", read, nil, nil, "", ""},
	}
}

// TestContextSettingsAreHonoured changes every setting that shapes what an agent is
// told, once by the environment and once in the settings file, and listens.
func TestContextSettingsAreHonoured(t *testing.T) {
	l := newListener(t)
	l.remember(known()...)
	on := map[string]string{config.SemanticInject: "true", config.FileContext: "true"}
	for name, value := range on {
		l.Must("config", "set", name, value)
	}
	cases := contextCases()
	for _, c := range cases {
		t.Run(c.setting+"="+c.value, func(t *testing.T) {
			check := func(how string) {
				t.Helper()
				text := c.tell(l)
				if len(c.want) == 0 && text != "" {
					t.Errorf("%s: told %q", how, text)
				}
				holds(t, text, c.want, c.not)
			}
			before := l.Env
			l.Env = append(slices.Clip(before), c.setting+"="+c.value)
			l.restart()
			check("environment")
			l.Env = before
			l.Must("config", "set", c.setting, c.value)
			l.restart()
			check("file")
			l.Must("config", "set", c.setting, on[c.setting])
		})
	}
	for _, s := range config.Settings() {
		shapes := strings.HasPrefix(s.Key, "CLAUDE_MEM_CONTEXT_") || strings.HasPrefix(s.Key, "CLAUDE_MEM_SEMANTIC_") || strings.HasPrefix(s.Key, "CLAUDE_MEM_FILE_CONTEXT")
		if shapes && !slices.ContainsFunc(cases, func(c contextCase) bool { return c.setting == s.Key }) {
			t.Errorf("%s is not tried", s.Key)
		}
	}
}

// TestContextByDefault holds what the documents say of an installation without
// settings: sessions are told at their start, prompts and files get nothing.
func TestContextByDefault(t *testing.T) {
	l := newListener(t)
	l.remember(known()...)
	text := l.start("")
	holds(t, text, append(titles(), "First session", "Second session", "Third session"), nil)
	if again := l.start(""); again != text {
		t.Errorf("another session is told other bytes:\n%s\n%s", text, again)
	}
	if got := l.prompt("", shortPrompt) + l.read("", "importer.go"); got != "" {
		t.Errorf("told without being asked to: %q", got)
	}
}

// TestWrongContextSettings checks that a value that a setting does not take stops
// commands with an error that says what to do, and that hooks go on without it.
func TestWrongContextSettings(t *testing.T) {
	l := newListener(t)
	l.remember(known()...)
	asDefault := l.start("")
	fails := func(c contextCase, from string) {
		t.Helper()
		for _, args := range [][]string{{"config", "list"}, {"context"}, {"server", "run"}} {
			r, err := l.Run(context.Background(), "", args...)
			want := c.setting + ` is "` + c.wrong + `" (from ` + from
			if err != nil || r.Code != 1 || !strings.Contains(r.Stderr, want) || !strings.Contains(r.Stderr, "it must be "+c.fix) {
				t.Errorf("claude-mem %s: %v, exit %d, %s", strings.Join(args, " "), err, r.Code, r.Stderr)
			}
		}
		if got := l.start(""); got != asDefault {
			t.Errorf("with a wrong %s a hook tells %q", c.setting, got)
		}
	}
	settings := l.Config().Dirs.SettingsFile()
	for _, c := range contextCases() {
		if c.wrong == "" {
			continue
		}
		before := l.Env
		l.Env = append(slices.Clip(before), c.setting+"="+c.wrong)
		fails(c, "environment "+c.setting)
		l.Env = before
		if r, err := l.Run(t.Context(), "", "config", "set", "--", c.setting, c.wrong); err != nil || r.Code != 2 || !strings.Contains(r.Stderr, c.fix) {
			t.Errorf("config set %s %s: %v, exit %d, %s", c.setting, c.wrong, err, r.Code, r.Stderr)
		}
		for _, value := range []string{c.wrong, ""} {
			if err := config.SetInFile(settings, c.setting, value); err != nil {
				t.Fatal(err)
			}
			if value != "" {
				fails(c, "file "+settings)
			}
		}
	}
}

// TestASessionIsToldOnce runs conversations through the hooks: what a session was told
// in one way it is not told in another, until its conversation is cleared.
func TestASessionIsToldOnce(t *testing.T) {
	l := newListener(t)
	l.remember(known()...)
	for _, name := range []string{config.SemanticInject, config.FileContext} {
		l.Must("config", "set", name, "true")
	}
	l.restart()
	holds(t, l.prompt("asks first", shortPrompt), []string{aboutAll, aboutMost}, nil)
	for how, text := range map[string]string{
		"again": l.prompt("asks first", shortPrompt), "in other words": l.prompt("asks first", "retry budget of the importer, please"),
	} {
		holds(t, text, nil, []string{aboutAll, aboutMost})
		if text != "" {
			t.Errorf("%s: told %q", how, text)
		}
	}
	holds(t, l.read("asks first", "importer.go"), []string{"Export the scans"}, []string{aboutAll, aboutMost})
	if text := l.read("asks first", "importer.go"); text != "" {
		t.Errorf("of a file that is read again: %q", text)
	}
	holds(t, l.start("starts first"), []string{aboutAll}, nil)
	if text := l.prompt("starts first", shortPrompt) + l.read("starts first", "importer.go"); text != "" {
		t.Errorf("told at its start, and again: %q", text)
	}
	cleared := l.hook("SessionStart", "asks first", map[string]any{"source": "clear"})
	holds(t, cleared, []string{aboutAll, aboutMost}, nil)
	if text := l.prompt("asks first", shortPrompt); text != "" {
		t.Errorf("told after it was cleared, and again: %q", text)
	}
}
