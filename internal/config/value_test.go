package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBools(t *testing.T) {
	for text, want := range map[string]bool{"1": true, "true": true, "Yes": true, "ON": true, "0": false, "False": false, "no": false, "off": false} {
		c := load(t, t.TempDir(), nil, Disable+"="+text)
		if c.Bool(Disable) != want {
			t.Errorf("%q = %v", text, c.Bool(Disable))
		}
	}
}

func TestLists(t *testing.T) {
	for text, want := range map[string][]string{
		"A":          {"A"},
		" A , B,,C,": {"A", "B", "C"},
		",":          nil,
		"none":       nil,
		"none,A":     {"none", "A"},
	} {
		got := load(t, t.TempDir(), nil, ExcludedProjects+"="+text).List(ExcludedProjects)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
}

func TestChecksByKind(t *testing.T) {
	for _, c := range []struct {
		s    Setting
		text string
		ok   bool
	}{
		{Setting{Kind: KindString}, "anything at all", true},
		{Setting{Kind: KindList}, "a,b", true},
		{Setting{Kind: KindInt, Max: 5}, "5", true},
		{Setting{Kind: KindInt, Max: 5}, "6", false},
		{Setting{Kind: KindInt, Max: 5}, "1.5", false},
		{Setting{Kind: KindBool}, "", false},
		{Setting{Kind: KindChoice, Choices: []string{"a"}}, "a", true},
		{Setting{Kind: KindChoice, Choices: []string{"a"}}, "A", false},
		{Setting{Kind: KindDuration}, "1s", true},
	} {
		if fix := c.s.check(c.text); (fix == "") != c.ok {
			t.Errorf("%s %q: fix %q", c.s.Kind, c.text, fix)
		}
	}
}

func TestOriginsForPeople(t *testing.T) {
	dir := write(t, `{"CLAUDE_MEM_LOG_LEVEL": "warn"}`)
	c := load(t, dir, map[string]string{ServerPort: "9"}, Disable+"=1")
	for key, want := range map[string]string{
		ServerPort: "flag " + ServerPort,
		Disable:    "environment " + Disable,
		LogLevel:   "file " + c.Dirs.SettingsFile(),
		AuthMode:   "default",
	} {
		if got := c.Origin(key).String(); got != want {
			t.Errorf("%s comes from %q, want %q", key, got, want)
		}
	}
}
