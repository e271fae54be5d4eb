-- +goose Up

-- How often an operator asked for another try.
ALTER TABLE observation_generation_jobs ADD COLUMN retries INTEGER NOT NULL DEFAULT 0;

-- What several servers count together, see storage.Tally.
CREATE TABLE tallies (
	team_id TEXT NOT NULL REFERENCES teams (id),
	kind    TEXT NOT NULL,
	subject TEXT NOT NULL,
	period  INTEGER NOT NULL,
	n       INTEGER NOT NULL,
	PRIMARY KEY (team_id, kind, subject, period)
) STRICT, WITHOUT ROWID;
CREATE INDEX tallies_age ON tallies (kind, period);

-- +goose Down
SELECT 'a schema is never taken back: restore the backup that was made beside the database';
