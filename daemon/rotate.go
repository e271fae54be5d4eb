package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"claude-mem/internal/config"
	"claude-mem/memory"
	"claude-mem/storage"
)

// MaxGrace is how long an old secret may go on opening at most.
const MaxGrace = 30 * 24 * time.Hour

// RotateRequest says which key gets a new secret.
type RotateRequest struct {
	KeyID  string        // "" means the one in the settings file, which is then written there
	TeamID string        // goes with KeyID; "" means the local team
	Grace  time.Duration // how long the old secret opens as well, at most MaxGrace; 0: no more
}

// RotateKey gives a key another secret and returns it. The key stays the same, with
// its scopes and with what was asked for with it. Whoever holds the old secret, such
// as a hook that read it a moment ago, gets in with it until the grace is over.
func RotateKey(ctx context.Context, cfg *config.Config, r RotateRequest) (secret string, k memory.APIKey, err error) {
	if r.Grace < 0 || r.Grace > MaxGrace {
		return "", k, memory.Invalid(fmt.Sprintf("expected 0 to %s", MaxGrace), "grace")
	}
	old := ""
	if r.KeyID == "" {
		if old, err = keyInFile(cfg); err != nil {
			return "", k, err
		}
	}
	secret = memory.MintKey()
	err = withStore(ctx, cfg, func(s storage.Store) error {
		if old != "" {
			if k, err = s.KeyByHash(ctx, memory.HashKey(old)); err != nil {
				return fmt.Errorf("look for the key of the settings file: %w", err)
			}
			r.KeyID, r.TeamID = k.ID, k.TeamID
			// First the file: if all ends here, the next start of the daemon heals it.
			if err := config.SetInFile(cfg.Dirs.SettingsFile(), config.ServerAPIKey, secret); err != nil {
				return err
			}
		}
		k, err = rotate(ctx, s, secret, r)
		if err != nil && old != "" {
			err = errors.Join(err, config.SetInFile(cfg.Dirs.SettingsFile(), config.ServerAPIKey, old))
		}
		return err
	})
	return secret, k, err
}

// keyInFile is the key that hooks present, if it is ours to change.
func keyInFile(cfg *config.Config) (string, error) {
	secret, origin := cfg.String(config.ServerAPIKey), cfg.Origin(config.ServerAPIKey)
	switch {
	case secret == "":
		return "", fmt.Errorf("there is no key to rotate: %s is not set; the daemon makes one when it first starts", config.ServerAPIKey)
	case origin.Source != "file":
		return "", fmt.Errorf("%s is set by the %s, which cannot be changed from here; name a key by its id and set the new secret yourself", config.ServerAPIKey, origin)
	case cfg.String(config.ServerURL) != "" && cfg.String(config.ServerDatabaseURL) == "":
		return "", fmt.Errorf("the key is for the server at %s: rotate it there", cfg.String(config.ServerURL))
	}
	return secret, nil
}

func rotate(ctx context.Context, s storage.Store, secret string, r RotateRequest) (k memory.APIKey, err error) {
	err = s.InTx(ctx, func(tx storage.Tx) error {
		team, err := findTeam(ctx, tx, r.TeamID)
		if err != nil {
			return err
		}
		next := memory.APIKey{}.WithSecret(secret)
		rotation := memory.Rotation{Hash: next.Hash, Prefix: next.Prefix}
		if r.Grace > 0 {
			rotation.OldUntil = memory.Now().Add(r.Grace)
		}
		if k, err = tx.RotateKey(ctx, memory.Scope{TeamID: team.ID}, r.KeyID, rotation); err != nil {
			return err
		}
		return auditKey(ctx, tx, memory.AuditKeyRotate, k)
	})
	return k, err
}
