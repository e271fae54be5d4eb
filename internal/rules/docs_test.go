package rules

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"claude-mem/cli"
	"claude-mem/internal/config"
)

var update = flag.Bool("update", false, "write the generated parts of docs/ anew")

// compareSection checks that the part of a document between
//
//	<!-- generated: NAME; go test ./internal/rules -update -->
//	<!-- end: NAME -->
//
// is what the code says, or with -update makes it so.
func compareSection(t *testing.T, doc, name, want string) {
	t.Helper()
	path := filepath.Join(root, "docs", doc)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	open := fmt.Sprintf("<!-- generated: %s; go test ./internal/rules -update -->\n", name)
	end := fmt.Sprintf("<!-- end: %s -->", name)
	before, rest, ok := strings.Cut(string(text), open)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no section %q", path, name)
	}
	want = "\n" + strings.TrimSpace(want) + "\n\n"
	if got == want {
		return
	}
	if !*update {
		t.Errorf("%s is out of date: go test ./internal/rules -update\n%s", path, cmp.Diff(got, want))
		return
	}
	if err := os.WriteFile(path, []byte(before+open+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestEverySettingIsDocumented(t *testing.T) {
	var b strings.Builder
	b.WriteString("| setting | default | what it does |\n|---|---|---|\n")
	for _, s := range config.Settings() {
		if s.Doc == "" {
			t.Errorf("%s has no documentation", s.Key)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Key, code(s.Default), settingDoc(s))
	}
	compareSection(t, "configuration.md", "settings", b.String())
}

// settingDoc is the setting's sentence with what it may hold.
func settingDoc(s config.Setting) string {
	doc := strings.ReplaceAll(s.Doc, "|", "\\|")
	switch s.Kind {
	case config.KindChoice:
		doc += " One of " + code(strings.Join(s.Choices, "`, `")) + "."
	case config.KindInt:
		doc += fmt.Sprintf(" At most %d.", s.Max)
	case config.KindList:
		doc += " A list, separated by commas; `none` empties it."
		if len(s.Choices) > 0 {
			doc += " Of " + code(strings.Join(s.Choices, "`, `")) + "."
		}
	}
	if len(s.Aliases) > 0 {
		doc += " Also read as " + code(strings.Join(s.Aliases, "`, `")) + "."
	}
	return doc
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func TestEveryCommandIsDocumented(t *testing.T) {
	var b strings.Builder
	walk(cli.Commands(), func(cmd *cobra.Command) {
		if cmd.Hidden || cmd.Name() == "help" {
			return
		}
		if cmd.Short == "" || cmd.Example == "" {
			t.Errorf("%s has no description or no example", cmd.CommandPath())
		}
		fmt.Fprintf(&b, "## %s\n\n", cmd.CommandPath())
		about := cmd.Long
		if about == "" {
			about = cmd.Short + "."
		}
		fmt.Fprintf(&b, "%s\n\n```sh\n%s\n```\n\n", about, unindent(cmd.Example))
		if flags := flagTable(cmd); flags != "" {
			fmt.Fprintf(&b, "%s\n", flags)
		}
	})
	compareSection(t, "cli.md", "commands", b.String())
}

// walk visits the commands depth first. `server start` and its like are the same
// as the short forms, which are documented.
func walk(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, sub := range cmd.Commands() {
		if cmd.Name() == "server" && slices.ContainsFunc(cmd.Root().Commands(), func(c *cobra.Command) bool { return c.Name() == sub.Name() }) {
			continue
		}
		walk(sub, visit)
	}
}

func flagTable(cmd *cobra.Command) string {
	var b strings.Builder
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" || f.Name == "version" {
			return
		}
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		def := f.DefValue
		if def == "[]" || def == "false" || def == "0" {
			def = ""
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, code(def), strings.ReplaceAll(f.Usage, "|", "\\|"))
	})
	if b.Len() == 0 {
		return ""
	}
	return "| flag | default | |\n|---|---|---|\n" + b.String()
}

func unindent(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimPrefix(l, "  ")
	}
	return strings.Join(lines, "\n")
}
