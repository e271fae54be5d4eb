package config

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"github.com/adrg/xdg"
)

func TestDataDirForms(t *testing.T) {
	home := t.TempDir()
	t.Setenv(homeVariable, home)
	t.Chdir(t.TempDir())
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ flag, env, want string }{
		{env: "~/cm", want: filepath.Join(home, "cm")},
		{env: "~", want: home},
		{env: "/srv/cm/", want: "/srv/cm"},
		{flag: "~/cm", want: filepath.Join(home, "cm")},
		{flag: "cm", env: "/srv/cm", want: filepath.Join(here, "cm")},
		{env: "cm"},
		{env: "./cm"},
		{env: "~other/cm"},
	} {
		cfg, err := Load(Options{Flags: map[string]string{DataDir: c.flag}, Environ: []string{DataDir + "=" + c.env, LogLevel + "=debug"}})
		if c.want != "" {
			if err != nil || cfg.Dirs.Root() != c.want || cfg.String(DataDir) != c.want {
				t.Errorf("%+v: %+v, %v", c, cfg.Dirs, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), DataDir) || !strings.Contains(err.Error(), "absolute") {
			t.Errorf("%+v: error %v", c, err)
		}
		// A hook goes on with what it gets, and must neither act nor log.
		if cfg.Dirs != (Dirs{}) || !cfg.Bool(Disable) || cfg.String(LogLevel) == "debug" {
			t.Errorf("%+v: %+v", c, cfg)
		}
		if err := cfg.Dirs.Make(); err == nil {
			t.Errorf("%+v: makes directories nowhere", c)
		}
	}
	if made, err := os.ReadDir(here); err != nil || len(made) > 0 {
		t.Errorf("made %v, %v", made, err)
	}
}

// Without directories there is no settings file: one that lies where we happen to be
// is somebody else's.
func TestNoFileIsReadFromNowhere(t *testing.T) {
	t.Chdir(write(t, `{"CLAUDE_MEM_DISABLE": "no", "CLAUDE_MEM_SERVER_URL": "http://stranger"}`))
	cfg, err := Load(Options{Environ: []string{DataDir + "=relative"}})
	if err == nil || cfg.String(ServerURL) != "" || !cfg.Bool(Disable) {
		t.Errorf("%q, %v, %v", cfg.String(ServerURL), cfg.Bool(Disable), err)
	}
}

func TestWithoutHome(t *testing.T) {
	t.Cleanup(xdg.Reload) // after the variables are back
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"} {
		t.Setenv(name, "")
	}
	t.Setenv(homeVariable, "")
	xdg.Reload()
	if d, err := findDirs("", func() (string, error) { return "", errors.New("no such user") }); err == nil || d != (Dirs{}) ||
		!strings.Contains(err.Error(), homeVariable) || !strings.Contains(err.Error(), DataDir) {
		t.Errorf("no home at all: %+v, %v", d, err)
	}
	if _, err := findDirs("~/cm", func() (string, error) { return "", errors.New("no such user") }); err == nil {
		t.Error("~/cm without a home has no error")
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	d, err := findDirs("", userHome)
	if err != nil || !strings.HasPrefix(d.Data, me.HomeDir+string(filepath.Separator)) {
		t.Errorf("home of %s: %+v, %v", me.HomeDir, d, err)
	}
}
