-- +goose Up

-- What was used, counted by the day (UTC, as the time of its beginning). A row
-- without a project is the team's own. Nothing here is ever taken back. Many
-- workers count at once: each connection has rows of its own, so that none waits
-- for another's commit.
CREATE TABLE usage_days (
	team_id       text COLLATE "C" NOT NULL REFERENCES teams (id),
	project_id    text COLLATE "C" NOT NULL, -- or ''
	day           bigint NOT NULL,
	kind          text COLLATE "C" NOT NULL, -- of the job, or 'request'
	provider      text COLLATE "C" NOT NULL, -- or ''
	model         text COLLATE "C" NOT NULL, -- or ''
	api_key_id    text COLLATE "C" NOT NULL, -- or ''
	shard         int NOT NULL,
	requests      bigint NOT NULL,
	calls         bigint NOT NULL,
	events        bigint NOT NULL,
	observations  bigint NOT NULL,
	skipped       bigint NOT NULL,
	input_tokens  bigint NOT NULL,
	output_tokens bigint NOT NULL,
	PRIMARY KEY (team_id, project_id, day, kind, provider, model, api_key_id, shard)
) WITH (fillfactor = 50); -- the newest rows are updated all day: in place, if there is room
CREATE INDEX usage_days_team ON usage_days (team_id, day);

-- What single jobs cost. Those that cost no tokens have no row.
CREATE TABLE usage_jobs (
	job_id        text COLLATE "C" NOT NULL REFERENCES observation_generation_jobs (id) ON DELETE CASCADE,
	provider      text COLLATE "C" NOT NULL,
	model         text COLLATE "C" NOT NULL,
	team_id       text COLLATE "C" NOT NULL,
	project_id    text COLLATE "C" NOT NULL,
	calls         bigint NOT NULL,
	input_tokens  bigint NOT NULL,
	output_tokens bigint NOT NULL,
	used_at       bigint NOT NULL, -- last
	PRIMARY KEY (job_id, provider, model)
);

-- Tokens that a call which is under way may cost; they count while the job is processing.
ALTER TABLE observation_generation_jobs ADD COLUMN reserved_tokens bigint NOT NULL DEFAULT 0;

-- The events of jobs of kind event-batch. An event is owed by one job only.
CREATE TABLE batch_events (
	job_id     text COLLATE "C" NOT NULL REFERENCES observation_generation_jobs (id) ON DELETE CASCADE,
	event_id   text COLLATE "C" NOT NULL UNIQUE REFERENCES agent_events (id) ON DELETE CASCADE,
	team_id    text COLLATE "C" NOT NULL,
	project_id text COLLATE "C" NOT NULL,
	bytes      bigint NOT NULL, -- of the event's payload
	result     text, -- once the job is completed: as its own result, but of this event
	PRIMARY KEY (job_id, event_id)
);
CREATE INDEX batch_events_books ON batch_events (team_id, project_id, job_id, result);

-- +goose Down
SELECT 'a schema is never taken back: restore a backup that was made before the migration';
