-- +goose Up
-- The words of a project that can be spelt wrong, each twice: as it is, and from its end to
-- its beginning behind a "<". So words that begin or end like another one stand together.
-- Words are learnt of what is written from now on. To read all that was stored before would keep
-- a large memory from starting; what it lacks meanwhile is a guess at misspelt words. See words.go.
CREATE TABLE words (
	project INTEGER NOT NULL, -- see internal/termlist
	text    TEXT NOT NULL,
	PRIMARY KEY (project, text)
) STRICT, WITHOUT ROWID;

-- Projects of which observations went, or were changed, so that some of their words may be
-- held by none any more. again: since it was begun to look.
CREATE TABLE words_doubtful (
	project INTEGER PRIMARY KEY,
	again   INTEGER NOT NULL
) STRICT;

-- +goose Down
SELECT 'a schema is never taken back: restore the backup that was made beside the database';
