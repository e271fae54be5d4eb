package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/adrg/xdg"
)

// Dirs is where one profile keeps its files. Two profiles of one user are two sets
// of directories.
type Dirs struct {
	Config  string // settings
	Data    string // database and its backups
	State   string // logs and spool
	Runtime string // lock, pid, port and state of the daemon
}

// findDirs returns the XDG directories, or root for everything if it is not empty.
// home finds the user's home.
func findDirs(root string, home func() (string, error)) (Dirs, error) {
	if root != "" {
		root, err := expandHome(root, home)
		if err != nil {
			return Dirs{}, err
		}
		return Dirs{Config: root, Data: root, State: root, Runtime: root}, nil
	}
	xdgLock.Lock()
	defer xdgLock.Unlock()
	if err := needHome(home); err != nil {
		return Dirs{}, err
	}
	const name = "claude-mem"
	d := Dirs{
		Config: filepath.Join(xdg.ConfigHome, name),
		Data:   filepath.Join(xdg.DataHome, name),
		State:  filepath.Join(xdg.StateHome, name),
	}
	// xdg guesses /run/user/UID when the variable is not set, so that a shell and a
	// cron job of one user agree; where there is no such folder, both take the state's.
	d.Runtime = d.State
	if fi, err := os.Stat(xdg.RuntimeDir); err == nil && fi.IsDir() {
		d.Runtime = filepath.Join(xdg.RuntimeDir, name)
	}
	return d, nil
}

// Root is the one directory that holds everything because somebody chose it, or ""
// where the XDG directories count.
func (d Dirs) Root() string {
	if d == (Dirs{Config: d.Data, Data: d.Data, State: d.Data, Runtime: d.Data}) {
		return d.Data
	}
	return ""
}

// SettingsFile is the settings file; it may not exist.
func (d Dirs) SettingsFile() string { return filepath.Join(d.Config, "settings.json") }

// Database is the SQLite file.
func (d Dirs) Database() string { return filepath.Join(d.Data, "claude-mem.db") }

// Logs is the folder of the daemon's logs.
func (d Dirs) Logs() string { return filepath.Join(d.State, "logs") }

// Spool is the folder of the records that hooks could not deliver.
func (d Dirs) Spool() string { return filepath.Join(d.State, "spool") }

// LockFile is locked exclusively for as long as a daemon lives.
func (d Dirs) LockFile() string { return filepath.Join(d.Runtime, "server.lock") }

// DataLockFile is locked as LockFile is. It lies beside the database because two
// sessions of one user can have two runtime directories. It names the holder's.
func (d Dirs) DataLockFile() string { return filepath.Join(d.Data, "claude-mem.db.lock") }

// PortFile holds the port of the running daemon, in decimal.
func (d Dirs) PortFile() string { return filepath.Join(d.Runtime, "server.port") }

// PidFile holds the process id of the running daemon, in decimal.
func (d Dirs) PidFile() string { return filepath.Join(d.Runtime, "server.pid") }

// StateFile describes the running daemon as JSON, see internal/instance.
func (d Dirs) StateFile() string { return filepath.Join(d.Runtime, "server.json") }

// Make makes the directories that are missing, for the user alone.
func (d Dirs) Make() error {
	if d.Data == "" { // names would be relative, and lead into somebody's repository
		return errors.New("make the data directories: there is no place for them")
	}
	for _, dir := range []string{d.Config, d.Data, d.State, d.Runtime, d.Logs(), d.Spool()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make the data directories: %w", err)
		}
	}
	return nil
}
