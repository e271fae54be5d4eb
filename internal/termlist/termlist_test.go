package termlist

import (
	"fmt"
	"strings"
	"testing"

	"claude-mem/memory"
)

func observation() memory.Observation {
	o := memory.Observation{TeamID: "t", ProjectID: "p", SessionID: "s"}
	o.Metadata = memory.Metadata{
		Title: "Truncating titles", Subtitle: "went wrong", Narrative: "a title",
		Facts: []string{"MaxSize bought"}, Concepts: []string{"gotcha"}, FilesRead: []string{"a/b.go"}, FilesModified: []string{"c.go"},
	}
	o.Content = o.Metadata.Content()
	return o
}

func TestOf(t *testing.T) {
	want := [Fields]string{
		Title: "truncat titl", Facts: "maxsiz max size bui", Narrative: "go wrong a titl", Files: "cgo c go a bgo b go", Concepts: "gotcha",
	}
	o := observation()
	got := Of(o)
	for f := range Fields {
		if text := strings.Join(got.By[f], " "); text != want[f] {
			t.Errorf("field %d has %q, want %q", f, text, want[f])
		}
	}
	o.Content = "what a client wrote"
	if got := Of(o).By[Narrative]; got[len(got)-1] != "write" {
		t.Errorf("without the client's content: %q", got)
	}
	o.Metadata = memory.Metadata{Summary: &memory.Summary{NextSteps: "deploy it"}}
	if got := Of(o).By[Narrative]; got[0] != "deploi" {
		t.Errorf("without the summary: %q", got)
	}
}

func TestQuestion(t *testing.T) {
	for text, want := range map[string]bool{
		"Why?": true, "Why?\n": true, "**Why?**": true, "なぜ？": true, "Why? Because.": false, "a ? b : c": false, "": false,
	} {
		terms := Of(memory.Observation{Content: text})
		if terms.Question != want || Decode(terms.Encode()).Question != want {
			t.Errorf("%q is a question: %v", text, terms.Question)
		}
	}
}

func TestDecodeReadsWhatEncodeWrites(t *testing.T) {
	terms := Of(observation())
	l := Decode(terms.Encode())
	for f, want := range terms.By {
		if l.Len(f) != len(want) {
			t.Fatalf("field %d has %d terms, want %d", f, l.Len(f), len(want))
		}
		for i, term := range want {
			if l.At(f, i) != Hash(term) {
				t.Errorf("term %d of field %d is another", i, f)
			}
		}
	}
}

func TestTermsAreBounded(t *testing.T) {
	var text strings.Builder
	for i := range 3 * maxTerms {
		fmt.Fprintf(&text, "w%d again ", i)
	}
	n := 0
	for _, terms := range Of(memory.Observation{Content: text.String()}).By {
		n += len(terms)
	}
	if n != maxTerms {
		t.Errorf("%d terms", n)
	}
	// Beyond what is kept in order each term is there once.
	repeats := 0
	for _, term := range Of(memory.Observation{Content: strings.Repeat("word ", 2*maxOrdered) + "last"}).By[Narrative] {
		if term == "word" {
			repeats++
		}
	}
	if repeats != maxOrdered {
		t.Errorf("a word is kept %d times", repeats)
	}
}

func TestThreadTellsSessionsApart(t *testing.T) {
	o := observation()
	seen := map[int64]bool{Thread(o): true}
	for _, change := range []func(*memory.Observation){
		func(o *memory.Observation) { o.SessionID = "" },
		func(o *memory.Observation) { o.SessionID = "other" },
		func(o *memory.Observation) { o.ProjectID = "other" },
		func(o *memory.Observation) { o.TeamID = "other" },
	} {
		other := observation()
		change(&other)
		if seen[Thread(other)] {
			t.Errorf("the same thread: %+v", other)
		}
		seen[Thread(other)] = true
	}
}

// What is on disk may be damaged, or of a later version.
func FuzzDecode(f *testing.F) {
	f.Add(Of(observation()).Encode())
	f.Add([]byte{listVersion, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Add([]byte{0x20, 1, 2, 3, 4, 5})
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		l := Decode(b)
		n := 0
		for field := range Fields {
			for i := range l.Len(field) {
				_ = l.At(field, i)
				n++
			}
		}
		if 4*n > len(b) {
			t.Errorf("%d terms in %d bytes", n, len(b))
		}
	})
}
