-- +goose Up
-- Ranking needs of the index which observations hold a term, and in which of the
-- columns that filters ask for. The terms are roots, made by internal/lexical, each
-- with its project before it: see search_index.go.
DROP TABLE observations_fts;
CREATE VIRTUAL TABLE observations_fts USING fts5 (
	terms, files, concepts,
	content = '', contentless_delete = 1, detail = 'column', tokenize = 'ascii'
);

-- What an observation is ranked by. It is a table of its own because a search reads
-- many of these and few observations, and neighbours in it stand on one page.
CREATE TABLE observation_terms (
	number      INTEGER PRIMARY KEY,
	thread      INTEGER NOT NULL,
	occurred_at INTEGER NOT NULL,
	list        BLOB NOT NULL
) STRICT;

-- Observations that were stored before are indexed when the database is opened.
CREATE TABLE observations_unindexed (number INTEGER PRIMARY KEY) STRICT;
INSERT INTO observations_unindexed SELECT number FROM observations;

-- +goose Down
SELECT 'a schema is never taken back: restore the backup that was made beside the database';
