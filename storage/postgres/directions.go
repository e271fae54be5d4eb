package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"claude-mem/memory"
)

const (
	// copyBatch is how many vectors are copied in one statement.
	copyBatch = 256
	// maxDims is how long a vector may be to be copied: rows have to fit in a page.
	maxDims = 3500
	// maxCompared is how many dimensions Postgres compares for a search, in all vectors
	// of the project: 20,000 vectors of 768. Where there are more, a program that has them
	// in memory is several times faster.
	maxCompared = 16 << 20
	// maxParts is how many projects it is remembered of how much of them is copied.
	maxParts = 1024
	// copyAgain is how many vectors before the last one are looked at again: one that was
	// stored at the same time as another may become visible after it.
	copyAgain = 64
)

// directions are copies of the vectors in a type of the pgvector extension, by which
// Postgres itself compares them. The table is made by whoever finds the extension
// usable, not by a migration, and filled by who searches; nothing that writes depends
// on it. It may be dropped at any time.
//
// Every vector of the project is compared, as elsewhere: a number of a byte is exact in
// half a float. An index would be faster where projects are large, but miss some.
type directions struct {
	reads
	log     *slog.Logger
	version string // of pgvector; "" if there is none that is usable
	most    int64  // maxCompared

	ctx  context.Context //nolint:containedctx // the lifetime of the goroutine that copies
	stop context.CancelFunc
	done sync.WaitGroup

	mu      sync.Mutex
	off     bool            // there is no table to ask
	filling bool            // a goroutine copies
	copied  map[part]extent // what is known to be copied
}

// extent is how much of a part there is.
type extent struct {
	last  int64 // up to which vector
	count int64 // of vectors, those that are gone included
	large bool  // more than is compared; no more is known
}

// part is what is searched together.
type part struct {
	scope memory.Scope
	model string
}

// openDirections looks for the extension. Without it, whatever the reason, there are no
// directions, and nothing else is different.
func openDirections(ctx context.Context, pool *pgxpool.Pool, r reads, log *slog.Logger) *directions {
	d := &directions{reads: r, log: log, most: maxCompared, copied: make(map[part]extent)}
	d.ctx, d.stop = context.WithCancel(context.Background())
	var err error
	if d.version, err = prepareDirections(ctx, pool); err != nil {
		d.off = true
		log.DebugContext(ctx, "vectors are compared here, not by Postgres", "reason", err)
	}
	return d
}

// close ends what runs.
func (d *directions) close() {
	d.mu.Lock()
	d.stop()
	d.mu.Unlock()
	d.done.Wait()
}

// prepareDirections makes sure of the extension and the table, and returns the
// extension's version.
func prepareDirections(ctx context.Context, pool *pgxpool.Pool) (version string, err error) {
	const state = `SELECT COALESCE(e.installed_version, ''), to_regtype('halfvec') IS NOT NULL, EXISTS (SELECT 1 FROM pg_attribute
		WHERE attrelid = to_regclass('observation_directions') AND attname = 'direction' AND NOT attisdropped)
		FROM pg_available_extensions e WHERE e.name = 'vector'`
	var typed, there bool
	look := func(q interface {
		QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	}) error {
		err := q.QueryRow(ctx, state).Scan(&version, &typed, &there)
		if errors.Is(err, pgx.ErrNoRows) {
			return errors.New("the pgvector extension is not installed on the server")
		}
		return err
	}
	if err := look(pool); err != nil || version != "" && there {
		return version, err
	}
	// Processes that start together would clash.
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(migrationLock)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `CREATE EXTENSION IF NOT EXISTS vector`); err != nil {
			return fmt.Errorf("create the pgvector extension: %w", err)
		}
		if err := look(tx); err != nil || there {
			return err
		}
		if !typed {
			return fmt.Errorf("pgvector %s has no type halfvec in reach: 0.7 has", version)
		}
		_, err := tx.Exec(ctx, makeDirections)
		return err
	})
	if err != nil {
		return "", err
	}
	return version, nil
}

// makeDirections makes the table, anew if it lost its column with an extension that was
// dropped. A row belongs to a vector, which is never changed but replaced.
const makeDirections = `DROP TABLE IF EXISTS observation_directions;
CREATE TABLE observation_directions (
	seq        bigint PRIMARY KEY REFERENCES observation_vectors (seq) ON DELETE CASCADE,
	number     bigint NOT NULL,
	length     real NOT NULL,
	dims       integer NOT NULL,
	team_id    text COLLATE "C" NOT NULL,
	project_id text COLLATE "C" NOT NULL,
	model      text COLLATE "C" NOT NULL,
	direction  halfvec NOT NULL
);
ALTER TABLE observation_directions ALTER direction SET STORAGE PLAIN;
CREATE INDEX observation_directions_model ON observation_directions (model, team_id, project_id, dims)`
