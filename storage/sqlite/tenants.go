package sqlite

import (
	"context"
	"encoding/json"
	"errors"

	"claude-mem/memory"
	"claude-mem/storage"
)

const (
	teamColumns    = `id, name, created_at`
	projectColumns = `id, team_id, name, metadata, created_at, updated_at`
	keyColumns     = keyHead + `COALESCE(expires_at, 0), COALESCE(revoked_at, 0)`
	// Of a key that is found by the secret it had before.
	formerKeyColumns = keyHead + `MIN(COALESCE(expires_at, previous_until), previous_until), COALESCE(revoked_at, 0)`

	keyHead = `id, team_id, COALESCE(project_id, ''), name, key_hash, prefix, scopes, COALESCE(actor_id, ''), created_at, `
)

func readTeam(s scanner) (t memory.Team, err error) {
	return t, s.Scan(&t.ID, &t.Name, &t.CreatedAt)
}

func readProject(s scanner) (p memory.Project, err error) {
	return p, s.Scan(&p.ID, &p.TeamID, &p.Name, (*[]byte)(&p.Metadata), &p.CreatedAt, &p.UpdatedAt)
}

func readKey(s scanner) (k memory.APIKey, err error) {
	var scopes []byte
	err = s.Scan(&k.ID, &k.TeamID, &k.ProjectID, &k.Name, &k.Hash, &k.Prefix, &scopes, &k.ActorID,
		&k.CreatedAt, &k.ExpiresAt, &k.RevokedAt)
	if err != nil {
		return k, err
	}
	return k, json.Unmarshal(scopes, &k.Scopes)
}

// Team implements storage.TenantReader.
func (r reads) Team(ctx context.Context, id string) (memory.Team, error) {
	return one(ctx, r.q, "team", readTeam, `SELECT `+teamColumns+` FROM teams WHERE id = ?`, id)
}

// TeamByName implements storage.TenantReader.
func (r reads) TeamByName(ctx context.Context, name string) (memory.Team, error) {
	return one(ctx, r.q, "team", readTeam, `SELECT `+teamColumns+` FROM teams WHERE name = ?`, name)
}

// inProject is the scope as a condition on the projects table itself.
func inProject(s memory.Scope) *where {
	w := (&where{}).and("team_id = ?", s.TeamID)
	if s.ProjectID != "" {
		w.and("id = ?", s.ProjectID)
	}
	return w
}

// Project implements storage.TenantReader.
func (r reads) Project(ctx context.Context, s memory.Scope, id string) (memory.Project, error) {
	w := inProject(s).and("id = ?", id)
	return one(ctx, r.q, "project", readProject, `SELECT `+projectColumns+` FROM projects WHERE `+w.String(), w.args...)
}

// ProjectByName implements storage.TenantReader.
func (r reads) ProjectByName(ctx context.Context, s memory.Scope, name string) (memory.Project, error) {
	w := inProject(s).and("name = ?", name)
	return one(ctx, r.q, "project", readProject, `SELECT `+projectColumns+` FROM projects WHERE `+w.String(), w.args...)
}

// Projects implements storage.TenantReader.
func (r reads) Projects(ctx context.Context, s memory.Scope, p storage.Page) ([]memory.Project, error) {
	w := inProject(s)
	return all(ctx, r.q, readProject,
		`SELECT `+projectColumns+` FROM projects WHERE `+w.String()+` ORDER BY name, id LIMIT ? OFFSET ?`, w.page(p)...)
}

// KeyByHash implements storage.TenantReader.
func (r reads) KeyByHash(ctx context.Context, hash string) (memory.APIKey, error) {
	k, err := one(ctx, r.q, "API key", readKey, `SELECT `+keyColumns+` FROM api_keys WHERE key_hash = ?`, hash)
	if errors.Is(err, memory.ErrNotFound) {
		return one(ctx, r.q, "API key", readKey, `SELECT `+formerKeyColumns+` FROM api_keys WHERE previous_hash = ?`, hash)
	}
	return k, err
}

// Key implements storage.TenantReader.
func (r reads) Key(ctx context.Context, s memory.Scope, id string) (memory.APIKey, error) {
	w := inTeam(s).and("id = ?", id)
	return one(ctx, r.q, "API key", readKey, `SELECT `+keyColumns+` FROM api_keys WHERE `+w.String(), w.args...)
}

// Keys implements storage.TenantReader.
func (r reads) Keys(ctx context.Context, s memory.Scope, p storage.Page) ([]memory.APIKey, error) {
	w := inTeam(s)
	return all(ctx, r.q, readKey,
		`SELECT `+keyColumns+` FROM api_keys WHERE `+w.String()+` ORDER BY created_at, id LIMIT ? OFFSET ?`, w.page(p)...)
}

// EnsureTeam implements storage.TenantWriter. It inserts first and looks then, so
// that there is no moment in between; a conflict of ids is still an error.
func (t *tx) EnsureTeam(ctx context.Context, team memory.Team) (memory.Team, error) {
	_, err := t.exec(ctx, `INSERT INTO teams (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING`,
		team.ID, team.Name, team.CreatedAt)
	if err != nil {
		return memory.Team{}, err
	}
	return t.TeamByName(ctx, team.Name)
}

// EnsureProject implements storage.TenantWriter.
func (t *tx) EnsureProject(ctx context.Context, p memory.Project) (memory.Project, error) {
	_, err := t.exec(ctx, `INSERT INTO projects (id, team_id, name, metadata, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (team_id, name) DO NOTHING`,
		p.ID, p.TeamID, p.Name, string(object(p.Metadata)), p.CreatedAt, p.UpdatedAt)
	if err != nil {
		return memory.Project{}, err
	}
	return t.ProjectByName(ctx, memory.Scope{TeamID: p.TeamID}, p.Name)
}

// HoldProject implements storage.TenantWriter: there is one writer at a time.
func (t *tx) HoldProject(ctx context.Context, s memory.Scope, id string) (memory.Project, error) {
	return t.Project(ctx, s, id)
}

// SetProjectMetadata implements storage.TenantWriter.
func (t *tx) SetProjectMetadata(ctx context.Context, s memory.Scope, id string, metadata json.RawMessage, at memory.Epoch) (memory.Project, error) {
	w := inProject(s).and("id = ?", id)
	return one(ctx, t.q, "project", readProject, `UPDATE projects SET metadata = ?, updated_at = ? WHERE `+w.String()+
		` RETURNING `+projectColumns, append([]any{string(object(metadata)), at}, w.args...)...)
}

// PutKey implements storage.TenantWriter.
func (t *tx) PutKey(ctx context.Context, k memory.APIKey) error {
	if k.Scopes == nil {
		k.Scopes = []string{}
	}
	scopes, err := json.Marshal(k.Scopes)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `INSERT INTO api_keys (id, team_id, project_id, name, key_hash, prefix, scopes, actor_id,
		created_at, expires_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		k.ID, k.TeamID, text(k.ProjectID), k.Name, k.Hash, k.Prefix, string(scopes), text(k.ActorID),
		k.CreatedAt, epoch(k.ExpiresAt), epoch(k.RevokedAt))
	return err
}

// RevokeKey implements storage.TenantWriter. The first time stays, because what the
// key did after it is what an audit asks for.
func (t *tx) RevokeKey(ctx context.Context, s memory.Scope, id string, at memory.Epoch) (memory.APIKey, error) {
	w := inTeam(s).and("id = ?", id)
	return one(ctx, t.q, "API key", readKey,
		`UPDATE api_keys SET revoked_at = COALESCE(revoked_at, ?) WHERE `+w.String()+` RETURNING `+keyColumns,
		append([]any{at}, w.args...)...)
}

// RotateKey implements storage.TenantWriter.
func (t *tx) RotateKey(ctx context.Context, s memory.Scope, id string, r memory.Rotation) (memory.APIKey, error) {
	k, err := t.Key(ctx, s, id)
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
	w := inTeam(s).and("id = ?", id)
	return one(ctx, t.q, "API key", readKey,
		`UPDATE api_keys SET key_hash = ?, prefix = ?, previous_hash = ?, previous_until = ? WHERE `+w.String()+` RETURNING `+keyColumns,
		append([]any{r.Hash, r.Prefix, text(memory.Opt(former)), epoch(r.OldUntil)}, w.args...)...)
}
