package recorded

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFindWalksUpToTheData(t *testing.T) {
	root := t.TempDir()
	data := filepath.Join(root, "shared", "data")
	deep := filepath.Join(root, "repo", "a", "b")
	for _, dir := range []string{data, deep} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(deep)
	if got, err := find(""); err != nil || got == data {
		t.Fatalf("a folder without its README counts as the data: %q, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(data, marker), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := find("")
	if err != nil {
		t.Fatal(err)
	}
	// The temporary folder may be reached through a link, as on macOS.
	want, err := filepath.EvalSymlinks(data)
	if err != nil {
		t.Fatal(err)
	}
	if resolved, err := filepath.EvalSymlinks(got); err != nil || resolved != want {
		t.Fatalf("found %q, want %q (%v)", got, want, err)
	}
}

func TestFindHonoursTheOverride(t *testing.T) {
	want := t.TempDir()
	if got, err := find(want); err != nil || got != want {
		t.Fatalf("found %q, %v; want %q", got, err, want)
	}
}
