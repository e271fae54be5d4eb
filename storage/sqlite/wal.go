package sqlite

import (
	"context"
	"database/sql"
	"os"
)

const (
	// maxWAL is how large the write-ahead log may grow before the writer waits for
	// readers to let go of it. SQLite's own checkpoints never wait, so without this
	// readers that overlap without a gap let it grow for ever.
	maxWAL = 64 << 20
	// walCheckEvery is how many groups are committed between two looks at its size.
	walCheckEvery = 256
)

// walGuard bounds the write-ahead log.
type walGuard struct {
	file  string
	limit int64
	every int
	count int
}

// check is called after each group.
func (g *walGuard) check(db *sql.DB) {
	if g.count++; g.count%g.every != 0 {
		return
	}
	if st, err := os.Stat(g.file); err != nil || st.Size() < g.limit {
		return
	}
	// A failure means that a reader held on for too long; the next look tries again.
	_, _ = db.ExecContext(context.Background(),
		"PRAGMA busy_timeout(250); PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout(5000)")
}
