package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEachLineOfARecording(t *testing.T) {
	long := strings.Repeat("x", 1<<17) // longer than the read buffer
	path := filepath.Join(t.TempDir(), "session.jsonl")
	if err := os.WriteFile(path, []byte("one\r\n\n  \ntwo\n"+long+"\nlast"), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := recordings([]string{path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	type seen struct {
		Text   string
		Number int
	}
	var got []seen
	var read int64
	err = all[0].each(func(line []byte, number int, n int64) error {
		got, read = append(got, seen{string(line), number}), n
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]seen{{"one", 1}, {"two", 4}, {long, 5}, {"last", 6}}, got); diff != "" {
		t.Error(diff)
	}
	if read != totalSize(all) {
		t.Errorf("%d bytes read of %d", read, totalSize(all))
	}
}

func TestRecordingNamesFileAndLineOfAFailure(t *testing.T) {
	all, err := recordings([]string{"-"}, strings.NewReader("a\nb\nc\n"))
	if err != nil {
		t.Fatal(err)
	}
	if n := totalSize(all); n != -1 {
		t.Errorf("standard input has size %d", n)
	}
	stop := errors.New("stop")
	err = all[0].each(func(line []byte, _ int, _ int64) error {
		if string(line) == "b" {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || !strings.Contains(err.Error(), "standard input:2") {
		t.Errorf("got %v", err)
	}
}

func TestRecordingIsBounded(t *testing.T) {
	endless := bytes.NewReader(make([]byte, maxRecordedLine+1<<17))
	all, err := recordings([]string{"-"}, endless)
	if err != nil {
		t.Fatal(err)
	}
	err = all[0].each(func([]byte, int, int64) error { return errors.New("a line was handed over") })
	if err == nil || !strings.Contains(err.Error(), "no recording") {
		t.Errorf("got %v", err)
	}
}

func TestRecordingsMustBeThere(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{filepath.Join(dir, "absent.jsonl"), dir} {
		if _, err := recordings([]string{"-", path}, nil); err == nil {
			t.Errorf("%s is accepted", path)
		}
	}
}
