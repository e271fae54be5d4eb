package version

import (
	"runtime/debug"
	"testing"
)

func TestFromBuild(t *testing.T) {
	commit := []debug.BuildSetting{{Key: "vcs.revision", Value: "7be20d4c1f3b9a00112233445566778899aabbcc"}}
	changed := append(commit[:1:1], debug.BuildSetting{Key: "vcs.modified", Value: "true"})
	for _, c := range []struct {
		name string
		info debug.BuildInfo
		want string
	}{
		{"a released module", debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, "v1.2.3"},
		{"a checkout", debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: commit}, "7be20d4c1f3b"},
		{"a changed checkout", debug.BuildInfo{Settings: changed}, "7be20d4c1f3b-dirty"},
		{"nothing known", debug.BuildInfo{}, "unknown"},
	} {
		if got := fromBuild(&c.info); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestStampWins(t *testing.T) {
	stamped = "v9"
	defer func() { stamped = "" }()
	if got := String(); got != "v9" {
		t.Errorf("String() = %q with a stamp of v9", got)
	}
}
