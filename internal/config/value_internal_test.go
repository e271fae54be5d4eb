package config

import "testing"

func TestWithoutPassword(t *testing.T) {
	for in, want := range map[string]string{
		"http://user:secret@host:1/v1": "http://user:****@host:1/v1",
		"http://user:a@b@host":         "http://user:****@host",
		"http://user@host/v1":          "http://user@host/v1",
		"http://host/a:b@c":            "http://host/a:b@c",
		"http://host:1/v1":             "http://host:1/v1",
		"a:b@c":                        "a:b@c",
		"":                             "",
	} {
		if got := withoutPassword(in); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}
