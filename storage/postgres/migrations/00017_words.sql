-- +goose Up
-- The words of a project that can be spelt wrong, each twice: as it is, and from its end to
-- its beginning behind a "<". So words that begin or end like another one stand together.
-- See words.go.
CREATE TABLE words (
	project bigint NOT NULL, -- see internal/termlist
	text    text COLLATE "C" NOT NULL,
	PRIMARY KEY (project, text)
);

-- Observations that were stored before are indexed when the database is opened.
INSERT INTO observations_unindexed SELECT number FROM observations ON CONFLICT DO NOTHING;

-- +goose Down
SELECT 'a schema is never taken back: restore a backup that was made before the migration';
