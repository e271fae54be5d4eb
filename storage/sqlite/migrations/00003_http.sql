-- +goose Up

-- How often an operator asked for another try.
ALTER TABLE observation_generation_jobs ADD COLUMN retries INTEGER NOT NULL DEFAULT 0;

-- How many requests each key made in a minute (its beginning), over all servers.
-- Minutes that are long over are removed.
CREATE TABLE key_minutes (
	minute     INTEGER NOT NULL,
	api_key_id TEXT NOT NULL REFERENCES api_keys (id),
	requests   INTEGER NOT NULL,
	PRIMARY KEY (minute, api_key_id)
) STRICT, WITHOUT ROWID;

-- +goose Down
SELECT 'a schema is never taken back: restore the backup that was made beside the database';
