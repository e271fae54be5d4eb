package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
	"claude-mem/storage"
)

const sumOfUsage = `COALESCE(SUM(requests), 0)::bigint, COALESCE(SUM(calls), 0)::bigint, COALESCE(SUM(events), 0)::bigint,
	COALESCE(SUM(observations), 0)::bigint, COALESCE(SUM(skipped), 0)::bigint,
	COALESCE(SUM(input_tokens), 0)::bigint, COALESCE(SUM(output_tokens), 0)::bigint`

func countsInto(c *memory.UsageCounts) []any {
	return []any{&c.Requests, &c.Calls, &c.Events, &c.Observations, &c.Skipped, &c.InputTokens, &c.OutputTokens}
}

// groupOfUsage is the column that a grouping reads, as text.
func groupOfUsage(by storage.UsageBy) string {
	switch by {
	case storage.UsageByDay:
		return `to_char(to_timestamp(day / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD') COLLATE "C"`
	case storage.UsageByProject:
		return `project_id`
	case storage.UsageByKind:
		return `kind`
	case storage.UsageByProvider:
		return `provider`
	case storage.UsageByKey:
		return `api_key_id`
	}
	return `''::text`
}

// usedSince adds the tenant and the days from one on.
func (q *query) usedSince(s memory.Scope, since memory.Epoch) *query {
	return q.inTeam(s).and("day >= ?", since.Day())
}

func (r reads) Usage(ctx context.Context, s memory.Scope, f storage.UsageFilter, p storage.Page) ([]storage.UsageRow, error) {
	q := sql(`SELECT `+groupOfUsage(f.By)+` AS grp, provider, model, `+sumOfUsage+` FROM usage_days WHERE `).usedSince(s, f.Since)
	if f.Until != 0 {
		q.and("day < ?", f.Until.Day())
	}
	if f.Kind != "" {
		q.and("kind = ?", string(f.Kind))
	}
	return all(ctx, r.q, func(r pgx.Rows) (u storage.UsageRow, err error) {
		return u, r.Scan(append([]any{&u.Group, &u.Provider, &u.Model}, countsInto(&u.UsageCounts)...)...)
	}, q.add(` GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`).page(p))
}

func (r reads) UsageSum(ctx context.Context, s memory.Scope, since memory.Epoch) (memory.UsageCounts, error) {
	return one(ctx, r.q, "usage", func(r pgx.Rows) (c memory.UsageCounts, err error) { return c, r.Scan(countsInto(&c)...) },
		sql(`SELECT `+sumOfUsage+` FROM usage_days WHERE `).usedSince(s, since))
}

func (r reads) JobUsage(ctx context.Context, s memory.Scope, jobID string) ([]memory.Usage, error) {
	return all(ctx, r.q, func(r pgx.Rows) (u memory.Usage, err error) {
		return u, r.Scan(&u.JobID, &u.TeamID, &u.ProjectID, &u.Provider, &u.Model, &u.At, &u.Calls, &u.InputTokens, &u.OutputTokens)
	}, sql(`SELECT job_id, team_id, project_id, provider, model, used_at, calls, input_tokens, output_tokens
		FROM usage_jobs WHERE `).within(s, "").and("job_id = ?", jobID).add(` ORDER BY provider, model`))
}

func (r reads) TokensTaken(ctx context.Context, s memory.Scope, since memory.Epoch) (int64, error) {
	return one(ctx, r.q, "usage", value[int64], sql(`SELECT
		(SELECT COALESCE(SUM(input_tokens + output_tokens), 0)::bigint FROM usage_days WHERE `).usedSince(s, since).
		and("kind <> ?", string(memory.UsageEmbeddingFree)).add(`) + (SELECT COALESCE(SUM(reserved_tokens), 0)::bigint FROM observation_generation_jobs
			WHERE status = 'processing' AND `).within(s, "").add(`)`))
}

// AddUsage counts for this connection: the shard is the process of the server's
// that serves it, so that two transactions seldom want the same row.
func (t *tx) AddUsage(ctx context.Context, used ...memory.Usage) error {
	for _, u := range used {
		err := t.later(ctx, sql(`INSERT INTO usage_days AS d (team_id, project_id, day, kind, provider, model, api_key_id, shard,
			requests, calls, events, observations, skipped, input_tokens, output_tokens)
			VALUES (?, ?, ?, ?, ?, ?, ?, pg_backend_pid() % 16, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (team_id, project_id, day, kind, provider, model, api_key_id, shard) DO UPDATE SET
			requests = d.requests + excluded.requests, calls = d.calls + excluded.calls, events = d.events + excluded.events,
			observations = d.observations + excluded.observations, skipped = d.skipped + excluded.skipped,
			input_tokens = d.input_tokens + excluded.input_tokens, output_tokens = d.output_tokens + excluded.output_tokens`,
			u.TeamID, u.ProjectID, u.At.Day(), string(u.Kind), u.Provider, u.Model, string(u.APIKeyID),
			u.Requests, u.Calls, u.Events, u.Observations, u.Skipped, u.InputTokens, u.OutputTokens))
		if err != nil {
			return err
		}
		if u.JobID == "" || u.Tokens() == 0 {
			continue
		}
		err = t.later(ctx, sql(`INSERT INTO usage_jobs AS d (job_id, provider, model, team_id, project_id, calls, input_tokens,
			output_tokens, used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (job_id, provider, model) DO UPDATE SET calls = d.calls + excluded.calls,
			input_tokens = d.input_tokens + excluded.input_tokens, output_tokens = d.output_tokens + excluded.output_tokens,
			used_at = excluded.used_at`,
			u.JobID, u.Provider, u.Model, u.TeamID, u.ProjectID, u.Calls, u.InputTokens, u.OutputTokens, u.At))
		if err != nil {
			return err
		}
	}
	return nil
}

// LockBudget holds a lock of the database's until the transaction ends.
func (t *tx) LockBudget(ctx context.Context, teamID string) error {
	return t.later(ctx, sql(`SELECT pg_advisory_xact_lock(hashtextextended('usage ' || ?, 0))`, teamID))
}

func (t *tx) ReserveTokens(ctx context.Context, j memory.Job, owner string, tokens int64) error {
	_, err := t.update(ctx, notYours, sql(updateJob+`reserved_tokens = ?`, tokens).leased(j.ID, owner))
	return err
}

func (t *tx) ReleaseTokens(ctx context.Context, j memory.Job) (bool, error) {
	n, err := t.exec(ctx, sql(updateJob+`reserved_tokens = 0 WHERE `).within(j.Scope(), "").and("id = ?", j.ID).
		and("status <> 'processing'").and("reserved_tokens > 0"))
	return n > 0, err
}
