-- +goose Up

-- What was used, counted by the day (UTC, as the time of its beginning). A row
-- without a project is the team's own. Nothing here is ever taken back.
CREATE TABLE usage_days (
	team_id       TEXT NOT NULL REFERENCES teams (id),
	project_id    TEXT NOT NULL, -- or ''
	day           INTEGER NOT NULL,
	kind          TEXT NOT NULL, -- of the job, or 'request'
	provider      TEXT NOT NULL, -- or ''
	model         TEXT NOT NULL, -- or ''
	api_key_id    TEXT NOT NULL, -- or ''
	requests      INTEGER NOT NULL,
	calls         INTEGER NOT NULL,
	events        INTEGER NOT NULL,
	observations  INTEGER NOT NULL,
	skipped       INTEGER NOT NULL,
	input_tokens  INTEGER NOT NULL,
	output_tokens INTEGER NOT NULL,
	PRIMARY KEY (team_id, project_id, day, kind, provider, model, api_key_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_days_team ON usage_days (team_id, day);

-- What single jobs cost. Those that cost no tokens have no row.
CREATE TABLE usage_jobs (
	job_id        TEXT NOT NULL REFERENCES observation_generation_jobs (id) ON DELETE CASCADE,
	provider      TEXT NOT NULL,
	model         TEXT NOT NULL,
	team_id       TEXT NOT NULL,
	project_id    TEXT NOT NULL,
	calls         INTEGER NOT NULL,
	input_tokens  INTEGER NOT NULL,
	output_tokens INTEGER NOT NULL,
	used_at       INTEGER NOT NULL, -- last
	PRIMARY KEY (job_id, provider, model)
) STRICT, WITHOUT ROWID;

-- Tokens that a call which is under way may cost; they count while the job is processing.
ALTER TABLE observation_generation_jobs ADD COLUMN reserved_tokens INTEGER NOT NULL DEFAULT 0;

-- The events of jobs of kind event-batch. An event is owed by one job only.
CREATE TABLE batch_events (
	job_id     TEXT NOT NULL REFERENCES observation_generation_jobs (id) ON DELETE CASCADE,
	event_id   TEXT NOT NULL UNIQUE REFERENCES agent_events (id) ON DELETE CASCADE,
	team_id    TEXT NOT NULL,
	project_id TEXT NOT NULL,
	bytes      INTEGER NOT NULL, -- of the event's payload
	result     TEXT, -- once the job is completed: as its own result, but of this event
	PRIMARY KEY (job_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX batch_events_books ON batch_events (team_id, project_id, job_id, result);

-- +goose Down
SELECT 'a schema is never taken back: restore the backup that was made beside the database';
