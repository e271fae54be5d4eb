package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"testing"

	"claude-mem/internal/config"
)

func diskDoctor(t *testing.T) *doctor {
	t.Helper()
	cfg, err := config.Load(config.Options{Flags: map[string]string{config.DataDir: t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	return &doctor{c: &console{}, cfg: cfg}
}

func TestDoctorOnDiskSpace(t *testing.T) {
	for free, want := range map[int64]verdict{0: wrong, littleSpace / 2: suspect, littleSpace: fine} {
		d := diskDoctor(t)
		d.reportDisk("/srv/cm", free)
		f := d.findings[0]
		if f.Verdict != want || (want != fine) != strings.Contains(f.Mend, "free space on the file system that holds /srv/cm") {
			t.Errorf("%d: %+v", free, f)
		}
	}
	d := diskDoctor(t)
	d.checkDisk()
	if known := runtime.GOOS == "linux" || runtime.GOOS == "darwin"; known != (len(d.findings) == 1) {
		t.Errorf("findings %+v", d.findings)
	}
	if free, known := freeSpace("/no/such/folder"); known {
		t.Errorf("%d bytes are free nowhere", free)
	}
}

func TestDoctorMendsTheRightThing(t *testing.T) {
	d := diskDoctor(t)
	for _, c := range []struct{ got, want string }{
		{d.mendDatabase(errors.New("page 3 is never used")), "away or put a backup in its place"},
		{d.mendDatabase(errors.New("database or disk is full (13)")), "free space on the file system that holds " + d.cfg.Dirs.Data},
		{d.mendDatabase(fmt.Errorf("check: %w", fs.ErrNotExist)), "put " + d.cfg.Dirs.Database() + " back"},
		{d.mendHealth([]string{"the last write failed: the disk is full"}), "free space on the file system that holds " + d.cfg.Dirs.Data},
		{d.mendHealth([]string{"lane event is paused: quota"}), "claude-mem server jobs failed"},
	} {
		if !strings.Contains(c.got, c.want) {
			t.Errorf("%q does not say %q", c.got, c.want)
		}
	}
}

// What is wrong with the profile's place comes before all that is in it.
func TestDoctorWithoutAPlace(t *testing.T) {
	t.Setenv(config.DataDir, "relative")
	t.Chdir(t.TempDir())
	d := &doctor{c: &console{}}
	d.examine(t.Context())
	for _, f := range d.findings {
		if f.Check == "settings" && f.Verdict == wrong && strings.Contains(f.Detail, config.DataDir) {
			return
		}
	}
	t.Errorf("findings %+v", d.findings)
}
