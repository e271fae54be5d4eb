package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/go-cmp/cmp"

	"claude-mem/memory"
)

func record(n int) memory.HookRecord {
	return memory.HookRecord{
		Project: "/p", SessionID: "s", PlatformSource: "claude-code", OccurredAt: memory.Epoch(n),
		Event: &memory.HookEvent{Type: memory.EventToolUse, SourceID: fmt.Sprint("toolu_", n), Payload: []byte(`{"n":1}`)},
	}
}

// at makes a spool whose clock stands still.
func at(t *testing.T, day string) *Spool {
	t.Helper()
	s := New(filepath.Join(t.TempDir(), "spool"))
	s.now = func() time.Time {
		now, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		return now
	}
	return s
}

func add(t *testing.T, s *Spool, ns ...int) {
	t.Helper()
	for _, n := range ns {
		if err := s.Append(record(n)); err != nil {
			t.Fatal(err)
		}
	}
}

// sink takes records in and remembers them.
type sink struct {
	ids   []string
	after int // fails from this call on; 0: never
	calls int
}

func (k *sink) handle(_ context.Context, rs []memory.HookRecord) ([]error, error) {
	k.calls++
	if k.after > 0 && k.calls >= k.after {
		return nil, errors.New("the disk is full")
	}
	for _, r := range rs {
		k.ids = append(k.ids, r.Event.SourceID)
	}
	return nil, nil
}

func drain(t *testing.T, s *Spool) []string {
	t.Helper()
	var k sink
	if _, err := s.Drain(t.Context(), k.handle); err != nil {
		t.Fatal(err)
	}
	return k.ids
}

func ids(ns ...int) []string {
	var out []string
	for _, n := range ns {
		out = append(out, fmt.Sprint("toolu_", n))
	}
	return out
}

func names(t *testing.T, s *Spool) []string {
	t.Helper()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if e.Name() != lockName {
			out = append(out, e.Name())
		}
	}
	return out
}

func put(t *testing.T, s *Spool, name, content string) {
	t.Helper()
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAppendAndDrain(t *testing.T) {
	s := at(t, "2026-11-22")
	add(t, s, 1, 2)
	s.now = func() time.Time { return time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC) }
	add(t, s, 3)
	if diff := cmp.Diff([]string{"2026-11-22.jsonl", "2026-11-23.jsonl"}, names(t, s)); diff != "" {
		t.Error(diff)
	}
	for _, name := range names(t, s) {
		if fi, err := os.Stat(filepath.Join(s.dir, name)); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, fi, err)
		}
	}
	st, err := s.Stats()
	if err != nil || st.Files != 2 || st.Records != 3 || st.Bytes == 0 || st.Oldest == 0 {
		t.Errorf("%+v, %v", st, err)
	}
	if diff := cmp.Diff(ids(1, 2, 3), drain(t, s)); diff != "" {
		t.Error(diff)
	}
	if got := names(t, s); len(got) != 0 {
		t.Errorf("left: %v", got)
	}
	if got := drain(t, s); got != nil {
		t.Errorf("an empty spool held %v", got)
	}
}

func TestRecordsSurviveAsTheyWere(t *testing.T) {
	s := at(t, "2026-11-23")
	want := record(7)
	want.Summarize, want.EndSession = true, true
	want.Event.Payload = []byte(`{"text":"a\nb \"c\" 日本"}`)
	if err := s.Append(want); err != nil {
		t.Fatal(err)
	}
	_, err := s.Drain(t.Context(), func(_ context.Context, rs []memory.HookRecord) ([]error, error) {
		if diff := cmp.Diff([]memory.HookRecord{want}, rs); diff != "" {
			t.Error(diff)
		}
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A drain that fails or is killed leaves everything to be told again.
func TestNothingIsLostWhenADrainFails(t *testing.T) {
	s := at(t, "2026-11-23")
	for n := range 3 * maxBatch {
		add(t, s, n)
	}
	k := sink{after: 2}
	if _, err := s.Drain(t.Context(), k.handle); err == nil {
		t.Fatal("the failure is not told")
	}
	add(t, s, 1000) // hooks go on meanwhile
	got := drain(t, s)
	if len(got) != 3*maxBatch+1 || got[0] != "toolu_0" || got[len(got)-1] != "toolu_1000" {
		t.Errorf("%d records, from %s to %s", len(got), got[0], got[len(got)-1])
	}
}

func TestClaimsOfOneDayDoNotCollide(t *testing.T) {
	s := at(t, "2026-11-23")
	for n := range 3 {
		add(t, s, n)
		if _, err := s.Drain(t.Context(), (&sink{after: 1}).handle); err == nil {
			t.Fatal("no error")
		}
	}
	if got := len(drain(t, s)); got != 3 {
		t.Errorf("%d records, want 3", got)
	}
}

func TestCancelledDrain(t *testing.T) {
	s := at(t, "2026-11-23")
	add(t, s, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Drain(ctx, (&sink{}).handle); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(ids(1), drain(t, s)); diff != "" {
		t.Error(diff)
	}
}

func TestTornLineIsHealed(t *testing.T) {
	s := at(t, "2026-11-23")
	add(t, s, 1)
	f, err := os.OpenFile(filepath.Join(s.dir, "2026-11-23.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"project":"/p","sessionId":"s","eve`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	add(t, s, 2)
	if diff := cmp.Diff(ids(1, 2), drain(t, s)); diff != "" {
		t.Error(diff)
	}
	if st, err := s.Stats(); err != nil || st.Rejected != 1 {
		t.Errorf("%+v, %v", st, err)
	}
}

func TestWrongLinesAreKeptAside(t *testing.T) {
	s := at(t, "2026-11-23")
	add(t, s, 1)
	good, err := os.ReadFile(filepath.Join(s.dir, "2026-11-23.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	huge := `{"project":"` + strings.Repeat("x", maxLine+10) + `"}`
	put(t, s, "2026-11-23.jsonl", "not json\n\n{\"sessionId\":\"s\"}\n"+huge+"\n"+string(good)+`{"torn`)
	var k sink
	n, err := s.Drain(t.Context(), k.handle)
	if err != nil || n != 1 {
		t.Fatalf("%d taken, %v", n, err)
	}
	data, err := os.ReadFile(filepath.Join(s.dir, rejectedName))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"line":"not json"`, "project: ", fmt.Sprintf("longer than %d bytes", maxLine), `"line":"{\"torn"`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("%s is missing in %.600s", want, data)
		}
	}
}

func TestHandlerRejects(t *testing.T) {
	s := at(t, "2026-11-23")
	add(t, s, 1, 2)
	n, err := s.Drain(t.Context(), func(_ context.Context, rs []memory.HookRecord) ([]error, error) {
		return []error{nil, errors.New("foreign project")}, nil
	})
	if err != nil || n != 1 {
		t.Errorf("%d taken, %v", n, err)
	}
	data, _ := os.ReadFile(filepath.Join(s.dir, rejectedName))
	if !strings.Contains(string(data), "foreign project") || !strings.Contains(string(data), "toolu_2") {
		t.Errorf("rejected: %s", data)
	}
}

func TestRejectedByTheDaemon(t *testing.T) {
	s := at(t, "2026-11-23")
	if err := s.Reject(record(1), "ValidationError"); err != nil {
		t.Fatal(err)
	}
	if st, err := s.Stats(); err != nil || st.Rejected != 1 || st.Records != 0 {
		t.Errorf("%+v, %v", st, err)
	}
	put(t, s, rejectedName, strings.Repeat("x", maxRejectedBytes))
	if err := s.Reject(record(2), "again"); err != nil {
		t.Fatal(err)
	}
	if st, err := s.Stats(); err != nil || st.Refused != 1 {
		t.Errorf("beyond the bound it is counted: %+v, %v", st, err)
	}
}

func TestFullSpoolRefusesTheNewest(t *testing.T) {
	s := at(t, "2026-11-23")
	add(t, s, 1, 2)
	size, err := s.size()
	if err != nil {
		t.Fatal(err)
	}
	s.maxBytes = size
	for range 3 {
		if err := s.Append(record(3)); !errors.Is(err, ErrFull) {
			t.Errorf("got %v", err)
		}
	}
	if st, err := s.Stats(); err != nil || st.Refused != 3 {
		t.Errorf("%+v, %v", st, err)
	}
	// What is claimed counts too: a drain that fails makes no room.
	_, _ = s.Drain(t.Context(), (&sink{after: 1}).handle)
	if err := s.Append(record(3)); !errors.Is(err, ErrFull) {
		t.Errorf("claimed files do not count: %v", err)
	}
	if diff := cmp.Diff(ids(1, 2), drain(t, s)); diff != "" {
		t.Error(diff)
	}
	add(t, s, 4)
}

func TestLockHeldByAnother(t *testing.T) {
	s := at(t, "2026-11-23")
	add(t, s, 1)
	fl := flock.New(filepath.Join(s.dir, lockName))
	if err := fl.Lock(); err != nil {
		t.Fatal(err)
	}
	add(t, s, 2)
	if err := fl.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ids(2, 1), drain(t, s), cmp.Transformer("set", toSet)); diff != "" {
		t.Error(diff)
	}
}

func toSet(all []string) map[string]bool {
	set := make(map[string]bool)
	for _, id := range all {
		set[id] = true
	}
	return set
}

// Writers and a drain at the same time: everything arrives, at least once.
func TestConcurrentWriters(t *testing.T) {
	s := New(filepath.Join(t.TempDir(), "spool"))
	const writers, each = 8, 25
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				if err := s.Append(record(w*each + n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var k sink
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		if _, err := s.Drain(t.Context(), k.handle); err != nil && !strings.Contains(err.Error(), "lock") {
			t.Fatal(err)
		}
	}
	if _, err := s.Drain(t.Context(), k.handle); err != nil {
		t.Fatal(err)
	}
	if got := len(toSet(k.ids)); got != writers*each {
		t.Errorf("%d of %d arrived", got, writers*each)
	}
}

func TestUnwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := New(filepath.Join(file, "spool"))
	if err := s.Append(record(1)); err == nil {
		t.Error("no error")
	}
	if _, err := s.Drain(t.Context(), (&sink{}).handle); err == nil {
		t.Error("no error from a spool that is no directory")
	}
}

// What the disk refuses is lost; that it was lost must not be.
func TestUnwritableRecordsAreCounted(t *testing.T) {
	s := at(t, "2026-11-23")
	if err := os.MkdirAll(filepath.Join(s.dir, "2026-11-23"+openSuffix), 0o700); err != nil {
		t.Fatal(err)
	}
	for want := range int64(12) {
		if got := s.refused(); got != want {
			t.Errorf("%d records counted, want %d", got, want)
		}
		if err := s.Append(record(1)); err == nil {
			t.Fatal("a folder took a record")
		}
	}
}

func FuzzDrain(f *testing.F) {
	f.Add("{}\nnot json\n")
	f.Add(`{"project":"/p","sessionId":"s","event":{"type":"t","sourceEventId":"i","payload":null}}`)
	f.Fuzz(func(t *testing.T, content string) {
		s := at(t, "2026-11-23")
		put(t, s, "2026-11-23.jsonl", content)
		_, err := s.Drain(t.Context(), func(_ context.Context, rs []memory.HookRecord) ([]error, error) {
			for _, r := range rs {
				if err := r.Validate(); err != nil {
					t.Errorf("handed over: %v", err)
				}
			}
			return nil, nil
		})
		if err != nil {
			t.Error(err)
		}
		if st, err := s.Stats(); err != nil || st.Files != 0 {
			t.Errorf("%+v, %v", st, err)
		}
	})
}
