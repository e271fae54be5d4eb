package capture

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"claude-mem/memory"
	"claude-mem/storage"
)

func TestResolveProject(t *testing.T) {
	f := newFixture(t, Options{})
	_, foreign := f.tenant(t, "other", "/src/f")
	team, bound := f.caller, memory.Caller{Key: f.key(t, f.p.ID)}
	const unknownID = "0199c0de-0000-7000-8000-000000000000"
	solo := New(f.store, Options{CreateProjects: true})
	tests := []struct {
		name   string
		c      *Capture
		caller memory.Caller
		ref    string
		access Access
		want   string // id; "new" for any other; "" for Forbidden
	}{
		{"by id", f.Capture, team, f.p.ID, Write, f.p.ID},
		{"by name", f.Capture, team, f.p.Name, Read, f.p.ID},
		{"foreign id", f.Capture, team, foreign.ID, Read, ""},
		{"foreign name", f.Capture, team, foreign.Name, Write, ""},
		{"nobody's name", f.Capture, team, "nope", Write, ""},
		{"nobody's name, of a hook", f.Capture, team, "/src/hook", Hook, "new"},
		{"nobody's name, solo", solo, team, "/src/solo", Write, "new"},
		{"a foreign name, solo", solo, team, foreign.Name, Write, "new"},
		{"nobody's id, solo", solo, team, unknownID, Write, ""},
		{"bound, its id", f.Capture, bound, f.p.ID, Write, f.p.ID},
		{"bound, its name", f.Capture, bound, f.p.Name, Write, f.p.ID},
		{"bound, another", f.Capture, bound, f.q.ID, Read, ""},
		{"bound, another, solo", solo, bound, "/src/x", Write, ""},
		{"bound, a hook's", f.Capture, bound, "/home/me/x", Hook, f.p.ID},
		{"no team", f.Capture, memory.Caller{}, f.p.ID, Read, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 { // the second time from memory
				p, err := tt.c.ResolveProject(t.Context(), tt.caller, tt.ref, tt.access)
				switch {
				case tt.want == "":
					if !errors.Is(err, memory.ErrForbidden) {
						t.Errorf("got %+v, %v; want Forbidden", p, err)
					}
				case err != nil:
					t.Error(err)
				case tt.want == "new" && (p.Name != tt.ref || p.TeamID != f.team.ID || p.ID == foreign.ID):
					t.Errorf("made %+v", p)
				case tt.want != "new" && p.ID != tt.want:
					t.Errorf("found %+v, want %s", p, tt.want)
				}
			}
		})
	}
}

// Whoever makes a project, by telling of it or by asking for it, is in the audit log once.
func TestMakingAProjectIsAudited(t *testing.T) {
	f := newFixture(t, Options{})
	for range 2 {
		told, err := New(f.store, Options{}).ResolveProject(t.Context(), f.caller, "/src/told", Hook)
		if err != nil {
			t.Fatal(err)
		}
		asked, _, err := f.CreateProject(t.Context(), f.caller, "/src/asked", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range []memory.Project{told, asked} {
			log, err := f.store.Audit(t.Context(), p.Scope(), storage.AuditFilter{Action: memory.AuditProjectCreate}, storage.Page{})
			if err != nil || len(log) != 1 || string(log[0].ResourceID) != p.ID || string(log[0].APIKeyID) != f.caller.Key.ID {
				t.Errorf("%s: %+v, %v", p.Name, log, err)
			}
		}
	}
}

func TestReadingMakesNoProject(t *testing.T) {
	f := newFixture(t, Options{CreateProjects: true})
	p, err := f.ResolveProject(t.Context(), f.caller, "/src/typo", Read)
	if err != nil || p.ID == "" || p.TeamID != f.team.ID {
		t.Fatalf("got %+v, %v", p, err)
	}
	all, err := f.store.Projects(t.Context(), memory.Scope{TeamID: f.team.ID}, storage.Page{})
	if err != nil || len(all) != 2 {
		t.Errorf("there are %d projects, %v", len(all), err)
	}
}

func TestRemember(t *testing.T) {
	f := newFixture(t, Options{})
	n := Note{
		Project: f.p.Name, Content: "keep <private>not this</private> it", Kind: "decision",
		Metadata: json.RawMessage(`{"title":"T","mine":[1],"s":"<private>x</private>"}`),
	}
	o, err := f.Remember(t.Context(), f.caller, n)
	if err != nil {
		t.Fatal(err)
	}
	if o.Number == 0 || o.Kind != "decision" || strings.Contains(o.Content, "not this") || o.Metadata.Title != "T" ||
		string(o.Metadata.Extra["mine"]) != "[1]" || strings.Contains(string(o.Metadata.Extra["s"]), "x") {
		t.Errorf("stored %+v", o)
	}
	if got, err := f.store.Observation(t.Context(), f.p.Scope(), o.ID); err != nil || got.Content != o.Content {
		t.Errorf("found %+v, %v", got, err)
	}
	if f.outbox.count() != 0 {
		t.Error("a note owes nothing")
	}
	n.Kind, n.Metadata = "", nil
	if o, err := f.Remember(t.Context(), f.caller, n); err != nil || o.Kind != memory.KindManual {
		t.Errorf("kind %q, %v", o.Kind, err)
	}
}

func TestRememberChecks(t *testing.T) {
	f := newFixture(t, Options{})
	for field, n := range map[string]Note{
		"content":   {Project: f.p.ID},
		"projectId": {Content: "x"},
		"kind":      {Project: f.p.ID, Content: "x", Kind: strings.Repeat("k", memory.MaxIDBytes+1)},
		"metadata":  {Project: f.p.ID, Content: "x", Metadata: json.RawMessage(`"t"`)},
	} {
		_, err := f.Remember(t.Context(), f.caller, n)
		e, ok := errors.AsType[*memory.Error](err)
		if !ok || len(e.Issues) != 1 || e.Issues[0].Path[0] != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := f.Remember(t.Context(), f.caller, Note{Project: f.p.ID, Content: strings.Repeat("x", MaxNoteBytes+1)}); !errors.Is(err, memory.ErrValidation) {
		t.Errorf("a huge note: %v", err)
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache[int, int](10)
	for i := range 100 {
		c.put(i, i)
		if len(c.values) > 10 {
			t.Fatalf("holds %d", len(c.values))
		}
	}
	if v, ok := c.get(99); !ok || v != 99 {
		t.Error("forgot the newest")
	}
}
