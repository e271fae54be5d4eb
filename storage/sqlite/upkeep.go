package sqlite

import (
	"context"
	"database/sql"
	"os"
	"time"
)

const (
	// maxWAL is how large the write-ahead log may grow before the writer waits for
	// readers to let go of it. SQLite's own checkpoints never wait, so without this
	// readers that overlap without a gap let it grow for ever.
	maxWAL = 64 << 20
	// walCheckEvery is how many groups are committed between two looks at its size.
	walCheckEvery = 256
	// idleAfter is how long the writer has nothing to do before it gives its page
	// cache back: a daemon that serves one developer is idle most of the day.
	idleAfter = 30 * time.Second
)

// upkeep bounds what the writer holds: the write-ahead log and the page cache.
type upkeep struct {
	wal      string // the file
	walLimit int64
	every    int
	idle     time.Duration
	count    int
}

// afterGroup cuts the log back, if it is time for that and the log is too long.
func (u *upkeep) afterGroup(db *sql.DB) {
	if u.count++; u.count%u.every != 0 {
		return
	}
	if st, err := os.Stat(u.wal); err != nil || st.Size() < u.walLimit {
		return
	}
	// A failure means that a reader held on for too long; the next look tries again.
	_, _ = db.ExecContext(context.Background(),
		"PRAGMA busy_timeout(250); PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout(5000)")
}

// whenIdle gives the page cache back.
func (u *upkeep) whenIdle(db *sql.DB) {
	// A failure leaves the memory where it is.
	_, _ = db.ExecContext(context.Background(), "PRAGMA shrink_memory")
}
