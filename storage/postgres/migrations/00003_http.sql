-- +goose Up

-- How often an operator asked for another try.
ALTER TABLE observation_generation_jobs ADD COLUMN retries integer NOT NULL DEFAULT 0;

-- How many requests each key made in a minute (its beginning), over all servers.
-- Minutes that are long over are removed.
CREATE TABLE key_minutes (
	minute     bigint NOT NULL,
	api_key_id text COLLATE "C" NOT NULL REFERENCES api_keys (id),
	requests   bigint NOT NULL,
	PRIMARY KEY (minute, api_key_id)
);

-- +goose Down
SELECT 'a schema is never taken back: restore a backup that was made before the migration';
