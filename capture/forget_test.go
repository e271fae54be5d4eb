package capture

import (
	"errors"
	"fmt"
	"testing"

	"claude-mem/memory"
	"claude-mem/storage"
)

// note remembers a content, about one file.
func (f *fixture) note(t *testing.T, content string, supersedes ...string) memory.Observation {
	t.Helper()
	o, err := f.Remember(t.Context(), f.caller, Note{
		Project: f.p.ID, Content: content, Supersedes: supersedes,
		Metadata: []byte(fmt.Sprintf(`{"title":%q,"files_modified":["a.go"]}`, content)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// counting lists the titles of what is not superseded, the newest first.
func (f *fixture) counting(t *testing.T) (titles []string) {
	t.Helper()
	all, err := f.store.Observations(t.Context(), f.p.Scope(), storage.ObservationFilter{WithoutSuperseded: true}, storage.Page{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		titles = append(titles, o.Title())
	}
	return titles
}

func TestRememberSupersedes(t *testing.T) {
	f := newFixture(t, Options{})
	first, second := f.note(t, "Tabs"), f.note(t, "Spaces")
	f.note(t, "Whatever gofmt says", fmt.Sprint("#", first.Number), second.ID, fmt.Sprint(first.Number))
	if got := f.counting(t); len(got) != 1 || got[0] != "Whatever gofmt says" {
		t.Errorf("what counts: %q", got)
	}
	for _, wrong := range []string{"#99999", "nothing", ""} {
		_, err := f.Remember(t.Context(), f.caller, Note{Project: f.p.ID, Content: "x", Supersedes: []string{wrong}})
		if !errors.Is(err, memory.ErrValidation) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if n := len(f.counting(t)); n != 1 {
		t.Errorf("%d count after notes that were refused", n)
	}
	_, err := f.Remember(t.Context(), f.caller, Note{Project: f.p.ID, Content: "x", Supersedes: make([]string, MaxSuperseded+1)})
	if !errors.Is(err, memory.ErrValidation) {
		t.Errorf("too many: %v", err)
	}
}

func TestForgetTakesWhatIsAlikeAndGivesBackTheRest(t *testing.T) {
	f := newFixture(t, Options{})
	f.note(t, "Indent with spaces")
	for range 3 {
		f.note(t, "Indent with tabs")
	}
	rule := f.note(t, "indent with TABS", fmt.Sprint(1))
	last := f.note(t, "gofmt decides", rule.ID)
	if got := f.counting(t); len(got) != 1 {
		t.Fatalf("what counts: %q", got)
	}
	if n, err := f.Forget(t.Context(), f.caller, rule.ID); err != nil || n != 4 {
		t.Errorf("%d forgotten, %v", n, err)
	}
	if n, err := f.Forget(t.Context(), f.caller, last.ID); err != nil || n != 1 {
		t.Errorf("%d forgotten, %v", n, err)
	}
	if got := f.counting(t); len(got) != 1 || got[0] != "Indent with spaces" {
		t.Errorf("what counts again: %q", got)
	}
	gone, err := f.store.Audit(t.Context(), f.p.Scope(), storage.AuditFilter{Action: memory.AuditObservationGone}, storage.Page{})
	if err != nil || len(gone) != 5 {
		t.Errorf("%d audited, %v", len(gone), err)
	}
}

func TestForgettable(t *testing.T) {
	f := newFixture(t, Options{})
	f.tx(t, func(tx storage.Tx) error {
		for i := range storage.MaxPage + 20 { // most of them at one moment
			o := memory.Observation{
				ID: fmt.Sprint("o", i), TeamID: f.p.TeamID, ProjectID: f.p.ID, Kind: memory.KindManual,
				Content: fmt.Sprintf("Key %d of STAGING.example.com", i), OccurredAt: memory.Epoch(10 + i/2000),
			}
			if i%2 == 0 {
				o.Content = "another host"
			}
			if i < 5 {
				o.OccurredAt, o.Metadata.FilesRead = memory.Epoch(i+1), []string{"conf/hosts"}
			}
			if _, _, err := tx.PutObservation(t.Context(), o); err != nil {
				return err
			}
		}
		return nil
	})
	for name, tt := range map[string]struct {
		of   Forgetting
		want int
	}{
		"all of a text, case aside": {Forgetting{Match: "staging.EXAMPLE"}, storage.MaxPage/2 + 10},
		"nothing in it is syntax":   {Forgetting{Match: "%"}, 0},
		"a file":                    {Forgetting{Match: "conf/hosts"}, 5},
		"before, exclusive":         {Forgetting{Before: 4}, 3},
		"both":                      {Forgetting{Before: 4, Match: "key"}, 1},
		"everything there is":       {Forgetting{Before: 99}, storage.MaxPage + 20},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := f.Forgettable(t.Context(), f.p.Scope(), tt.of)
			if err != nil || all.Count != tt.want || len(all.Newest) != min(tt.want, maxCited) {
				t.Errorf("%d, want %d, %v", all.Count, tt.want, err)
			}
			seen := make(map[string]bool)
			err = f.forgettable(t.Context(), f.p.Scope(), tt.of, func(o memory.Observation) bool {
				if seen[o.ID] {
					t.Errorf("%s is listed twice", o.ID)
				}
				seen[o.ID] = true
				return true
			})
			if err != nil || len(seen) != tt.want {
				t.Errorf("%d listed, want %d, %v", len(seen), tt.want, err)
			}
		})
	}
	all, err := f.Forgettable(t.Context(), f.p.Scope(), Forgetting{Match: "staging"})
	if err != nil {
		t.Fatal(err)
	}
	gone, err := f.ForgetAll(t.Context(), f.caller, f.p.Scope(), Forgetting{Match: "staging"})
	if err != nil || gone.Count != all.Count || gone.Newest[0].ID != all.Newest[0].ID {
		t.Errorf("%d forgotten of %d, %v", gone.Count, all.Count, err)
	}
	if again, err := f.ForgetAll(t.Context(), f.caller, f.p.Scope(), Forgetting{Match: "staging"}); err != nil || again.Count > 0 {
		t.Errorf("%d are left, %v", again.Count, err)
	}
}

// More than fits one round goes in several, also where all happened at one moment.
func TestForgetInRounds(t *testing.T) {
	f := newFixture(t, Options{})
	const others = 30
	total := forgetRound + forgetRows + others
	for from := 0; from < total; from += storage.MaxPage {
		f.tx(t, func(tx storage.Tx) error {
			for i := from; i < min(from+storage.MaxPage, total); i++ {
				o := memory.Observation{
					ID: fmt.Sprint("o", i), TeamID: f.p.TeamID, ProjectID: f.p.ID, Kind: memory.KindManual,
					Content: fmt.Sprint("old ", i), OccurredAt: 7,
				}
				if i < others {
					o.Content = fmt.Sprint("kept ", i)
				}
				if _, _, err := tx.PutObservation(t.Context(), o); err != nil {
					return err
				}
			}
			return nil
		})
	}
	gone, err := f.ForgetAll(t.Context(), f.caller, f.p.Scope(), Forgetting{Match: "old"})
	if err != nil || gone.Count != total-others || len(gone.Newest) != maxCited {
		t.Errorf("%d forgotten, %d cited, %v", gone.Count, len(gone.Newest), err)
	}
	if left, err := f.Forgettable(t.Context(), f.p.Scope(), Forgetting{Before: 99}); err != nil || left.Count != others {
		t.Errorf("%d are left, %v", left.Count, err)
	}
}
