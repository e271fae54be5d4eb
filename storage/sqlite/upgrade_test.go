package sqlite

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"claude-mem/storage/storagetest"
)

// firstRows fill every table of the first schema.
var firstRows = []string{
	`INSERT INTO teams VALUES ('t', 'team', 1)`,
	`INSERT INTO projects VALUES ('p', 't', '/src/p', '{}', 1, 1)`,
	`INSERT INTO api_keys (id, team_id, name, key_hash, prefix, scopes, created_at) VALUES ('k', 't', 'key', 'hash', 'cmem_', '["*"]', 1)`,
	`INSERT INTO server_sessions (id, team_id, project_id, external_session_id, generation_status, metadata, dedupe_key, started_at, created_at, updated_at)
		VALUES ('s', 't', 'p', 'ext', 'idle', '{}', 'ext:ext', 1, 1, 1)`,
	`INSERT INTO agent_events (id, team_id, project_id, session_id, source_adapter, event_type, metadata, dedupe_key, generate, occurred_at, received_at, created_at, payload)
		VALUES ('e', 't', 'p', 's', 'hook', 'tool_use', '{}', 'src:e', 1, 1, 1, 1, '{"tool_name":"Edit"}'),
		('e2', 't', 'p', 's', 'hook', 'tool_use', '{}', 'src:e2', 1, 2, 2, 2, NULL)`,
	`INSERT INTO observation_generation_jobs (id, team_id, project_id, source_type, source_id, event_id, session_id, kind, job_type, revision,
		status, queue_id, attempts, max_attempts, announced_at, result, source_adapter, completed_at, created_at, updated_at)
		VALUES ('j', 't', 'p', 'agent_event', 'e', 'e', 's', 'event', 'observation_generate_for_event', 0,
		'completed', 'evt_e', 1, 3, 1, 'observations', 'hook', 2, 1, 2),
		('j2', 't', 'p', 'agent_event', 'e2', 'e2', 's', 'event', 'observation_generate_for_event', 0,
		'queued', 'evt_e2', 0, 3, 2, NULL, 'hook', NULL, 2, 2)`,
	`INSERT INTO observations (number, id, team_id, project_id, session_id, kind, generation_key, created_by_job, occurred_at, created_at, updated_at, content, metadata)
		VALUES (7, 'o', 't', 'p', 's', 'discovery', 'g', 'j', 1, 1, 1, 'The otter sleeps', '{"title":"Otters","facts":["they hold hands"]}')`,
	`INSERT INTO observations_fts (rowid, title, facts, narrative, files, concepts) VALUES (7, 'otters', 'they hold hands', 'the otter sleeps', '', '')`,
	`INSERT INTO observation_sources (id, team_id, project_id, observation_id, source_type, source_id, job_id, created_at)
		VALUES ('x', 't', 'p', 'o', 'agent_event', 'e', 'j', 1)`,
	`INSERT INTO audit_log (id, team_id, project_id, action, resource_type, resource_id, details, created_at)
		VALUES ('a', 't', 'p', 'event.received', 'agent_event', 'e', '{}', 1)`,
}

// before holds the migrations that come before the one of that name.
func before(t *testing.T, name string) fstest.MapFS {
	t.Helper()
	dir := make(fstest.MapFS)
	entries, err := fs.ReadDir(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		script, err := fs.ReadFile(migrations, "migrations/"+e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if e.Name() < name {
			dir[e.Name()] = &fstest.MapFile{Data: script}
		}
	}
	return dir
}

// To learn the words of what is stored would keep a large memory from starting.
func TestAnUpgradeReadsNoMemoryForItsWords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := migrateWith(t, path, before(t, "00017")); err != nil {
		t.Fatal(err)
	}
	db, err := connect(path, 1, writerPragmas)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`PRAGMA foreign_keys = 0; INSERT INTO observations (id, team_id, project_id, kind, occurred_at, created_at, updated_at, content, metadata)
		VALUES ('o', 't', 'p', 'manual', 1, 1, 1, 'otters', '{}')`); err != nil {
		t.Fatal(err)
	}
	if err := migrateWith(t, path, before(t, "00018")); err != nil {
		t.Fatal(err)
	}
	var learnt, left int
	err = db.QueryRow(`SELECT (SELECT count(*) FROM words), (SELECT count(*) FROM observations_unindexed)`).Scan(&learnt, &left)
	if err != nil || learnt+left != 0 {
		t.Errorf("%d words, %d observations to index, %v", learnt, left, err)
	}
}

// A database of the first schema, with something in every table, comes through all
// migrations.
func TestTheFirstSchemaIsUpgraded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	script, err := fs.ReadFile(migrations, "migrations/00001_memory.sql")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := migrateWith(t, path, fstest.MapFS{"00001_memory.sql": {Data: script}}); err != nil {
		t.Fatal(err)
	}
	db, err := connect(path, 1, writerPragmas)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range firstRows {
		if _, err := db.Exec(row); err != nil {
			t.Fatalf("%v: %s", err, row)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	s := openAt(t, path, Options{})
	private(t, backupName(path, 1), 0o600)
	storagetest.Upgraded(t, s)
}
