-- +goose Up

-- A search for common words wants the newest observations that hold them. The index gives
-- its matches in no order, but it can be asked for those of some epochs, each 512
-- numbers: see search_newest.go.
DROP INDEX observations_terms;
CREATE INDEX observations_terms ON observations USING gin (terms, (ARRAY[number >> 9])) WITH (gin_pending_list_limit = 512);

-- +goose Down
SELECT 'a schema is never taken back: restore a backup that was made before the migration';
