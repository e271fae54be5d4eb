-- +goose Up
-- The words of a project that can be spelt wrong, each twice: as it is, and from its end to
-- its beginning behind a "<". So words that begin or end like another one stand together.
-- Words are learnt of what is written from now on. To read all that was stored before would keep
-- a large memory from starting; what it lacks meanwhile is a guess at misspelt words. See words.go.
CREATE TABLE words (
	project bigint NOT NULL, -- see internal/termlist
	text    text COLLATE "C" NOT NULL,
	PRIMARY KEY (project, text)
);

-- Projects of which observations went, or were changed, so that some of their words may be
-- held by none any more. again: since it was begun to look.
CREATE TABLE words_doubtful (
	project bigint PRIMARY KEY,
	again   boolean NOT NULL
);

-- +goose Down
SELECT 'a schema is never taken back: restore a backup that was made before the migration';
