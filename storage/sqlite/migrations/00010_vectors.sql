-- +goose Up

-- Where observations stand in the space of an embedding model. A vector has a byte
-- for each dimension. seq tells a reader what is new.
CREATE TABLE observation_vectors (
	seq        INTEGER PRIMARY KEY AUTOINCREMENT,
	number     INTEGER NOT NULL REFERENCES observations (number) ON DELETE CASCADE,
	team_id    TEXT NOT NULL,
	project_id TEXT NOT NULL,
	model      TEXT NOT NULL,
	vector     BLOB NOT NULL,
	UNIQUE (number, model)
) STRICT;
CREATE INDEX observation_vectors_model ON observation_vectors (model, team_id, project_id, seq);

-- +goose Down
SELECT 'a schema is never taken back: restore the backup that was made beside the database';
