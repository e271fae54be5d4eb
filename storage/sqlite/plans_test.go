package sqlite

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// testPlans asks SQLite how it runs every statement that the suite sent, once on
// an empty database and once with the statistics of a full one, which can change
// its mind. A statement that reads a whole table is a hot path that gets slower
// with every row.
func testPlans(t *testing.T, texts map[string]bool) {
	s := openAt(t, filepath.Join(t.TempDir(), "plans.db"), Options{})
	explainAll(t, s, texts)
	fillForPlans(t, s)
	explainAll(t, s, texts)
}

// fillForPlans makes one tenant much larger than the others and lets SQLite count.
func fillForPlans(t *testing.T, s *Store) {
	t.Helper()
	for _, text := range []string{
		`PRAGMA foreign_keys = 0`,
		`CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n`,
		`INSERT INTO teams SELECT 't' || i, 'n' || i, i FROM n WHERE i < 3`,
		`INSERT INTO projects SELECT 'p' || i, 't1', 'n' || i, '{}', i, i FROM n WHERE i < 9`,
		`INSERT INTO server_sessions (id, team_id, project_id, external_session_id, content_session_id, generation_status,
			metadata, dedupe_key, started_at, created_at, updated_at)
			SELECT 's' || i, 't1', 'p1', 'x' || i, 'c' || i, 'idle', '{}', 'd' || i, i, i, i FROM n`,
		`INSERT INTO agent_events (id, team_id, project_id, session_id, source_adapter, event_type, metadata, dedupe_key,
			generate, occurred_at, received_at, created_at)
			SELECT 'e' || i, 't1', 'p1', 's' || (i % 7), 'hook', 'tool_use', '{}', 'd' || i, 1, i, i, i FROM n`,
		`INSERT INTO observation_generation_jobs (id, team_id, project_id, source_type, source_id, kind, job_type, revision, status,
			queue_id, attempts, max_attempts, announced_at, next_attempt_at, locked_until, source_adapter, created_at, updated_at)
			SELECT 'j' || i, 't1', 'p1', 'agent_event', 'e' || i, 'event', 'g', 0,
			CASE i % 50 WHEN 0 THEN 'queued' WHEN 1 THEN 'processing' ELSE 'completed' END,
			'q' || i, 1, 3, i, CASE i % 100 WHEN 0 THEN i END, CASE i % 50 WHEN 1 THEN i END, 'hook', i, i FROM n`,
		`INSERT INTO observations (id, team_id, project_id, session_id, kind, occurred_at, created_at, updated_at, content, metadata)
			SELECT 'o' || i, 't1', 'p1', 's' || (i % 7), 'change', i, i, i, '', '{}' FROM n`,
		`INSERT INTO observations_fts (rowid, terms) SELECT i, 'word' || (i % 10) FROM n`,
		`INSERT INTO observation_terms SELECT i, 1, i, x'' FROM n`,
		`INSERT INTO audit_log (id, team_id, project_id, action, resource_type, resource_id, request_id, details, created_at)
			SELECT 'a' || i, 't1', 'p1', 'x', 'y', 'e' || i, 'r' || i, '{}', i FROM n`,
		`ANALYZE`,
	} {
		if _, err := s.db.Exec(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

func explainAll(t *testing.T, s *Store, texts map[string]bool) {
	t.Helper()
	if len(texts) < 60 {
		t.Fatalf("the suite sent %d statements: too few to be all of them", len(texts))
	}
	if len(texts) > maxStatements {
		t.Errorf("the suite sent %d statements, and %d are kept compiled", len(texts), maxStatements)
	}
	param := regexp.MustCompile(`\?\d*`)
	for text := range texts {
		if strings.HasPrefix(text, "SAVEPOINT") || strings.HasPrefix(text, "RELEASE") || strings.HasPrefix(text, "ROLLBACK") {
			continue
		}
		args := make([]any, len(param.FindAllString(text, -1)))
		if strings.Contains(text, "?1") {
			args = args[:1]
		}
		plan := explain(t, s, text, args)
		if bad := badStep(text, plan); bad != "" {
			t.Errorf("%s\nin the plan\n\t%s\nof\n%s", bad, strings.Join(plan, "\n\t"), text)
		}
	}
}

// explain returns the steps of a statement's plan.
func explain(t *testing.T, s *Store, text string, args []any) (plan []string) {
	t.Helper()
	rows, err := s.db.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return plan
}

// badStep names what is wrong with a plan, if anything is.
func badStep(text string, plan []string) string {
	counts := strings.Contains(text, "COUNT(*)")
	for i, step := range plan {
		switch {
		case strings.HasPrefix(step, "SCAN") && strings.Contains(step, "VIRTUAL TABLE INDEX"): // the full-text index, or a JSON list
		case strings.HasPrefix(step, "SCAN CONSTANT ROW"), strings.HasPrefix(step, "SCAN (subquery"), step == "SCAN b", step == "SCAN f":
		case step == "SCAN u": // what a migration left to do, in order
		case step == "SCAN p", step == "SCAN a": // the lists in one row
		case strings.HasPrefix(step, "SEARCH j USING INDEX"), strings.Contains(text, "FROM batch_events WHERE job_id"): // a few events of one job
		case strings.HasPrefix(step, "SCAN") && counts && strings.Contains(step, "COVERING INDEX"):
		case strings.HasPrefix(step, "SCAN"):
			return step
		case strings.Contains(step, "TEMP B-TREE FOR ORDER BY") && strings.Contains(text, "LIMIT ? OFFSET ?") && !strings.Contains(text, "MATCH") && !strings.Contains(text, "jobs_state"):
			return "a list is sorted rather than read in order"
		case strings.Contains(text, "CROSS JOIN observations") && strings.Contains(step, " o USING") && i == 0:
			return "the full-text index is not where it starts"
		case strings.Contains(text, "COUNT(*)") && strings.Contains(step, " USING INDEX") &&
			!strings.Contains(step, "server_sessions") && !strings.Contains(text, "created_at >= ?") &&
			!strings.Contains(text, "TOTAL("): // what sessions consist of
			return "a count reads rows"
		}
	}
	return ""
}
