package config_test

import (
	"testing"

	"claude-mem/internal/config"
)

func TestBaseURL(t *testing.T) {
	for host, want := range map[string]string{
		"127.0.0.1":       "http://127.0.0.1:37877",
		"0.0.0.0":         "http://127.0.0.1:37877",
		"::":              "http://127.0.0.1:37877",
		"0:0:0:0:0:0:0:0": "http://127.0.0.1:37877",
		"":                "http://127.0.0.1:37877",
		"::1":             "http://[::1]:37877",
		"fe80::1%eth0":    "http://[fe80::1%eth0]:37877",
		"192.0.2.7":       "http://192.0.2.7:37877",
		"memory.example":  "http://memory.example:37877",
	} {
		if got := config.BaseURL(host, 37877); got != want {
			t.Errorf("BaseURL(%q) = %s, want %s", host, got, want)
		}
	}
}
