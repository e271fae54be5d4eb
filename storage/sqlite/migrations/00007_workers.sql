-- +goose Up

-- The processes that generate. paused is a JSON array.
CREATE TABLE workers (
	id         TEXT PRIMARY KEY,
	host       TEXT NOT NULL,
	pid        INTEGER NOT NULL,
	version    TEXT NOT NULL,
	started_at INTEGER NOT NULL,
	seen_at    INTEGER NOT NULL,
	paused     TEXT NOT NULL
) STRICT;
CREATE INDEX workers_seen ON workers (seen_at);

-- +goose Down
SELECT 'a schema is never taken back: restore the backup that was made beside the database';
