package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
	"claude-mem/storage"
)

const (
	teamColumns    = `id, name, created_at`
	projectColumns = `id, team_id, name, metadata, created_at, updated_at`
	keyColumns     = keyHead + `COALESCE(expires_at, 0), COALESCE(revoked_at, 0)`
	// Of a key that is found by the secret it had before.
	formerKeyColumns = keyHead + `LEAST(expires_at, previous_until), COALESCE(revoked_at, 0)`

	keyHead = `id, team_id, COALESCE(project_id, ''), name, key_hash, prefix, scopes, COALESCE(actor_id, ''), created_at, `
)

func readTeam(r pgx.Rows) (t memory.Team, err error) {
	return t, r.Scan(&t.ID, &t.Name, &t.CreatedAt)
}

func readProject(r pgx.Rows) (p memory.Project, err error) {
	return p, r.Scan(&p.ID, &p.TeamID, &p.Name, rawInto(&p.Metadata), &p.CreatedAt, &p.UpdatedAt)
}

func readKey(r pgx.Rows) (k memory.APIKey, err error) { return k, r.Scan(keyInto(&k)...) }

// keyInto is where the columns of a key are read to.
func keyInto(k *memory.APIKey) []any {
	return []any{&k.ID, &k.TeamID, &k.ProjectID, &k.Name, &k.Hash, &k.Prefix, &k.Scopes, &k.ActorID,
		&k.CreatedAt, &k.ExpiresAt, &k.RevokedAt}
}

func (r reads) Team(ctx context.Context, id string) (memory.Team, error) {
	return one(ctx, r.q, "team", readTeam, sql(`SELECT `+teamColumns+` FROM teams WHERE id = ?`, id))
}

func (r reads) TeamByName(ctx context.Context, name string) (memory.Team, error) {
	return one(ctx, r.q, "team", readTeam, sql(`SELECT `+teamColumns+` FROM teams WHERE name = ?`, name))
}

// inProject adds the scope as a condition on the projects table itself.
func (q *query) inProject(s memory.Scope) *query {
	q.add("team_id = ?", s.TeamID)
	if s.ProjectID != "" {
		q.and("id = ?", s.ProjectID)
	}
	return q
}

func (r reads) Project(ctx context.Context, s memory.Scope, id string) (memory.Project, error) {
	return one(ctx, r.q, "project", readProject,
		sql(`SELECT `+projectColumns+` FROM projects WHERE `).inProject(s).and("id = ?", id))
}

func (r reads) ProjectByName(ctx context.Context, s memory.Scope, name string) (memory.Project, error) {
	return one(ctx, r.q, "project", readProject,
		sql(`SELECT `+projectColumns+` FROM projects WHERE `).inProject(s).and("name_hash = ?", nameHash(name)))
}

// nameHash is what project names are found by.
func nameHash(name string) []byte {
	sum := sha256.Sum256([]byte(name))
	return sum[:]
}

func (r reads) Projects(ctx context.Context, s memory.Scope, p storage.Page) ([]memory.Project, error) {
	return all(ctx, r.q, readProject,
		sql(`SELECT `+projectColumns+` FROM projects WHERE `).inProject(s).add(` ORDER BY name, id`).page(p))
}

func (r reads) KeyByHash(ctx context.Context, hash string) (memory.APIKey, error) {
	k, err := one(ctx, r.q, "API key", readKey, sql(`SELECT `+keyColumns+` FROM api_keys WHERE key_hash = ?`, hash))
	if errors.Is(err, memory.ErrNotFound) {
		return one(ctx, r.q, "API key", readKey, sql(`SELECT `+formerKeyColumns+` FROM api_keys WHERE previous_hash = ?`, hash))
	}
	return k, err
}

func (r reads) Key(ctx context.Context, s memory.Scope, id string) (memory.APIKey, error) {
	return one(ctx, r.q, "API key", readKey, sql(`SELECT `+keyColumns+` FROM api_keys WHERE `).within(s, "").and("id = ?", id))
}

func (r reads) Keys(ctx context.Context, s memory.Scope, p storage.Page) ([]memory.APIKey, error) {
	return all(ctx, r.q, readKey,
		sql(`SELECT `+keyColumns+` FROM api_keys WHERE `).in(s, "").add(` ORDER BY created_at, id`).page(p))
}

func (t *tx) EnsureTeam(ctx context.Context, team memory.Team) (memory.Team, error) {
	_, err := t.exec(ctx, sql(`INSERT INTO teams (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING`,
		team.ID, team.Name, team.CreatedAt))
	if err != nil {
		return memory.Team{}, err
	}
	return t.TeamByName(ctx, team.Name)
}

func (t *tx) EnsureProject(ctx context.Context, p memory.Project) (memory.Project, error) {
	_, err := t.exec(ctx, sql(`INSERT INTO projects (id, team_id, name, name_hash, metadata, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (team_id, name_hash) DO NOTHING`,
		p.ID, p.TeamID, p.Name, nameHash(p.Name), string(object(p.Metadata)), p.CreatedAt, p.UpdatedAt))
	if err != nil {
		return memory.Project{}, err
	}
	return t.ProjectByName(ctx, memory.Scope{TeamID: p.TeamID}, p.Name)
}

// HoldProject takes the lock of an update, which the references of new rows share.
func (t *tx) HoldProject(ctx context.Context, s memory.Scope, id string) (memory.Project, error) {
	return one(ctx, t.q, "project", readProject, sql(`SELECT `+projectColumns+` FROM projects WHERE `).
		inProject(s).and("id = ?", id).add(` FOR NO KEY UPDATE`))
}

func (t *tx) SetProjectMetadata(ctx context.Context, s memory.Scope, id string, metadata json.RawMessage, at memory.Epoch) (memory.Project, error) {
	return one(ctx, t.q, "project", readProject, sql(`UPDATE projects SET metadata = ?, updated_at = ? WHERE `,
		string(object(metadata)), at).inProject(s).and("id = ?", id).add(` RETURNING `+projectColumns))
}

func (t *tx) PutKey(ctx context.Context, k memory.APIKey) error {
	if k.Scopes == nil {
		k.Scopes = []string{}
	}
	// Any clash is told by the count: an error would undo the whole transaction,
	// whatever the caller makes of it.
	n, err := t.exec(ctx, sql(`INSERT INTO api_keys (id, team_id, project_id, name, key_hash, prefix, scopes, actor_id,
		created_at, expires_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		k.ID, k.TeamID, text(k.ProjectID), k.Name, k.Hash, k.Prefix, k.Scopes, text(k.ActorID),
		k.CreatedAt, epoch(k.ExpiresAt), epoch(k.RevokedAt)))
	if err == nil && n == 0 {
		err = memory.Errorf(memory.CodeConflict, "there is such a key already")
	}
	return err
}

func (t *tx) RevokeKey(ctx context.Context, s memory.Scope, id string, at memory.Epoch) (memory.APIKey, error) {
	return one(ctx, t.q, "API key", readKey,
		sql(`UPDATE api_keys SET revoked_at = COALESCE(revoked_at, ?) WHERE `, at).within(s, "").and("id = ?", id).
			add(` RETURNING `+keyColumns))
}

func (t *tx) RotateKey(ctx context.Context, s memory.Scope, id string, r memory.Rotation) (memory.APIKey, error) {
	k, err := one(ctx, t.q, "API key", readKey,
		sql(`SELECT `+keyColumns+` FROM api_keys WHERE `).within(s, "").and("id = ?", id).add(` FOR UPDATE`))
	if err != nil {
		return k, err
	}
	if k.RevokedAt != 0 {
		return memory.APIKey{}, memory.Errorf(memory.CodeConflict, "the key is revoked")
	}
	former := ""
	if r.OldUntil != 0 {
		former = k.Hash
	}
	return one(ctx, t.q, "API key", readKey,
		sql(`UPDATE api_keys SET key_hash = ?, prefix = ?, previous_hash = ?, previous_until = ? WHERE `,
			r.Hash, r.Prefix, text(memory.Opt(former)), epoch(r.OldUntil)).within(s, "").and("id = ?", id).
			add(` RETURNING `+keyColumns))
}
