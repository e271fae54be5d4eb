-- +goose Up

-- A term that few hold is looked for further back: in eras, each 4096 numbers, beside the
-- epochs. Their complement stands for them, which is no epoch. See search_newest.go.
DROP INDEX observations_terms;
CREATE INDEX observations_terms ON observations USING gin (terms, (ARRAY[number >> 9, ~(number >> 12)])) WITH (gin_pending_list_limit = 512);

-- +goose Down
SELECT 'a schema is never taken back: restore a backup that was made before the migration';
