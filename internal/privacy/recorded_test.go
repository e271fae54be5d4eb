package privacy

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"claude-mem/internal/recorded"
)

// What was recorded has no credentials in it any more, so that whatever is redacted
// is a mistake, but for the one example key that an agent wrote into a document.
func TestFalsePositivesOnRecordedSessions(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(recorded.Dir(t), "sessions", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded sessions: %v", err)
	}
	const known = 1
	events, found := 0, 0
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		sc := bufio.NewScanner(f)
		sc.Buffer(nil, 16<<20)
		for sc.Scan() {
			events++
			clean, _ := JSON(sc.Bytes(), Limits{})
			found += bytes.Count(clean, []byte("[redacted:")) - bytes.Count(sc.Bytes(), []byte("[redacted:"))
		}
		if err := sc.Err(); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	t.Logf("%d of %d events redacted", found, events)
	if found > known {
		t.Errorf("%d texts are taken for credentials, want %d at most", found, known)
	}
}
