-- +goose Up
-- What an observation is ranked by, see internal/termlist; terms now only say what
-- it holds.
ALTER TABLE observations DROP COLUMN words;
ALTER TABLE observations ADD COLUMN thread bigint NOT NULL DEFAULT 0;
ALTER TABLE observations ADD COLUMN list bytea NOT NULL DEFAULT '';
-- A row is too long for a page's share; what searches read is the last to be packed.
ALTER TABLE observations ALTER COLUMN list SET STORAGE MAIN;
ALTER TABLE observations ALTER COLUMN terms SET STORAGE MAIN;

-- Observations that were stored before are indexed when the database is opened.
CREATE TABLE observations_unindexed (number bigint PRIMARY KEY);
INSERT INTO observations_unindexed SELECT number FROM observations;

-- +goose Down
SELECT 'a schema is never taken back: restore a backup that was made before the migration';
