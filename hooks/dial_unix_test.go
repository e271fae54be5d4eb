//go:build unix

package hooks

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"claude-mem/internal/config"
	"claude-mem/memory"
)

func TestNear(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.0.0.1:37877": true, "[::1]:37877": true, "[::1]": true, "localhost:80": true, "10.1.2.3:80": true,
		"memory.example": false, "127.1": false, "127.0.0.01": false, "127.0.0.256": false, "127.0.0.1:": false, "127.0.0.1:65536": false,
		"[fe80::1%eth0]:80": false, "[fd00::5]:80": false, "::1": false, "": false, "127.0.0.1.": false,
	} {
		if got := near(host); got != want {
			t.Errorf("near(%q) = %v", host, got)
		}
	}
}

func TestFarServer(t *testing.T) {
	for _, server := range []string{"https://memory.example", "http://memory.example:37877"} {
		env := []string{config.DataDir + "=" + t.TempDir(), config.ServerURL + "=" + server, config.ServerAPIKey + "=k"}
		stdin := strings.NewReader(toolPayload)
		if Run(t.Context(), Params{Agent: ClaudeCode, Stdin: stdin, Stdout: io.Discard, Environ: env}) || stdin.Len() != len(toolPayload) {
			t.Errorf("%s: a call that cannot be done was begun", server)
		}
		var asked string
		far := func(_ context.Context, url, key string, r memory.HookRecord) (memory.HookAnswer, error) {
			asked = url + " " + key + " " + r.Event.Type
			return memory.HookAnswer{}, errors.New("no")
		}
		done := Run(t.Context(), Params{Agent: ClaudeCode, Stdin: stdin, Stdout: io.Discard, Environ: env, Far: far})
		if want := server + " k tool_use"; !done || asked != want {
			t.Errorf("done: %v, asked %q", done, asked)
		}
	}
}

// A daemon that is told to listen at an address which only others can dial is theirs.
func TestFarDaemon(t *testing.T) {
	env := []string{config.DataDir + "=" + t.TempDir(), config.ServerHost + "=fd00::5"}
	stdin := strings.NewReader(toolPayload)
	if Run(t.Context(), Params{Agent: ClaudeCode, Stdin: stdin, Stdout: io.Discard, Environ: env}) || stdin.Len() != len(toolPayload) {
		t.Error("a call that cannot be done was begun")
	}
}
