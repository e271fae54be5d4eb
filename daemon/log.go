package daemon

import (
	"log/slog"
	"path/filepath"

	"github.com/DeRuina/timberjack"

	"claude-mem/internal/config"
)

// The log is small enough to be read and to be sent with a report.
const (
	logMegabytes = 10
	logBackups   = 4
)

// openLog opens the daemon's log: JSON lines, for the user alone, rotated by size.
// also, if not nil, gets every record too.
func openLog(cfg *config.Config, also slog.Handler) (log *slog.Logger, closeLog func()) {
	file := &timberjack.Logger{
		Filename: filepath.Join(cfg.Dirs.Logs(), "daemon.log"),
		MaxSize:  logMegabytes, MaxBackups: logBackups,
		FileMode: 0o600,
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.String(config.LogLevel))); err != nil {
		level = slog.LevelInfo // config.Load lets nothing else through
	}
	var h slog.Handler = slog.NewJSONHandler(file, &slog.HandlerOptions{Level: level})
	if also != nil {
		h = slog.NewMultiHandler(h, also)
	}
	return slog.New(h), func() { _ = file.Close() }
}
