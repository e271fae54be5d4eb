package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"claude-mem/daemon"
	"claude-mem/memory"
)

func TestKeyRequestsAreChecked(t *testing.T) {
	good := daemon.KeyRequest{Name: "ci", Scopes: []string{memory.ScopeMemoriesRead}}
	for _, expires := range []string{"", "90d", "12h"} {
		if err := checkKeyRequest(&cobra.Command{}, good, expires); err != nil {
			t.Errorf("expires %q: %v", expires, err)
		}
	}
	for name, c := range map[string]struct {
		in      daemon.KeyRequest
		expires string
	}{
		"no name":        {daemon.KeyRequest{Name: " ", Scopes: good.Scopes}, ""},
		"no scope":       {daemon.KeyRequest{Name: "ci"}, ""},
		"no such scope":  {daemon.KeyRequest{Name: "ci", Scopes: []string{"root"}}, ""},
		"no duration":    {good, "tomorrow"},
		"in the past":    {good, "-1h"},
		"no time at all": {good, "0d"},
	} {
		var usage *usageError
		if err := checkKeyRequest(&cobra.Command{}, c.in, c.expires); !errors.As(err, &usage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKeysShowWhichAreOfUse(t *testing.T) {
	now := memory.Now()
	var out bytes.Buffer
	screen{w: &out}.keys([]memory.APIKey{
		{Name: "good", Prefix: "cmem_1234", Scopes: []string{"admin"}},
		{Name: "limited", ExpiresAt: now + 1e9},
		{Name: "old", ExpiresAt: 1},
		{Name: "gone", RevokedAt: 1},
	})
	lines := strings.Split(out.String(), "\n")
	for i, want := range []string{"cmem_1234…  good  admin  valid", "until ", "expired 1970", "revoked 1970"} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d is %q, want %q", i, lines[i], want)
		}
	}
}
