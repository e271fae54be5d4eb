-- +goose Up

-- What an observation has in common with one that says the same: see
-- memory.Observation.Likeness. NULL: it is like no other.
ALTER TABLE observations ADD COLUMN likeness bigint;
-- A write looks for the one that counts among those alike.
CREATE INDEX observations_alike ON observations (likeness)
	WHERE likeness IS NOT NULL AND superseded_by IS NULL;
CREATE INDEX observations_superseded ON observations (superseded_by, occurred_at, number) WHERE superseded_by IS NOT NULL;
-- A project has few summaries among very many other observations.
CREATE INDEX observations_project_summaries ON observations (project_id, occurred_at, number)
	WHERE kind = 'summary' AND superseded_by IS NULL;

-- +goose Down
SELECT 'a schema is never taken back: restore a backup that was made before the migration';
