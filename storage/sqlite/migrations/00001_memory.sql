-- +goose Up
CREATE TABLE teams (
	id         TEXT PRIMARY KEY,
	name       TEXT NOT NULL UNIQUE,
	created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE projects (
	id         TEXT PRIMARY KEY,
	team_id    TEXT NOT NULL REFERENCES teams (id),
	name       TEXT NOT NULL,
	metadata   TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	UNIQUE (team_id, name),
	UNIQUE (id, team_id) -- what tenant rows refer to, so that no row can mix two tenants
) STRICT;

CREATE TABLE api_keys (
	id         TEXT PRIMARY KEY,
	team_id    TEXT NOT NULL REFERENCES teams (id),
	project_id TEXT,
	name       TEXT NOT NULL,
	key_hash   TEXT NOT NULL UNIQUE,
	prefix     TEXT NOT NULL,
	scopes     TEXT NOT NULL, -- a JSON array
	actor_id   TEXT,
	created_at INTEGER NOT NULL,
	expires_at INTEGER,
	revoked_at INTEGER,
	FOREIGN KEY (project_id, team_id) REFERENCES projects (id, team_id)
) STRICT;
CREATE INDEX api_keys_list ON api_keys (team_id, created_at, id);

CREATE TABLE server_sessions (
	id                  TEXT PRIMARY KEY,
	team_id             TEXT NOT NULL,
	project_id          TEXT NOT NULL,
	external_session_id TEXT,
	content_session_id  TEXT,
	agent_id            TEXT,
	agent_type          TEXT,
	platform_source     TEXT,
	generation_status   TEXT NOT NULL,
	metadata            TEXT NOT NULL,
	dedupe_key          TEXT,
	started_at          INTEGER NOT NULL,
	ended_at            INTEGER,
	last_generated_at   INTEGER,
	created_at          INTEGER NOT NULL,
	updated_at          INTEGER NOT NULL,
	UNIQUE (project_id, dedupe_key),
	UNIQUE (id, project_id),
	FOREIGN KEY (project_id, team_id) REFERENCES projects (id, team_id)
) STRICT;
CREATE INDEX server_sessions_list ON server_sessions (team_id, started_at, id);
CREATE INDEX server_sessions_project_list ON server_sessions (project_id, started_at, id);
CREATE INDEX server_sessions_external ON server_sessions (external_session_id, started_at, id)
	WHERE external_session_id IS NOT NULL;
CREATE INDEX server_sessions_content ON server_sessions (content_session_id, started_at, id)
	WHERE content_session_id IS NOT NULL;

CREATE TABLE agent_events (
	id              TEXT PRIMARY KEY,
	team_id         TEXT NOT NULL,
	project_id      TEXT NOT NULL,
	session_id      TEXT,
	source_adapter  TEXT NOT NULL,
	source_event_id TEXT,
	event_type      TEXT NOT NULL,
	platform_source TEXT,
	agent_id        TEXT,
	agent_type      TEXT,
	metadata        TEXT NOT NULL,
	dedupe_key      TEXT,
	generate        INTEGER NOT NULL,
	occurred_at     INTEGER NOT NULL,
	received_at     INTEGER NOT NULL,
	created_at      INTEGER NOT NULL,
	payload         TEXT, -- last: it is large, and what stands after it is slow to reach
	UNIQUE (project_id, dedupe_key),
	FOREIGN KEY (project_id, team_id) REFERENCES projects (id, team_id),
	FOREIGN KEY (session_id, project_id) REFERENCES server_sessions (id, project_id)
) STRICT;
CREATE INDEX agent_events_session ON agent_events (session_id, occurred_at, id)
	WHERE session_id IS NOT NULL;
-- A session may go on for very long without a prompt; other events pay nothing for this.
CREATE INDEX agent_events_prompts ON agent_events (session_id, occurred_at, id) WHERE event_type = 'user_prompt';
-- What the books and the counts read.
CREATE INDEX agent_events_asked ON agent_events (team_id, project_id, generate);

CREATE TABLE observation_generation_jobs (
	id              TEXT PRIMARY KEY,
	team_id         TEXT NOT NULL,
	project_id      TEXT NOT NULL,
	source_type     TEXT NOT NULL,
	source_id       TEXT NOT NULL,
	event_id        TEXT,
	session_id      TEXT,
	kind            TEXT NOT NULL,
	job_type        TEXT NOT NULL,
	revision        INTEGER NOT NULL,
	status          TEXT NOT NULL CHECK (status IN ('queued', 'processing', 'completed', 'failed', 'cancelled')),
	queue_id        TEXT NOT NULL,
	attempts        INTEGER NOT NULL,
	max_attempts    INTEGER NOT NULL,
	next_attempt_at INTEGER, -- only while queued, and until it came due
	announced_at    INTEGER NOT NULL, -- when a message was last sent for it
	locked_by       TEXT,
	locked_until    INTEGER,
	result          TEXT,
	last_error      TEXT,
	api_key_id      TEXT,
	actor_id        TEXT,
	source_adapter  TEXT NOT NULL,
	request_id      TEXT,
	completed_at    INTEGER,
	failed_at       INTEGER,
	cancelled_at    INTEGER,
	created_at      INTEGER NOT NULL,
	updated_at      INTEGER NOT NULL,
	-- The project stands for its team; the source comes first because it tells jobs apart.
	UNIQUE (source_id, project_id, source_type, job_type, revision),
	FOREIGN KEY (project_id, team_id) REFERENCES projects (id, team_id)
) STRICT;
CREATE INDEX jobs_list ON observation_generation_jobs (team_id, created_at, id);
CREATE INDEX jobs_project_list ON observation_generation_jobs (project_id, created_at, id);
CREATE INDEX jobs_books ON observation_generation_jobs (team_id, project_id, kind, status, result);
CREATE INDEX jobs_state ON observation_generation_jobs (kind, status, updated_at, next_attempt_at, locked_until);
CREATE INDEX jobs_retry ON observation_generation_jobs (next_attempt_at, id)
	WHERE status = 'queued' AND next_attempt_at IS NOT NULL;
CREATE INDEX jobs_announced ON observation_generation_jobs (announced_at, created_at, id)
	WHERE status = 'queued' AND next_attempt_at IS NULL;
CREATE INDEX jobs_leased ON observation_generation_jobs (locked_until, id) WHERE status = 'processing';

CREATE TABLE observations (
	number         INTEGER PRIMARY KEY AUTOINCREMENT,
	id             TEXT NOT NULL UNIQUE,
	team_id        TEXT NOT NULL,
	project_id     TEXT NOT NULL,
	session_id     TEXT,
	agent_id       TEXT,
	kind           TEXT NOT NULL,
	generation_key TEXT,
	created_by_job TEXT,
	superseded_by  TEXT,
	occurred_at    INTEGER NOT NULL,
	created_at     INTEGER NOT NULL,
	updated_at     INTEGER NOT NULL,
	content        TEXT NOT NULL,
	metadata       TEXT NOT NULL,
	UNIQUE (project_id, generation_key),
	FOREIGN KEY (project_id, team_id) REFERENCES projects (id, team_id),
	FOREIGN KEY (session_id, project_id) REFERENCES server_sessions (id, project_id)
) STRICT;
CREATE INDEX observations_list ON observations (team_id, occurred_at, number);
CREATE INDEX observations_project_list ON observations (project_id, occurred_at, number);
CREATE INDEX observations_session ON observations (session_id, occurred_at, number) WHERE session_id IS NOT NULL;
-- A session has a few summaries among thousands of other observations.
CREATE INDEX observations_summaries ON observations (session_id, number) WHERE kind = 'summary';

CREATE TABLE observation_sources (
	id             TEXT PRIMARY KEY,
	team_id        TEXT NOT NULL,
	project_id     TEXT NOT NULL,
	observation_id TEXT NOT NULL REFERENCES observations (id) ON DELETE CASCADE,
	source_type    TEXT NOT NULL,
	source_id      TEXT NOT NULL,
	job_id         TEXT,
	created_at     INTEGER NOT NULL,
	UNIQUE (observation_id, source_type, source_id)
) STRICT;
CREATE INDEX observation_sources_source ON observation_sources (source_id, source_type);

-- The terms of an observation, as internal/lexical makes them, under its number.
-- They hold no separators and no ASCII upper case, so the simplest tokeniser
-- reads them back to the letter; porter stems the English ones.
CREATE VIRTUAL TABLE observations_fts USING fts5 (
	title, facts, narrative, files, concepts,
	content = '', contentless_delete = 1, tokenize = 'porter ascii'
);

CREATE TABLE audit_log (
	id            TEXT PRIMARY KEY,
	team_id       TEXT NOT NULL,
	project_id    TEXT,
	actor_id      TEXT,
	api_key_id    TEXT,
	action        TEXT NOT NULL,
	resource_type TEXT NOT NULL,
	resource_id   TEXT,
	request_id    TEXT,
	details       TEXT NOT NULL,
	created_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_log_list ON audit_log (team_id, created_at, id);
CREATE INDEX audit_log_resource ON audit_log (resource_id, created_at, id) WHERE resource_id IS NOT NULL;
CREATE INDEX audit_log_request ON audit_log (request_id, created_at, id) WHERE request_id IS NOT NULL;

-- +goose Down
SELECT 'a schema is never taken back: restore the backup that was made beside the database';
