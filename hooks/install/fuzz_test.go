package install

import (
	"bytes"
	"testing"
)

func FuzzInstall(f *testing.F) {
	for _, text := range files {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseSettings(text, claudeForm())
		if err != nil {
			return
		}
		with, _ := s.install(Options{Exe: exe, FileContext: true})
		again, err := parseSettings(with, claudeForm())
		if err != nil {
			t.Fatalf("%q became %q: %v", text, with, err)
		}
		if twice, _ := again.install(Options{Exe: exe, FileContext: true}); !bytes.Equal(twice, with) {
			t.Errorf("%q: the second time changes %q", text, with)
		}
		without := again.uninstall()
		bare, err := parseSettings(without, claudeForm())
		if err != nil {
			t.Fatalf("%q became %q and then %q: %v", text, with, without, err)
		}
		if got := bare.registered(); len(got) != 0 {
			t.Errorf("%q: still registered: %v", text, got)
		}
	})
}
