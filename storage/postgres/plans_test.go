package postgres

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/storage"
)

// tracer notes the statements that a store sends.
type tracer struct {
	mu    sync.Mutex
	texts []string
}

func (tr *tracer) note(text string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if !slices.Contains([]string{"begin", "commit", "rollback"}, text) && !strings.Contains(text, "pg_stats") {
		tr.texts = append(tr.texts, text)
	}
}

func (tr *tracer) take() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	texts := tr.texts
	tr.texts = nil
	return texts
}

func (tr *tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	tr.note(d.SQL)
	return ctx
}

func (tr *tracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (tr *tracer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (tr *tracer) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	tr.note(d.SQL)
}

func (tr *tracer) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// traced opens a store whose statements are noted.
func traced(t *testing.T) (*Store, *tracer) {
	t.Helper()
	cfg, err := configure(testenv.SharedPostgres(t).Database(t, migrated))
	if err != nil {
		t.Fatal(err)
	}
	var tr tracer
	cfg.ConnConfig.Tracer = &tr
	s, err := openPool(t.Context(), cfg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, &tr
}

// grow fills the store with what has happened in two projects for a while. It is
// made by the server, so that it takes no time. Nothing counts the rows meanwhile.
func grow(t *testing.T, s *Store, a, b memory.Scope) {
	t.Helper()
	for _, table := range []string{"agent_events", "observation_generation_jobs", "observations", "server_sessions", "audit_log"} {
		exec(t, s, `ALTER TABLE `+table+` SET (autovacuum_enabled = false)`)
	}
	const project = `CASE n % 2 WHEN 0 THEN $2 ELSE $3 END`
	args := []any{a.TeamID, a.ProjectID, b.ProjectID}
	exec(t, s, `INSERT INTO server_sessions (id, team_id, project_id, external_session_id, content_session_id, generation_status,
		metadata, dedupe_key, started_at, created_at, updated_at)
		SELECT 's' || n, $1, `+project+`, 'x' || n, 'c' || n, 'idle', '{}', 'd' || n, n, n, n FROM generate_series(1, 500) n`, args...)
	exec(t, s, `INSERT INTO agent_events (id, team_id, project_id, session_id, source_adapter, event_type, metadata, dedupe_key,
		generate, occurred_at, received_at, created_at)
		SELECT 'e' || n, $1, `+project+`, 's' || 2 * (n % 249 + 1) + n % 2, 'hook', 'tool_use', '{}', 'd' || n, true, n, n, n
		FROM generate_series(1, 10000) n`, args...)
	exec(t, s, `INSERT INTO observation_generation_jobs (id, team_id, project_id, source_type, source_id, kind, job_type, revision,
		status, queue_id, attempts, max_attempts, next_attempt_at, announced_at, locked_until, source_adapter, created_at, updated_at)
		SELECT 'j' || n, $1, `+project+`, 'agent_event', 'e' || n, 'event', 'observation_generate_for_event', 0,
		CASE WHEN n > 9990 THEN 'queued' WHEN n > 9980 THEN 'processing' ELSE 'completed' END,
		'q', 1, 3, CASE WHEN n > 9995 THEN n END, n, CASE WHEN n BETWEEN 9981 AND 9990 THEN n END, 'hook', n, n
		FROM generate_series(1, 10000) n`, args...)
	exec(t, s, `INSERT INTO observations (id, team_id, project_id, session_id, kind, generation_key, occurred_at, created_at, updated_at,
		content, metadata, terms)
		SELECT 'o' || n, $1, `+project+`, CASE WHEN n <= 500 THEN 's' || n END, 'change', 'g' || n, n, n, n, '', '{}',
		('''/t/' || $1 || ''' ''/p/' || `+project+` || ''' common:1 w' || n % 1000 || ':1')::tsvector FROM generate_series(1, 10000) n`, args...)
	exec(t, s, `INSERT INTO observation_sources (id, team_id, project_id, observation_id, source_type, source_id, created_at)
		SELECT 'os' || n, $1, `+project+`, 'o' || n, 'agent_event', 'e' || n, n FROM generate_series(1, 10000) n`, args...)
	exec(t, s, `INSERT INTO audit_log (id, team_id, project_id, action, resource_type, resource_id, request_id, details, created_at)
		SELECT 'a' || n, $1, `+project+`, 'event.received', 'agent_event', 'e' || n, 'r' || n, '{}', n FROM generate_series(1, 10000) n`, args...)
}

func exec(t *testing.T, s *Store, statement string, args ...any) {
	t.Helper()
	if _, err := s.pool.Exec(t.Context(), statement, args...); err != nil {
		t.Fatalf("%v: %s", err, statement)
	}
}

// The statements that are sent all day long, each with the indexes it must use.
// Which plan Postgres prefers may depend on what it knows of the tables and of the
// values, so each is asked for with and without.
func TestHotStatementsUseTheirIndexes(t *testing.T) {
	s, tr := traced(t)
	scope := tenant(t, s)
	other := scope
	err := s.InTx(t.Context(), func(tx storage.Tx) error {
		p, err := tx.EnsureProject(t.Context(), memory.Project{ID: "p2", TeamID: scope.TeamID, Name: "p2", CreatedAt: 1, UpdatedAt: 1})
		other.ProjectID = p.ID
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	grow(t, s, scope, other)
	for _, known := range []string{"nothing is known", "analysed"} {
		if known == "analysed" {
			exec(t, s, "ANALYZE")
			s.stats.commonAt = time.Time{}
		}
		t.Run(known, func(t *testing.T) {
			for _, c := range append(hotStatements(scope), keyStatement()) {
				tr.take()
				if err := c.send(t.Context(), s); err != nil {
					t.Fatalf("%s: %v", c.name, err)
				}
				for _, text := range tr.take() {
					checkPlans(t, s, c, text)
				}
			}
		})
	}
}

// Postgres takes files for more common than they are, for a label is rarer than any term that it
// knows. It must not look through all observations for a few of one that nobody touched.
func TestFilesAreAskedOfTheIndex(t *testing.T) {
	s, _ := traced(t)
	scope := tenant(t, s)
	grow(t, s, scope, scope)
	exec(t, s, "ANALYZE")
	f := storage.ObservationFilter{Files: []string{"a/main.go", "b/main.go", "c/main.go", "d/main.go"}, WithoutSuperseded: true}
	for _, order := range []string{"o.number DESC", "o.occurred_at DESC, o.number DESC"} {
		q := labelled(scope, f, order, storage.Page{Limit: 1})
		plan, err := all(t.Context(), s.q, value[string], sql("EXPLAIN "+q.text.String(), q.args...))
		if text := strings.Join(plan, "\n"); err != nil || !strings.Contains(text, "Bitmap Index Scan on observations_terms") {
			t.Errorf("in the order of %s: %v\n%s", order, err, text)
		}
	}
}

// To plan a search costs a third of it, so that a plan has to be kept.
func TestSearchesArePlannedOnce(t *testing.T) {
	const searches = 12
	s, _ := traced(t)
	scope := tenant(t, s)
	grow(t, s, scope, scope)
	exec(t, s, "ANALYZE")
	conn, err := s.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	r := reads{q: connQuerier{conn}, stats: s.stats}
	for i := range searches {
		terms := [][]string{{"common"}, {"w2"}, {fmt.Sprint("w", i)}, {"common", "w4"}}[:1+i%4]
		for _, f := range []storage.ObservationFilter{{WithoutSuperseded: true}, {Since: 1}} {
			if _, err := r.Matching(t.Context(), scope, storage.Matching{Clauses: terms, Filter: f, Limit: 20 + i}); err != nil {
				t.Fatal(err)
			}
		}
		numbers := []int64{1, 2, int64(i * 10), 20}
		if _, err := r.Ranked(t.Context(), scope, storage.Ranking{Numbers: numbers[:1+i%4], Reach: 2}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.ObservationsByNumber(t.Context(), scope, numbers[:1+i%4]); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := conn.Query(t.Context(), `SELECT statement, custom_plans FROM pg_prepared_statements WHERE generic_plans + custom_plans >= $1`, searches)
	if err != nil {
		t.Fatal(err)
	}
	type kept struct {
		Statement string
		Plans     int64
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[kept])
	if err != nil || len(all) < 3 {
		t.Errorf("%d statements were sent often, %v", len(all), err)
	}
	for _, k := range all {
		if k.Plans >= searches { // Postgres tries five before it decides
			t.Errorf("planned %d times:\n%s", k.Plans, k.Statement)
		}
	}
}

// connQuerier sends statements on one connection.
type connQuerier struct{ conn *pgxpool.Conn }

func (c connQuerier) query(ctx context.Context, q *query, read func(pgx.Rows) error) (int64, error) {
	rows, err := c.conn.Query(ctx, q.text.String(), q.args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	if err := read(rows); err != nil {
		return 0, err
	}
	return rows.CommandTag().RowsAffected(), rows.Err()
}

type hotStatement struct {
	name    string
	indexes string // a pattern for the indexes it may use
	send    func(ctx context.Context, s *Store) error
}

func hotStatements(scope memory.Scope) []hotStatement {
	team := memory.Scope{TeamID: scope.TeamID}
	inTx := func(fn func(ctx context.Context, tx storage.Tx) error) func(context.Context, *Store) error {
		return func(ctx context.Context, s *Store) error {
			return s.InTx(ctx, func(tx storage.Tx) error { return fn(ctx, tx) })
		}
	}
	now := memory.Epoch(30000)
	return []hotStatement{
		{"an event told again", "agent_events_dedupe_key_project_id_key", inTx(func(ctx context.Context, tx storage.Tx) error {
			e := event(scope)
			e.DedupeKey = "d2"
			_, _, err := tx.PutEvent(ctx, e)
			return err
		})},
		{"a session found again", "server_sessions_dedupe_key_project_id_key", inTx(func(ctx context.Context, tx storage.Tx) error {
			_, _, err := tx.EnsureSession(ctx, memory.Session{
				ID: "new", TeamID: scope.TeamID, ProjectID: scope.ProjectID, DedupeKey: "d2", StartedAt: 1, CreatedAt: 1, UpdatedAt: 1,
			})
			return err
		})},
		{"events of a session", "agent_events_session", func(ctx context.Context, s *Store) error {
			_, err := s.SessionEvents(ctx, scope, "s2", storage.Page{})
			if err == nil {
				_, err = s.CountSessionEvents(ctx, team, "s2")
			}
			return err
		}},
		{"what sessions consist of", "server_sessions_(pkey|id)|agent_events_(session|prompts)|observations_(session|summaries)", func(ctx context.Context, s *Store) error {
			_, err := s.SessionDigests(ctx, scope, []string{"s2", "s4"})
			return err
		}},
		{"the last prompt", "agent_events_prompts", func(ctx context.Context, s *Store) error {
			if _, err := s.LastPrompt(ctx, scope, "s2", now); !errors.Is(err, memory.ErrNotFound) {
				return fmt.Errorf("found a prompt: %w", err)
			}
			return nil
		}},
		{"the newest summary", "observations_summaries|(server_sessions|observation_generation_jobs)_pkey|server_sessions_id", inTx(func(ctx context.Context, tx storage.Tx) error {
			return tx.SupersedeSummaries(ctx, scope, "s2")
		})},
		{"job by id", "observation_generation_jobs_pkey", func(ctx context.Context, s *Store) error {
			_, err := s.Job(ctx, scope, "j2")
			return err
		}},
		{"job of an event", "observation_generation_jobs_source_id", func(ctx context.Context, s *Store) error {
			_, err := s.JobOfSource(ctx, scope, memory.KindEvent, "e2")
			return err
		}},
		{"jobs due", "jobs_(leased|retry|announced)", func(ctx context.Context, s *Store) error {
			_, err := s.JobsDue(ctx, now, now)
			return err
		}},
		{"recover", "jobs_(leased|retry)|observation_generation_jobs_pkey", inTx(func(ctx context.Context, tx storage.Tx) error {
			_, _, err := tx.RecoverJobs(ctx, 1, 10)
			return err
		})},
		{"owed", "jobs_(announced|retry)|observation_generation_jobs_pkey", inTx(func(ctx context.Context, tx storage.Tx) error {
			_, err := tx.OwedJobs(ctx, 1, 1, 10)
			return err
		})},
		{"session-start context", "observations_project_list", func(ctx context.Context, s *Store) error {
			_, err := s.Observations(ctx, scope, storage.ObservationFilter{WithoutSubagents: true, WithoutSuperseded: true}, storage.Page{Limit: 50})
			return err
		}},
		{"the team's newest", "observations_list", func(ctx context.Context, s *Store) error {
			_, err := s.Observations(ctx, team, storage.ObservationFilter{}, storage.Page{Limit: 50})
			return err
		}},
		{"what is known of a file", "observations_terms", func(ctx context.Context, s *Store) error {
			_, err := s.Observations(ctx, scope, storage.ObservationFilter{Files: []string{"main.go"}}, storage.Page{Limit: 50})
			return err
		}},
		{"neighbours", "observations_(project_list|pkey)", func(ctx context.Context, s *Store) error {
			_, err := s.Around(ctx, scope, 1000, 5, 5)
			return err
		}},
		{"observations of an event", "observation_sources_source|observations_id_key", func(ctx context.Context, s *Store) error {
			_, err := s.EventObservations(ctx, scope, "e2")
			return err
		}},
		{"search", "(observations_(terms|pkey|project_list)|projects_(pkey|id_team_id_key))$", func(ctx context.Context, s *Store) error {
			for _, f := range []storage.ObservationFilter{{}, {WithoutSuperseded: true, Kinds: []string{"change"}}} {
				if _, err := s.Matching(ctx, scope, storage.Matching{Clauses: [][]string{{"w2"}, {"w2", "w4"}}, Filter: f, Limit: 20}); err != nil {
					return err
				}
				if _, err := s.Ranked(ctx, scope, storage.Ranking{Numbers: []int64{1, 2, 3}, Filter: f, Reach: 2}); err != nil {
					return err
				}
			}
			// Nothing but common words: the newest are looked through.
			_, err := s.Matching(ctx, scope, storage.Matching{Clauses: [][]string{{"common"}}, Limit: 20})
			return err
		}},
		{"audit of a request", "audit_log_request", func(ctx context.Context, s *Store) error {
			_, err := s.Audit(ctx, team, storage.AuditFilter{RequestID: "r2"}, storage.Page{Limit: 20})
			return err
		}},
	}
}

// checkPlans looks at the plan that Postgres makes once for all values. What it
// would do for particular ones is no worse.
func checkPlans(t *testing.T, s *Store, c hotStatement, text string) {
	t.Helper()
	conn, err := s.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	params := regexp.MustCompile(`\$\d+`).FindAllString(text, -1)
	slices.Sort(params)
	nulls := strings.Repeat(", NULL", len(slices.Compact(params)))
	ask := fmt.Sprintf("SET plan_cache_mode = force_generic_plan; PREPARE hot AS %s; EXPLAIN EXECUTE hot(%s);"+
		" DEALLOCATE hot; RESET plan_cache_mode", text, strings.TrimPrefix(nulls, ", "))
	ask = strings.Replace(ask, "hot()", "hot", 1)
	results, err := conn.Conn().PgConn().Exec(t.Context(), ask).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v\n%s", c.name, err, text)
	}
	var plan strings.Builder
	for _, row := range results[2].Rows {
		plan.Write(row[0])
		plan.WriteByte('\n')
	}
	if found := regexp.MustCompile(`Seq Scan on (?:agent_|observation|server_|audit_).*`).FindString(plan.String()); found != "" {
		t.Errorf("%s: %s\n%s\n%s", c.name, found, text, &plan)
	}
	if strings.Contains(text, inEpochs) && !regexp.MustCompile(`Index Cond: .*terms @@.* && `).MatchString(plan.String()) {
		t.Errorf("%s: the index is not asked for the epochs\n%s\n%s", c.name, text, &plan)
	}
	allowed := regexp.MustCompile("^(?:" + c.indexes + ")")
	used := regexp.MustCompile(`(?:Index (?:Only )?Scan (?:Backward )?using|Bitmap Index Scan on|Conflict Arbiter Indexes:) (\w+)`)
	for _, m := range used.FindAllStringSubmatch(plan.String(), -1) {
		if !allowed.MatchString(m[1]) {
			t.Errorf("%s: uses %s\n%s\n%s", c.name, m[1], text, &plan)
		}
	}
}
