package config

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"sync"

	"github.com/adrg/xdg"
)

// homeVariable is where the system says the home is, and what package xdg reads.
const homeVariable = "HOME"

// xdgLock guards the variables of package xdg, which needHome may set anew.
var xdgLock sync.Mutex

// userHome is the user's home by the environment, or else by the system's list of
// users: cron jobs and services run without the variable.
func userHome() (string, error) {
	if home, err := os.UserHomeDir(); err == nil && filepath.IsAbs(home) {
		return home, nil
	}
	u, err := user.Current()
	if err != nil {
		return "", err
	}
	if !filepath.IsAbs(u.HomeDir) {
		return "", errors.New("the user has none")
	}
	return u.HomeDir, nil
}

// needHome makes sure that package xdg knows the home: without one it puts
// everything under the root of the file system. The caller holds xdgLock.
func needHome(home func() (string, error)) error {
	if dir, err := os.UserHomeDir(); err == nil && filepath.IsAbs(dir) {
		return nil
	}
	dir, err := home()
	if err != nil {
		return fmt.Errorf("there is no home directory: %w; set %s, or %s to an absolute path", err, homeVariable, DataDir)
	}
	// xdg looks nowhere else, and what we start shall find the same.
	if err := os.Setenv(homeVariable, dir); err != nil {
		return fmt.Errorf("set %s: %w", homeVariable, err)
	}
	xdg.Reload()
	return nil
}

// expandHome replaces a leading ~/, which a shell leaves alone inside of quotes and
// a settings file never expands. Any other relative path is refused: hooks run in
// the user's repositories, and the daemon elsewhere.
func expandHome(path string, home func() (string, error)) (string, error) {
	if filepath.IsAbs(path) {
		return filepath.Clean(path), nil
	}
	rest, ok := strings.CutPrefix(filepath.ToSlash(path), "~")
	if !ok || rest != "" && rest[0] != '/' {
		return "", fmt.Errorf("%s is %q; it must be an absolute path, or begin with ~/", DataDir, path)
	}
	dir, err := home()
	if err != nil {
		return "", fmt.Errorf("%s is %q, and there is no home directory: %w; use an absolute path", DataDir, path, err)
	}
	return filepath.Join(dir, rest), nil
}
