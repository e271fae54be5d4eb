package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"claude-mem/client"
	"claude-mem/internal/config"
)

func newDoctor(t *testing.T) *doctor {
	t.Helper()
	cfg, err := config.Load(config.Options{Flags: map[string]string{config.DataDir: t.TempDir()}, Environ: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.Dirs.Make(); err != nil {
		t.Fatal(err)
	}
	return &doctor{c: &console{dataDir: cfg.Dirs.Data}, cfg: cfg}
}

// last returns the newest finding, which has to be of the check.
func (d *doctor) last(t *testing.T, check string) finding {
	t.Helper()
	if len(d.findings) == 0 || d.findings[len(d.findings)-1].Check != check {
		t.Fatalf("no finding of %q: %+v", check, d.findings)
	}
	return d.findings[len(d.findings)-1]
}

func TestDoctorFindsFilesThatOthersMayRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // there are no such permissions
	}
	d := newDoctor(t)
	d.checkPermissions()
	if f := d.last(t, "permissions"); f.Verdict != fine {
		t.Fatalf("a fresh profile: %+v", f)
	}
	path := filepath.Join(d.cfg.Dirs.Spool(), "2026-01-01.jsonl")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	d.checkPermissions()
	if f := d.last(t, "permissions"); f.Verdict != wrong || !strings.Contains(f.Mend, "chmod go= "+path) {
		t.Errorf("a spool file for the group: %+v", f)
	}
}

func TestDoctorReadsTheSpool(t *testing.T) {
	for _, c := range []struct {
		state client.SpoolState
		want  verdict
	}{
		{client.SpoolState{}, fine},
		{client.SpoolState{Files: 1, Bytes: 10}, fine},
		{client.SpoolState{Rejected: 2}, suspect},
		{client.SpoolState{Rejected: 2, Refused: 1}, wrong},
	} {
		d := newDoctor(t)
		d.checkSpool(&c.state)
		if f := d.last(t, "spool"); f.Verdict != c.want || (c.want != fine) != (f.Mend != "") {
			t.Errorf("%+v: %+v, want %s", c.state, f, c.want)
		}
	}
}

func TestDoctorTellsAPausedProvider(t *testing.T) {
	d := newDoctor(t)
	d.checkGeneration([]client.LaneHealth{{}, {Paused: "quota"}})
	if f := d.last(t, "provider"); f.Verdict != wrong || !strings.Contains(f.Detail, "quota") {
		t.Errorf("got %+v", f)
	}
	n := len(d.findings)
	if d.checkGeneration([]client.LaneHealth{{}}); len(d.findings) != n {
		t.Errorf("got %+v", d.findings[n:])
	}
}

func TestDoctorNamesABrokenSettingsFile(t *testing.T) {
	d := newDoctor(t)
	if err := os.WriteFile(d.cfg.Dirs.SettingsFile(), []byte("{,}"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.checkSettings()
	if f := d.last(t, "settings"); f.Verdict != wrong || !strings.Contains(f.Detail, "settings.json:1:2") {
		t.Errorf("got %+v", f)
	}
	if d.cfg == nil {
		t.Error("the other checks have no settings to go by")
	}
}

func TestDoctorSaysHowManyThingsAreWrong(t *testing.T) {
	for _, c := range []struct {
		verdicts []verdict
		want     string
	}{
		{[]verdict{fine}, "All is well."},
		{[]verdict{fine, suspect}, "Nothing is wrong; the warnings"},
		{[]verdict{wrong, suspect}, "1 thing is wrong."},
		{[]verdict{wrong, wrong}, "2 things are wrong."},
	} {
		d := &doctor{}
		for _, v := range c.verdicts {
			d.report("x", v, "detail", "what to do")
		}
		var out bytes.Buffer
		d.print(screen{w: &out})
		if !strings.Contains(out.String(), c.want) || !strings.Contains(out.String(), "→ what to do") {
			t.Errorf("%v:\n%s", c.verdicts, out.String())
		}
	}
}
