-- +goose Up

-- How often an operator asked for another try.
ALTER TABLE observation_generation_jobs ADD COLUMN retries integer NOT NULL DEFAULT 0;

-- What several servers count together, see storage.Tally.
CREATE TABLE tallies (
	team_id text COLLATE "C" NOT NULL REFERENCES teams (id),
	kind    text COLLATE "C" NOT NULL,
	subject text COLLATE "C" NOT NULL,
	period  bigint NOT NULL,
	n       bigint NOT NULL,
	PRIMARY KEY (team_id, kind, subject, period)
);
CREATE INDEX tallies_age ON tallies (kind, period);

-- +goose Down
SELECT 'a schema is never taken back: restore a backup that was made before the migration';
