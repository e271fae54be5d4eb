package exchange

import (
	"errors"
	"io"
	"strings"
	"testing"

	"claude-mem/memory"
)

const (
	header  = `{"header":{"format":"claude-mem-export","version":1,"product":"dev","createdAtEpoch":1}}`
	teamRow = `{"team":{"id":"t","name":"n","createdAtEpoch":1}}`
)

// An error says which line is wrong, which field of it, and what to do.
func TestBadLines(t *testing.T) {
	for text, want := range map[string]string{
		"":     "line 1: header: this is no export of claude-mem; give the file",
		"{}":   "line 1: header: this is no export",
		"\x1f": "line 1: header: this is no export",
		`{"header":{"format":"claude-mem-export","version":2,"new":{}}}`: "line 1: header.version: the file is of version 2, and this program reads up to 1; upgrade",
		header:                                "line 2: the file ends here, before its last line",
		header + "\n\n" + `{"team":{"id":7}}`: "line 3: team.id: a number cannot stand here",
		header + "\n" + `{"team":{"id":"t","nam":"n"}}`:                   `line 2: this is no line of an export (json: unknown field "nam")`,
		header + "\n" + `{"tea`:                                           "line 2: this is no line of an export",
		header + "\n" + `{}`:                                              "line 2: the line holds 0 rows instead of one",
		header + "\n" + teamRow + teamRow:                                 "line 2: more than one object",
		header + "\n" + header:                                            "line 2: header: there is a second one",
		header + "\n" + "{\"team\":{\"id\":\"\xff\"}}":                    "line 2: the line is no valid UTF-8",
		header + "\n" + `{"team":{"id":"a\u0000","name":"n"}}`:            "line 2: team.id: it holds a NUL",
		header + "\n" + `{"project":{"id":"p","name":"n","metadata":{}}}`: "line 2: project.teamId: it is missing",
		header + "\n" + `{"session":{"id":"s","teamId":"t","projectId":"p","generationStatus":"idle","metadata":[]}}`:                                                                                                 "line 2: session.metadata: it has to be an object",
		header + "\n" + `{"event":{"id":"e","teamId":"t","projectId":"p","sourceAdapter":"hook","eventType":"x","occurredAtEpoch":-1}}`:                                                                               "line 2: event.occurredAtEpoch: -1 is no time",
		header + "\n" + `{"job":{"id":"j","teamId":"t","projectId":"p","sourceId":"e","sourceType":"agent_event","jobType":"observation_generate_for_event","bullmqJobId":"q","kind":"event","status":"processing"}}`: `line 2: job.status: "processing" is none`,
		header + "\n" + `{"observation":{"id":"o","teamId":"t","projectId":"p","kind":"change","number":0}}`:                                                                                                          "line 2: observation.number: 0 is none; the first is 1",
		header + "\n" + teamRow + "\n" + `{"end":{"counts":{"teams":2}}}`:                                                                                                                                             "line 3: end.counts: there should be",
		header + "\n" + teamRow + "\n" + `{"end":{"counts":{"teams":1}}}` + "\n{}\n":                                                                                                                                  "line 4: there is more after the end",
	} {
		err := readAll(strings.NewReader(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) || !errors.Is(err, memory.ErrValidation) {
			t.Errorf("%.80q: %v, want %s", text, err, want)
		}
	}
	if err := readAll(strings.NewReader(header + "\r\n" + teamRow + "\n\n" + `{"end":{"counts":{"teams":1}}}`)); err != nil {
		t.Error(err)
	}
}

func readAll(r io.Reader) error {
	d, err := newDecoder(r)
	for err == nil {
		_, err = d.next()
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// endless is a line without an end.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

func TestEndlessLine(t *testing.T) {
	if err := readAll(endless{}); !errors.Is(err, memory.ErrValidation) || !strings.Contains(err.Error(), "longer than") {
		t.Error(err)
	}
}

// Whatever a file holds, reading it ends, and what is read is a valid row that says
// the same when it is written and read again.
func FuzzDecode(f *testing.F) {
	s := openSQLite(f)
	fill(f, s)
	lines := export(f, s, "")
	for _, i := range []int{0, 1, 2, len(lines) / 3, len(lines) / 2, len(lines) - 2, len(lines) - 1} {
		f.Add(lines[i])
	}
	f.Add(`{"event":{"payload":{"a":"\ud800"},"metadata":null}}`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := newDecoder(strings.NewReader(header + "\n" + text))
		if err != nil {
			t.Fatal(err)
		}
		for {
			l, err := d.next()
			if err != nil {
				return
			}
			if l.table() == "" {
				continue
			}
			if id, scope := l.identity(); id == "" || scope.TeamID == "" || scope.ProjectID == "" {
				t.Fatalf("a row of nobody's: %q", text)
			}
			if _, err := parse(encode(t, l)); err != nil {
				t.Fatalf("%q, written again: %v", text, err)
			}
		}
	})
}
