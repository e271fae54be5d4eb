package memory

import "testing"

func TestLikeness(t *testing.T) {
	base := Observation{
		Kind: KindDiscovery, Content: "the content",
		Metadata: Metadata{Title: "`go vet` fails: undefined: asJSON", Narrative: "One way to say it", FilesRead: []string{"a.go", "b.go"}},
	}
	fileless := base
	fileless.Metadata.FilesRead = nil
	edit := base
	edit.Metadata.FilesRead, edit.Metadata.FilesModified = nil, []string{"a.go"}
	handwritten := Observation{Kind: KindManual, Content: "Use tabs.\nNever spaces.", Metadata: Metadata{FilesRead: []string{"a.go"}}}
	for name, tt := range map[string]struct {
		of     Observation
		change func(*Observation)
		alike  bool
	}{
		"case, space and punctuation": {base, func(o *Observation) { o.Metadata.Title = " `GO vet`  fails: undefined: asjson. " }, true},
		"order and repetition of files": {base, func(o *Observation) {
			o.Metadata.FilesRead = []string{"b.go", "a.go", "b.go"}
		}, true},
		"another narrative":                {base, func(o *Observation) { o.Metadata.Narrative, o.Content = "Another", "another" }, true},
		"another session":                  {base, func(o *Observation) { o.SessionID = "s2" }, true},
		"another outcome":                  {base, func(o *Observation) { o.Metadata.Title = "`go vet` passes" }, false},
		"another number":                   {base, func(o *Observation) { o.Metadata.Title += "2" }, false},
		"another file":                     {base, func(o *Observation) { o.Metadata.FilesRead = []string{"a.go"} }, false},
		"another project":                  {base, func(o *Observation) { o.ProjectID = "p2" }, false},
		"another kind":                     {base, func(o *Observation) { o.Kind = KindBugfix }, false},
		"a sub-agent's":                    {base, func(o *Observation) { o.AgentID = "a1" }, false},
		"no files, the same text":          {fileless, func(o *Observation) { o.Content = "The  content" }, true},
		"no files, another text":           {fileless, func(o *Observation) { o.Content = "another" }, false},
		"a file changed again, told alike": {edit, func(o *Observation) { o.SessionID = "s2" }, true},
		"another change of a file":         {edit, func(o *Observation) { o.Content = "another" }, false},
		"written by hand, the same":        {handwritten, func(o *Observation) { o.Content = "use tabs. never spaces" }, true},
		"written by hand, only its start":  {handwritten, func(o *Observation) { o.Content = "Use tabs.\nOr spaces." }, false},
	} {
		t.Run(name, func(t *testing.T) {
			other := tt.of
			tt.change(&other)
			if got := tt.of.Likeness() == other.Likeness(); got != tt.alike {
				t.Errorf("alike: %v", got)
			}
		})
	}
	for _, o := range []Observation{{Kind: KindSummaryObservation, Content: "x"}, {Kind: KindManual, Content: " ! "}, {}} {
		if o.Likeness() != 0 {
			t.Errorf("%+v is like others", o)
		}
	}
}
