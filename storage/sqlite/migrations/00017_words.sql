-- +goose Up
-- The words of a project that can be spelt wrong, each twice: as it is, and from its end to
-- its beginning behind a "<". So words that begin or end like another one stand together.
-- See words.go.
CREATE TABLE words (
	project INTEGER NOT NULL, -- see internal/termlist
	text    TEXT NOT NULL,
	PRIMARY KEY (project, text)
) STRICT, WITHOUT ROWID;

-- Observations that were stored before are indexed when the database is opened.
INSERT OR IGNORE INTO observations_unindexed SELECT number FROM observations;

-- +goose Down
SELECT 'a schema is never taken back: restore the backup that was made beside the database';
