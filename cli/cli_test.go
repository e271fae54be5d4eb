package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	// No command line in these tests gets as far as a profile; if one does, it is this.
	t.Setenv("CLAUDE_MEM_DATA_DIR", t.TempDir())
	code = Run(t.Context(), args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		code int
		says string // on standard error
	}{
		{"help", []string{"--help"}, exitOK, ""},
		{"help of a command", []string{"help", "search"}, exitOK, ""},
		{"version", []string{"--version"}, exitOK, ""},
		{"no such command", []string{"frobnicate"}, exitUsage, "there is no command"},
		{"no such sub-command", []string{"server", "jobs", "frobnicate"}, exitUsage, "claude-mem server jobs frobnicate"},
		{"no such flag", []string{"search", "--frob", "x"}, exitUsage, "unknown flag: --frob"},
		{"too few arguments", []string{"show"}, exitUsage, "claude-mem show --help"},
		{"a flag of a wrong type", []string{"search", "-n", "many", "x"}, exitUsage, "invalid argument"},
		{"something missing", []string{"replay", "/no/such/file.jsonl"}, exitFailed, "/no/such/file.jsonl"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, _, stderr := run(t, c.args...)
			if code != c.code || !strings.Contains(stderr, c.says) {
				t.Errorf("exit code %d, standard error %q; want %d and %q", code, stderr, c.code, c.says)
			}
			if n := strings.Count(stderr, "\n"); n > 1 || n == 0 && c.code != exitOK {
				t.Errorf("an error is one line, not %d: %q", n, stderr)
			}
		})
	}
}

func TestErrorsStayOnOneLine(t *testing.T) {
	err := errors.Join(errors.New("first"), errors.New("second\r\nthird"))
	if got := oneLine(err); got != "first; second; third" {
		t.Errorf("got %q", got)
	}
}

func TestAnInterruptIsSaidShortly(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	t.Setenv("CLAUDE_MEM_DATA_DIR", t.TempDir())
	t.Setenv("CLAUDE_MEM_SERVER_URL", "http://127.0.0.1:9")
	var out, errs bytes.Buffer
	if code := Run(ctx, []string{"search", "x"}, strings.NewReader(""), &out, &errs); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(errs.String(), "interrupted") && !strings.Contains(errs.String(), "canceled") {
		t.Errorf("standard error %q", errs.String())
	}
}

func TestIsHook(t *testing.T) {
	for line, want := range map[string]bool{
		"hook claude-code": true, "hook": true, "hook x --help": true,
		"hook --help": false, "hook -h": false, "": false, "search hook": false, "hooks": false,
	} {
		if got := IsHook(strings.Fields(line)); got != want {
			t.Errorf("IsHook(%q) = %v", line, got)
		}
	}
}

// What prints data can print it for programs.
func TestCommandsThatPrintDataHaveJSON(t *testing.T) {
	silent := map[string]bool{ // these do something, or print for people or shells alone
		"claude-mem": true, "config": true, "server": true, "worker": true, "api-key": true, "keys": true, "jobs": true, "project": true, "claude-mem config set": true,
		"start": true, "stop": true, "restart": true, "run": true, "install": true, "uninstall": true,
		"completion": true, "hook": true, "help": true, "mcp": true,
	}
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		if has := cmd.Flags().Lookup("json") != nil; has == (silent[cmd.Name()] || silent[cmd.CommandPath()]) {
			t.Errorf("%s: --json is %v", cmd.CommandPath(), has)
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(Commands())
}
