package daemon

import (
	"context"

	"claude-mem/internal/config"
	"claude-mem/storage/sqlite"
)

// CheckSettings returns a [*SettingsError] with everything that would keep a daemon or
// a team's server from starting with these settings, or nil. It asks the servers that
// they name, and changes nothing.
func CheckSettings(ctx context.Context, cfg *config.Config) error {
	return chosen(cfg).check(ctx, serves)
}

// CheckStorage reads the whole database, beside a daemon that may run, and returns
// what is damaged in it. It makes and changes nothing; a database that is not there
// is an [fs.ErrNotExist].
func CheckStorage(ctx context.Context, cfg *config.Config) error {
	return sqlite.CheckFile(ctx, cfg.Dirs.Database())
}
