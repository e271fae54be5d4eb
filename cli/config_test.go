package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"claude-mem/internal/config"
)

func TestFindSetting(t *testing.T) {
	for name, want := range map[string]string{
		"CLAUDE_MEM_LOG_LEVEL":       config.LogLevel,
		"log-level":                  config.LogLevel,
		"Log_Level":                  config.LogLevel,
		"server_beta_url":            config.ServerURL, // by its older name
		"CLAUDE_MEM_SERVER_BETA_URL": config.ServerURL,
	} {
		if got, err := findSetting(&cobra.Command{}, name); err != nil || got.Key != want {
			t.Errorf("findSetting(%q) = %s, %v", name, got.Key, err)
		}
	}
	var usage *usageError
	if _, err := findSetting(&cobra.Command{}, "level"); !errors.As(err, &usage) {
		t.Errorf("an unknown name: %v", err)
	}
}

func TestDescribeMasksSecrets(t *testing.T) {
	const key = "cmem_0123456789abcdef0123456789abcdef"
	cfg, err := config.Load(config.Options{
		Flags:   map[string]string{config.DataDir: t.TempDir()},
		Environ: []string{config.ServerAPIKey + "=" + key},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range config.Settings() {
		v := describe(cfg, s)
		if strings.Contains(v.Value, "456789abcdef") {
			t.Errorf("%s is shown in full", v.Key)
		}
		if s.Key == config.ServerAPIKey && (v.Value == "" || v.Origin != "environment "+config.ServerAPIKey) {
			t.Errorf("the key is not described: %+v", v)
		}
	}
}

func TestReadLine(t *testing.T) {
	for in, want := range map[string]string{"": "", "one": "one", " one \r\ntwo\n": "one"} {
		if got, err := readLine(strings.NewReader(in)); err != nil || got != want {
			t.Errorf("readLine(%q) = %q, %v", in, got, err)
		}
	}
	if got, err := readLine(strings.NewReader(strings.Repeat("x", 2*maxLine))); err != nil || len(got) != maxLine {
		t.Errorf("an endless line: %d bytes, %v", len(got), err)
	}
}
