package sqlite

import (
	"context"

	"claude-mem/memory"
	"claude-mem/storage"
)

// usageCounts are the columns of memory.UsageCounts.
const usageCounts = `requests, calls, events, observations, skipped, input_tokens, output_tokens`

const sumOfUsage = `COALESCE(SUM(requests), 0), COALESCE(SUM(calls), 0), COALESCE(SUM(events), 0),
	COALESCE(SUM(observations), 0), COALESCE(SUM(skipped), 0), COALESCE(SUM(input_tokens), 0), COALESCE(SUM(output_tokens), 0)`

func countsInto(c *memory.UsageCounts) []any {
	return []any{&c.Requests, &c.Calls, &c.Events, &c.Observations, &c.Skipped, &c.InputTokens, &c.OutputTokens}
}

// groupOfUsage is the column that a grouping reads, as text.
func groupOfUsage(by storage.UsageBy) string {
	switch by {
	case storage.UsageByDay:
		return `strftime('%Y-%m-%d', day / 1000, 'unixepoch')`
	case storage.UsageByProject:
		return `project_id`
	case storage.UsageByKind:
		return `kind`
	case storage.UsageByProvider:
		return `provider`
	case storage.UsageByKey:
		return `api_key_id`
	}
	return `''`
}

// usedSince is the tenant and the days from one on.
func usedSince(s memory.Scope, since memory.Epoch) *where {
	return inTeam(s).and("day >= ?", since.Day())
}

// Usage implements storage.UsageReader.
func (r reads) Usage(ctx context.Context, s memory.Scope, f storage.UsageFilter, p storage.Page) ([]storage.UsageRow, error) {
	w := usedSince(s, f.Since)
	if f.Until != 0 {
		w.and("day < ?", f.Until.Day())
	}
	if f.Kind != "" {
		w.and("kind = ?", f.Kind)
	}
	return all(ctx, r.q, func(sc scanner) (u storage.UsageRow, err error) {
		return u, sc.Scan(append([]any{&u.Group, &u.Provider, &u.Model}, countsInto(&u.UsageCounts)...)...)
	}, `SELECT `+groupOfUsage(f.By)+` AS grp, provider, model, `+sumOfUsage+` FROM usage_days WHERE `+w.String()+
		` GROUP BY grp, provider, model ORDER BY grp, provider, model LIMIT ? OFFSET ?`, w.page(p)...)
}

// UsageSum implements storage.UsageReader.
func (r reads) UsageSum(ctx context.Context, s memory.Scope, since memory.Epoch) (memory.UsageCounts, error) {
	w := usedSince(s, since)
	return one(ctx, r.q, "usage", func(sc scanner) (c memory.UsageCounts, err error) { return c, sc.Scan(countsInto(&c)...) },
		`SELECT `+sumOfUsage+` FROM usage_days WHERE `+w.String(), w.args...)
}

// JobUsage implements storage.UsageReader.
func (r reads) JobUsage(ctx context.Context, s memory.Scope, jobID string) ([]memory.Usage, error) {
	w := within(s).and("job_id = ?", jobID)
	return all(ctx, r.q, func(sc scanner) (u memory.Usage, err error) {
		return u, sc.Scan(&u.JobID, &u.TeamID, &u.ProjectID, &u.Provider, &u.Model, &u.At, &u.Calls, &u.InputTokens, &u.OutputTokens)
	}, `SELECT job_id, team_id, project_id, provider, model, used_at, calls, input_tokens, output_tokens
		FROM usage_jobs WHERE `+w.String()+` ORDER BY provider, model`, w.args...)
}

// TokensTaken implements storage.UsageReader.
func (r reads) TokensTaken(ctx context.Context, s memory.Scope, since memory.Epoch) (int64, error) {
	used, reserved := usedSince(s, since), within(s)
	return one(ctx, r.q, "usage", number, `SELECT
		(SELECT COALESCE(SUM(input_tokens + output_tokens), 0) FROM usage_days WHERE `+used.and("kind <> ?", memory.UsageEmbeddingFree).String()+`) +
		(SELECT COALESCE(SUM(reserved_tokens), 0) FROM observation_generation_jobs INDEXED BY jobs_leased
			WHERE status = 'processing' AND locked_until > 0 AND `+reserved.String()+`)`, append(used.args, reserved.args...)...)
}

// AddUsage implements storage.UsageWriter.
func (t *tx) AddUsage(ctx context.Context, used ...memory.Usage) error {
	for _, u := range used {
		_, err := t.exec(ctx, `INSERT INTO usage_days (team_id, project_id, day, kind, provider, model, api_key_id, `+usageCounts+`)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (team_id, project_id, day, kind, provider, model, api_key_id) DO UPDATE SET
			requests = requests + excluded.requests, calls = calls + excluded.calls, events = events + excluded.events,
			observations = observations + excluded.observations, skipped = skipped + excluded.skipped,
			input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens`,
			u.TeamID, u.ProjectID, u.At.Day(), u.Kind, u.Provider, u.Model, string(u.APIKeyID),
			u.Requests, u.Calls, u.Events, u.Observations, u.Skipped, u.InputTokens, u.OutputTokens)
		if err != nil {
			return err
		}
		if u.JobID == "" || u.Tokens() == 0 {
			continue
		}
		_, err = t.exec(ctx, `INSERT INTO usage_jobs (job_id, provider, model, team_id, project_id, calls, input_tokens,
			output_tokens, used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (job_id, provider, model) DO UPDATE SET calls = calls + excluded.calls,
			input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens,
			used_at = excluded.used_at`,
			u.JobID, u.Provider, u.Model, u.TeamID, u.ProjectID, u.Calls, u.InputTokens, u.OutputTokens, u.At)
		if err != nil {
			return err
		}
	}
	return nil
}

// LockBudget implements storage.UsageWriter. There is one writer: nobody else
// reserves meanwhile.
func (*tx) LockBudget(context.Context, string) error { return nil }

// ReserveTokens implements storage.UsageWriter.
func (t *tx) ReserveTokens(ctx context.Context, j memory.Job, owner string, tokens int64) error {
	_, err := t.update(ctx, notYours, `reserved_tokens = ?`, leased(j.ID, owner), tokens)
	return err
}

// ReleaseTokens implements storage.UsageWriter.
func (t *tx) ReleaseTokens(ctx context.Context, j memory.Job) (bool, error) {
	w := within(j.Scope()).and("id = ?", j.ID).and("status <> 'processing'").and("reserved_tokens > 0")
	n, err := t.exec(ctx, `UPDATE observation_generation_jobs SET reserved_tokens = 0 WHERE `+w.String(), w.args...)
	return n > 0, err
}
