package memory

import "testing"

func TestNoticesTravel(t *testing.T) {
	for _, n := range []Notice{
		Job{TeamID: "t", ProjectID: "p", ID: "1"}.Notice(),
		Session{TeamID: "t", ProjectID: "p", ID: "2"}.Notice(),
		Observation{TeamID: "t", ProjectID: "p", ID: "3"}.Notice(),
	} {
		if got, ok := ParseNotice(n.String()); !ok || got != n || got.Scope() != (Scope{"t", "p"}) {
			t.Errorf("%q is read as %+v, %v", n, got, ok)
		}
	}
	for _, text := range []string{"", "job", "job t p", "job t p 1 2", "thing t p 1", "job  p 1", "job t  1", "job t p "} {
		if n, ok := ParseNotice(text); ok {
			t.Errorf("%q is read as %+v", text, n)
		}
	}
}
