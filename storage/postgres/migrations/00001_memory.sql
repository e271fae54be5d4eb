-- +goose Up

-- Texts compare by their bytes (COLLATE "C"), so that order is the same on every
-- server and engine, and comparing is cheap. Times are milliseconds since 1970.
-- JSON that nobody searches is json, not jsonb: it comes back to the letter, takes
-- less work to store, and holds what jsonb refuses (\u0000, a lone surrogate).
-- A key that is unique in a project begins with the key, not the project: looking
-- it up must not look like something that an index by project could do as well.

CREATE TABLE teams (
	id         text COLLATE "C" PRIMARY KEY,
	name       text COLLATE "C" NOT NULL UNIQUE,
	created_at bigint NOT NULL
);

CREATE TABLE projects (
	id         text COLLATE "C" PRIMARY KEY,
	team_id    text COLLATE "C" NOT NULL REFERENCES teams (id),
	name       text COLLATE "C" NOT NULL,
	name_hash  bytea NOT NULL, -- SHA-256 of name: a path may be longer than an index entry
	metadata   json NOT NULL,
	created_at bigint NOT NULL,
	updated_at bigint NOT NULL,
	UNIQUE (team_id, name_hash),
	UNIQUE (id, team_id) -- what tenant rows refer to, so that no row can mix two tenants
);

CREATE TABLE api_keys (
	id         text COLLATE "C" PRIMARY KEY,
	team_id    text COLLATE "C" NOT NULL REFERENCES teams (id),
	project_id text COLLATE "C",
	name       text NOT NULL,
	key_hash   text COLLATE "C" NOT NULL UNIQUE,
	prefix     text NOT NULL,
	scopes     text[] NOT NULL,
	actor_id   text,
	created_at bigint NOT NULL,
	expires_at bigint,
	revoked_at bigint,
	FOREIGN KEY (project_id, team_id) REFERENCES projects (id, team_id)
);
CREATE INDEX api_keys_list ON api_keys (team_id, created_at, id);

CREATE TABLE server_sessions (
	id                  text COLLATE "C" PRIMARY KEY,
	team_id             text COLLATE "C" NOT NULL,
	project_id          text COLLATE "C" NOT NULL,
	external_session_id text COLLATE "C",
	content_session_id  text COLLATE "C",
	agent_id            text,
	agent_type          text,
	platform_source     text,
	generation_status   text NOT NULL,
	metadata            json NOT NULL,
	dedupe_key          text COLLATE "C",
	started_at          bigint NOT NULL,
	ended_at            bigint,
	last_generated_at   bigint,
	created_at          bigint NOT NULL,
	updated_at          bigint NOT NULL,
	UNIQUE (dedupe_key, project_id),
	UNIQUE (id, project_id),
	FOREIGN KEY (project_id, team_id) REFERENCES projects (id, team_id)
) WITH (fillfactor = 80); -- a session is updated at every summary: leave room beside it
CREATE INDEX server_sessions_list ON server_sessions (team_id, started_at, id);
CREATE INDEX server_sessions_project_list ON server_sessions (project_id, started_at, id);
CREATE INDEX server_sessions_external ON server_sessions (external_session_id, started_at, id)
	WHERE external_session_id IS NOT NULL;
CREATE INDEX server_sessions_content ON server_sessions (content_session_id, started_at, id)
	WHERE content_session_id IS NOT NULL;

CREATE TABLE agent_events (
	id              text COLLATE "C" PRIMARY KEY,
	team_id         text COLLATE "C" NOT NULL,
	project_id      text COLLATE "C" NOT NULL,
	session_id      text COLLATE "C",
	source_adapter  text NOT NULL,
	source_event_id text,
	event_type      text COLLATE "C" NOT NULL,
	platform_source text,
	agent_id        text,
	agent_type      text,
	metadata        json NOT NULL,
	dedupe_key      text COLLATE "C",
	generate        boolean NOT NULL,
	occurred_at     bigint NOT NULL,
	received_at     bigint NOT NULL,
	created_at      bigint NOT NULL,
	payload         json,
	UNIQUE (dedupe_key, project_id),
	FOREIGN KEY (project_id, team_id) REFERENCES projects (id, team_id),
	FOREIGN KEY (session_id, project_id) REFERENCES server_sessions (id, project_id)
);
CREATE INDEX agent_events_session ON agent_events (session_id, occurred_at, id)
	WHERE session_id IS NOT NULL;
-- A session may go on for very long without a prompt; other events pay nothing for this.
CREATE INDEX agent_events_prompts ON agent_events (session_id, occurred_at, id) WHERE event_type = 'user_prompt';
CREATE INDEX agent_events_asked ON agent_events (team_id, project_id, generate);

CREATE TABLE observation_generation_jobs (
	id              text COLLATE "C" PRIMARY KEY,
	team_id         text COLLATE "C" NOT NULL,
	project_id      text COLLATE "C" NOT NULL,
	source_type     text COLLATE "C" NOT NULL,
	source_id       text COLLATE "C" NOT NULL,
	event_id        text,
	session_id      text,
	kind            text COLLATE "C" NOT NULL,
	job_type        text COLLATE "C" NOT NULL,
	revision        bigint NOT NULL,
	status          text COLLATE "C" NOT NULL
		CHECK (status IN ('queued', 'processing', 'completed', 'failed', 'cancelled')),
	queue_id        text NOT NULL,
	attempts        integer NOT NULL,
	max_attempts    integer NOT NULL,
	next_attempt_at bigint,          -- only while queued, and until it came due
	announced_at    bigint NOT NULL, -- when a message was last sent for it
	locked_by       text,
	locked_until    bigint,
	result          text,
	skipped         boolean NOT NULL DEFAULT false, -- what result says, for the books
	last_error      text,
	api_key_id      text,
	actor_id        text,
	source_adapter  text NOT NULL,
	request_id      text,
	completed_at    bigint,
	failed_at       bigint,
	cancelled_at    bigint,
	created_at      bigint NOT NULL,
	updated_at      bigint NOT NULL,
	-- The project stands for its team.
	UNIQUE (source_id, project_id, source_type, job_type, revision),
	FOREIGN KEY (project_id, team_id) REFERENCES projects (id, team_id)
-- Every job is updated several times, and what looks for work begins where the dead
-- rows are: they have to go sooner than a fifth of a large table is dead.
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX jobs_list ON observation_generation_jobs (team_id, created_at, id);
CREATE INDEX jobs_project_list ON observation_generation_jobs (project_id, created_at, id);
CREATE INDEX jobs_books ON observation_generation_jobs (team_id, project_id, kind, status, skipped);
CREATE INDEX jobs_completed ON observation_generation_jobs (kind, updated_at) WHERE status = 'completed';
CREATE INDEX jobs_retry ON observation_generation_jobs (next_attempt_at, id)
	WHERE status = 'queued' AND next_attempt_at IS NOT NULL;
CREATE INDEX jobs_announced ON observation_generation_jobs (announced_at, created_at, id)
	WHERE status = 'queued' AND next_attempt_at IS NULL;
CREATE INDEX jobs_leased ON observation_generation_jobs (locked_until, id) WHERE status = 'processing';
CREATE INDEX jobs_failed ON observation_generation_jobs (kind) WHERE status = 'failed';

CREATE TABLE observations (
	number         bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	id             text COLLATE "C" NOT NULL UNIQUE,
	team_id        text COLLATE "C" NOT NULL,
	project_id     text COLLATE "C" NOT NULL,
	session_id     text COLLATE "C",
	agent_id       text,
	kind           text COLLATE "C" NOT NULL,
	generation_key text COLLATE "C",
	created_by_job text,
	superseded_by  text,
	occurred_at    bigint NOT NULL,
	created_at     bigint NOT NULL,
	updated_at     bigint NOT NULL,
	words          integer NOT NULL,  -- how many terms there are to it, for ranking
	content        text NOT NULL,
	metadata       json NOT NULL,
	terms          tsvector NOT NULL, -- see index.go
	UNIQUE (generation_key, project_id),
	FOREIGN KEY (project_id, team_id) REFERENCES projects (id, team_id),
	FOREIGN KEY (session_id, project_id) REFERENCES server_sessions (id, project_id)
);
CREATE INDEX observations_list ON observations (team_id, occurred_at, number);
CREATE INDEX observations_project_list ON observations (project_id, occurred_at, number);
CREATE INDEX observations_session ON observations (session_id, occurred_at, number) WHERE session_id IS NOT NULL;
-- A session has a few summaries among thousands of other observations.
CREATE INDEX observations_summaries ON observations (session_id, number) WHERE kind = 'summary';
-- New entries wait in a list that every search reads through: it is kept short.
CREATE INDEX observations_terms ON observations USING gin (terms) WITH (gin_pending_list_limit = 512);

CREATE TABLE observation_sources (
	id             text COLLATE "C" PRIMARY KEY,
	team_id        text COLLATE "C" NOT NULL,
	project_id     text COLLATE "C" NOT NULL,
	observation_id text COLLATE "C" NOT NULL REFERENCES observations (id) ON DELETE CASCADE,
	source_type    text COLLATE "C" NOT NULL,
	source_id      text COLLATE "C" NOT NULL,
	job_id         text,
	created_at     bigint NOT NULL,
	UNIQUE (observation_id, source_type, source_id)
);
CREATE INDEX observation_sources_source ON observation_sources (source_id, source_type);

CREATE TABLE audit_log (
	id            text COLLATE "C" PRIMARY KEY,
	team_id       text COLLATE "C" NOT NULL,
	project_id    text COLLATE "C",
	actor_id      text,
	api_key_id    text,
	action        text COLLATE "C" NOT NULL,
	resource_type text NOT NULL,
	resource_id   text COLLATE "C",
	request_id    text COLLATE "C",
	details       json NOT NULL,
	created_at    bigint NOT NULL
);
CREATE INDEX audit_log_list ON audit_log (team_id, created_at, id);
CREATE INDEX audit_log_resource ON audit_log (resource_id, created_at, id) WHERE resource_id IS NOT NULL;
CREATE INDEX audit_log_request ON audit_log (request_id, created_at, id) WHERE request_id IS NOT NULL;

-- +goose Down
SELECT 'a schema is never taken back: restore a backup that was made before the migration';
