-- +goose Up
-- The secret that a key had before it was rotated, and until when it still opens.
ALTER TABLE api_keys
	ADD COLUMN previous_hash text COLLATE "C",
	ADD COLUMN previous_until bigint;
CREATE UNIQUE INDEX api_keys_previous ON api_keys (previous_hash) WHERE previous_hash IS NOT NULL;

-- +goose Down
SELECT 'a schema is never taken back: restore a backup that was made before the migration';
