package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"claude-mem/internal/config"
	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// localKey makes sure that the key in the settings opens this database. It mints
// one at the first start, and again after the user revoked it; it makes the
// database know a key that it lost, so that a database can be moved away without
// cutting off those who hold the key.
func localKey(ctx context.Context, cfg *config.Config, store storage.Store) (memory.APIKey, error) {
	secret := cfg.String(config.ServerAPIKey)
	if secret != "" {
		key, err := store.KeyByHash(ctx, memory.HashKey(secret))
		if err == nil && key.Usable(memory.Now()) || err != nil && !errors.Is(err, memory.ErrNotFound) {
			return key, err
		}
		if err == nil {
			secret = "" // revoked or expired
		}
	}
	if secret == "" {
		secret = memory.MintKey()
		// First the file: a key that is only there is healed by the next start.
		if err := config.SetInFile(cfg.Dirs.SettingsFile(), config.ServerAPIKey, secret); err != nil {
			return memory.APIKey{}, err
		}
	}
	var key memory.APIKey
	err := store.InTx(ctx, func(tx storage.Tx) (err error) {
		key, err = putKey(ctx, tx, secret, KeyRequest{Name: "local", Scopes: []string{memory.ScopeAll}})
		return err
	})
	return key, err
}

// KeyRequest describes a key to make.
type KeyRequest struct {
	Name    string
	Scopes  []string     // of memory.KeyScopes; at least one
	Team    string       // name or id; "" means the local team
	Project string       // name or id; "" means every project of the team
	Expires memory.Epoch // 0 means never
}

// validate checks the scopes; everything else is free.
func (r KeyRequest) validate() error {
	if len(r.Scopes) == 0 {
		return memory.Invalid("a key needs at least one scope", "scopes")
	}
	for _, s := range r.Scopes {
		if !slices.Contains(memory.KeyScopes(), s) {
			return memory.Invalid(fmt.Sprintf("there is no scope %q", s), "scopes")
		}
	}
	return nil
}

// putKey stores the key. Its team and project are made if need be.
func putKey(ctx context.Context, tx storage.Tx, secret string, r KeyRequest) (memory.APIKey, error) {
	key := memory.APIKey{
		ID: id.New(), Name: r.Name, Scopes: r.Scopes,
		ActorID: memory.Opt("key:" + r.Name), CreatedAt: memory.Now(), ExpiresAt: r.Expires,
	}.WithSecret(secret)
	team, err := ensureTeam(ctx, tx, r.Team)
	if err != nil {
		return key, err
	}
	key.TeamID = team.ID
	if r.Project != "" {
		p, err := ensureProject(ctx, tx, team.ID, r.Project)
		if err != nil {
			return key, err
		}
		key.ProjectID = memory.Opt(p.ID)
	}
	if err := tx.PutKey(ctx, key); err != nil {
		return key, fmt.Errorf("store the key %q: %w", r.Name, err)
	}
	return key, auditKey(ctx, tx, memory.AuditKeyCreate, key)
}

// findTeam finds a team by id or name; "" is the local team.
func findTeam(ctx context.Context, tx storage.Tx, ref string) (memory.Team, error) {
	if ref != "" {
		t, err := tx.Team(ctx, ref)
		if !errors.Is(err, memory.ErrNotFound) {
			return t, err
		}
	}
	t, err := tx.TeamByName(ctx, cmp.Or(ref, memory.LocalTeam))
	if errors.Is(err, memory.ErrNotFound) && ref != "" {
		return t, memory.Errorf(memory.CodeNotFound, "there is no team %q", ref)
	}
	return t, err
}

// ensureTeam is findTeam that makes a team of the name if there is none. What looks
// like an id is one that does not exist, never a name to be.
func ensureTeam(ctx context.Context, tx storage.Tx, ref string) (memory.Team, error) {
	t, err := findTeam(ctx, tx, ref)
	if !errors.Is(err, memory.ErrNotFound) || uuid.Validate(ref) == nil {
		return t, err
	}
	return tx.EnsureTeam(ctx, memory.Team{ID: id.New(), Name: cmp.Or(ref, memory.LocalTeam), CreatedAt: memory.Now()})
}

// ensureProject finds a project by id or name, or makes one of that name.
func ensureProject(ctx context.Context, tx storage.Tx, teamID, ref string) (memory.Project, error) {
	p, err := tx.Project(ctx, memory.Scope{TeamID: teamID}, ref)
	if !errors.Is(err, memory.ErrNotFound) {
		return p, err
	}
	if uuid.Validate(ref) == nil {
		return p, memory.Errorf(memory.CodeNotFound, "there is no project %q in the team", ref)
	}
	now := memory.Now()
	draft := memory.Project{ID: id.New(), TeamID: teamID, Name: ref, Metadata: []byte("{}"), CreatedAt: now, UpdatedAt: now}
	if p, err = tx.EnsureProject(ctx, draft); err != nil || p.ID != draft.ID {
		return p, err
	}
	return p, audit(ctx, tx, memory.AuditEntry{
		TeamID: p.TeamID, ProjectID: memory.Opt(p.ID), Action: memory.AuditProjectCreate, ResourceType: "project", ResourceID: memory.Opt(p.ID),
	})
}

func auditKey(ctx context.Context, tx storage.Tx, action string, k memory.APIKey) error {
	return audit(ctx, tx, memory.AuditEntry{
		TeamID: k.TeamID, ProjectID: k.ProjectID, Action: action, ResourceType: "api_key", ResourceID: memory.Opt(k.ID),
	})
}

// audit notes what was done to the database at its own machine, without a key.
func audit(ctx context.Context, tx storage.Tx, e memory.AuditEntry) error {
	e.ID, e.ActorID, e.Details, e.CreatedAt = id.New(), "system:cli", []byte("{}"), memory.Now()
	return tx.PutAudit(ctx, e)
}

// MadeKey is a key right after it was made, the only time that anybody sees it.
type MadeKey struct {
	memory.APIKey
	Secret string
	// Project is the only one that the key reaches or, for a key of the whole team, its
	// local one, for a client that has to name some project.
	Project memory.Project
	// Database is where the key is good, for people: a file's path, or the name and
	// host of a team's database.
	Database string
}

// CreateKey makes a key in the configured database, whether a daemon runs or not, and
// the team and the project that it is for, if they are not there: all of it or nothing,
// for if there is an error, nobody gets to see the secret.
func CreateKey(ctx context.Context, cfg *config.Config, r KeyRequest) (made MadeKey, err error) {
	if err := r.validate(); err != nil {
		return made, err
	}
	made.Secret, made.Database = memory.MintKey(), database(cfg)
	err = withStore(ctx, cfg, func(s storage.Store) (err error) {
		return s.InTx(ctx, func(tx storage.Tx) (err error) {
			if made.APIKey, err = putKey(ctx, tx, made.Secret, r); err != nil {
				return err
			}
			made.Project, err = ensureProject(ctx, tx, made.TeamID, cmp.Or(string(made.ProjectID), memory.LocalProject))
			return err
		})
	})
	return made, err
}

// Keys lists the keys of a team, by id or name, oldest first, revoked ones too. An
// empty name means the local team.
func Keys(ctx context.Context, cfg *config.Config, team string) (keys []memory.APIKey, err error) {
	err = withStore(ctx, cfg, func(s storage.Store) error {
		return s.InTx(ctx, func(tx storage.Tx) error {
			t, err := findTeam(ctx, tx, team)
			if team == "" && errors.Is(err, memory.ErrNotFound) {
				return nil // nobody made a key yet
			}
			if err != nil {
				return err
			}
			keys, err = tx.Keys(ctx, memory.Scope{TeamID: t.ID}, storage.Page{})
			return err
		})
	})
	return keys, err
}

// RevokeKey ends a key of the team, by id or name, at once. One that was revoked
// before keeps its time. An empty name means the local team.
func RevokeKey(ctx context.Context, cfg *config.Config, team, keyID string) (k memory.APIKey, err error) {
	err = withStore(ctx, cfg, func(s storage.Store) error {
		return s.InTx(ctx, func(tx storage.Tx) error {
			t, err := findTeam(ctx, tx, team)
			if err != nil {
				return err
			}
			if k, err = tx.RevokeKey(ctx, memory.Scope{TeamID: t.ID}, keyID, memory.Now()); err != nil {
				return err
			}
			return auditKey(ctx, tx, memory.AuditKeyRevoke, k)
		})
	})
	return k, err
}
