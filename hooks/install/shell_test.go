package install

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShellLine(t *testing.T) {
	for _, tt := range []struct{ goos, exe, want string }{
		{"linux", "/usr/bin/claude-mem", "/usr/bin/claude-mem hook x"},
		{"linux", "/opt/my tools/$HOME/claude-mem", "'/opt/my tools/$HOME/claude-mem' hook x"},
		{"linux", `/opt/a\b/claude-mem`, `'/opt/a\b/claude-mem' hook x`},
		{"linux", "/opt/ann's/claude-mem", ""},
		{"windows", `C:\bin\claude-mem.exe`, `C:\bin\claude-mem.exe hook x`},
		{"windows", `C:\Program Files\claude-mem.exe`, `"C:\Program Files\claude-mem.exe" hook x`},
		{"windows", `C:\%TEMP%\claude-mem.exe`, ""},
	} {
		got, err := shellLine(tt.goos, tt.exe, "hook", "x")
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: %q, %v", tt.exe, got, err)
		}
		if words := shellWords(got); err == nil && !cmp.Equal(words, []string{tt.exe, "hook", "x"}) {
			t.Errorf("%s is taken apart as %q", got, words)
		}
	}
	for exe, want := range map[string]string{
		`C:\bin\claude-mem.exe`: `C:\bin\claude-mem.exe hook x`, `C:\Program Files\claude-mem.exe`: `& 'C:\Program Files\claude-mem.exe' hook x`, `C:\Ann's\claude-mem.exe`: "",
	} {
		if got, err := powershellLine("windows", exe, "hook", "x"); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", exe, got, err)
		}
	}
	if got := shellWords(` a  "b c"'d'	'' `); !cmp.Equal(got, []string{"a", "b cd", ""}) {
		t.Errorf("%q", got)
	}
}
