package install

import (
	"bytes"
	"testing"
)

func FuzzInstall(f *testing.F) {
	for _, text := range files {
		f.Add([]byte(text))
	}
	fuzzSettings(f, claudeForm())
}

// With comments a place in the text is not what the parser alone would take it for.
func FuzzInstallWithComments(f *testing.F) {
	for _, text := range geminiSettings {
		f.Add([]byte(text))
	}
	fuzzSettings(f, geminiForm())
}

func fuzzSettings(f *testing.F, form form) {
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseSettings(text, form)
		if err != nil {
			return
		}
		with, _ := s.install(Options{Exe: exe, FileContext: true})
		again, err := parseSettings(with, form)
		if err != nil {
			t.Fatalf("%q became %q: %v", text, with, err)
		}
		if twice, _ := again.install(Options{Exe: exe, FileContext: true}); !bytes.Equal(twice, with) {
			t.Errorf("%q: the second time changes %q", text, with)
		}
		without := again.uninstall()
		bare, err := parseSettings(without, form)
		if err != nil {
			t.Fatalf("%q became %q and then %q: %v", text, with, without, err)
		}
		if got := bare.registered(); len(got) != 0 {
			t.Errorf("%q: still registered: %v", text, got)
		}
	})
}
