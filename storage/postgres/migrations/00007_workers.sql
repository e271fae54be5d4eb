-- +goose Up

-- The processes that generate. There are some dozens of rows, each changed every few
-- seconds: room in its page saves the index from being written to.
CREATE TABLE workers (
	id         text COLLATE "C" PRIMARY KEY,
	host       text COLLATE "C" NOT NULL,
	pid        bigint NOT NULL,
	version    text COLLATE "C" NOT NULL,
	started_at bigint NOT NULL,
	seen_at    bigint NOT NULL,
	paused     json NOT NULL
) WITH (fillfactor = 50);

-- +goose Down
SELECT 'a schema is never taken back: restore a backup that was made before the migration';
