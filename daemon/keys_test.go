package daemon

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claude-mem/client"
	"claude-mem/hooks/spool"
	"claude-mem/internal/config"
	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// secretOf is the key in the profile's settings file.
func secretOf(t *testing.T, cfg *Config) string {
	t.Helper()
	again, err := config.Load(config.Options{Environ: []string{config.DataDir + "=" + cfg.Dirs.Data}})
	if err != nil {
		t.Fatal(err)
	}
	return again.String(config.ServerAPIKey)
}

func TestKeyIsMintedOnce(t *testing.T) {
	s := settings(t)
	r := start(t, s)
	secret := secretOf(t, r.cfg)
	if !strings.HasPrefix(secret, "cmem_") || len(secret) != len("cmem_")+64 {
		t.Errorf("key %q", secret)
	}
	r.end()
	r = start(t, s)
	if again := secretOf(t, r.cfg); again != secret {
		t.Errorf("the key became %q", again)
	}
	keys, err := Keys(t.Context(), r.cfg, "")
	if err != nil || len(keys) != 1 || keys[0].Name != "local" || !strings.HasPrefix(secret, keys[0].Prefix) {
		t.Errorf("keys %+v, %v", keys, err)
	}
}

func TestKeyOutlivesTheDatabase(t *testing.T) {
	s := settings(t)
	r := start(t, s)
	r.end()
	secret := secretOf(t, r.cfg)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(r.cfg.Dirs.Database() + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	r = start(t, s)
	if _, err := r.client().Projects(t.Context()); err != nil || secretOf(t, r.cfg) != secret {
		t.Errorf("the key opens nothing, or changed: %v", err)
	}
}

// Whoever asked for a key that could not be made whole never saw its secret: nothing of
// it may stay.
func TestKeyIsMadeWholeOrNotAtAll(t *testing.T) {
	cfg, err := config.Load(config.Options{Environ: []string{config.DataDir + "=" + t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	first, err := CreateKey(t.Context(), cfg, KeyRequest{Name: "first", Team: "one", Scopes: []string{memory.ScopeAll}})
	if err != nil || first.Project.Name != memory.LocalProject || first.ProjectID != "" {
		t.Fatalf("%+v, %v", first, err)
	}
	if log := audits(t, cfg, first.Project.Scope(), memory.AuditProjectCreate); len(log) != 1 || string(log[0].ResourceID) != first.Project.ID {
		t.Errorf("the making of the project in the audit log: %+v", log)
	}
	db, err := sql.Open("sqlite", cfg.Dirs.Database())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`CREATE TRIGGER no_projects BEFORE INSERT ON projects BEGIN SELECT RAISE(ABORT, 'no more projects'); END`); err != nil {
		t.Fatal(err)
	}
	if _, err := CreateKey(t.Context(), cfg, KeyRequest{Name: "second", Team: "two", Scopes: []string{memory.ScopeAll}}); err == nil {
		t.Error("a key without a project")
	}
	if keys, err := Keys(t.Context(), cfg, "two"); !errors.Is(err, memory.ErrNotFound) {
		t.Errorf("left behind: %+v, %v", keys, err)
	}
}

func TestRevokedKeyIsReplaced(t *testing.T) {
	s := settings(t)
	r := start(t, s)
	secret := secretOf(t, r.cfg)
	keys, err := Keys(t.Context(), r.cfg, "")
	if err != nil || len(keys) != 1 {
		t.Fatal(keys, err)
	}
	if _, err := RevokeKey(t.Context(), r.cfg, "", keys[0].ID); err != nil {
		t.Fatal(err)
	}
	if _, err := r.client().Projects(t.Context()); !errors.Is(err, memory.ErrForbidden) {
		t.Errorf("a revoked key: %v", err)
	}
	// What hooks spool meanwhile is the user's own all the same.
	if err := spool.New(r.cfg.Dirs.Spool()).Append(edit("s1", "t1", "a.go")); err != nil {
		t.Fatal(err)
	}
	r.end()
	r = start(t, s)
	if _, err := r.client().Projects(t.Context()); err != nil || secretOf(t, r.cfg) == secret {
		t.Errorf("no new key: %v", err)
	}
	if books := settled(t, r.client(), 1); books.Written != 1 {
		t.Errorf("books %+v", books)
	}
}

func TestSettingsThatCannotTakeAKey(t *testing.T) {
	s := settings(t)
	const broken = "{ // mine\n}"
	path := filepath.Join(s[config.DataDir], "settings.json")
	if err := os.WriteFile(path, []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, _ := LoadConfig(s)
	if err := New(cfg, Options{}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Run: %v", err)
	}
	if now, _ := os.ReadFile(path); string(now) != broken {
		t.Errorf("the file became %q", now)
	}
}

func TestKeysBesideADaemon(t *testing.T) {
	r := start(t, settings(t))
	k, err := CreateKey(t.Context(), r.cfg, KeyRequest{
		Name: "reader", Scopes: []string{memory.ScopeMemoriesRead}, Project: "/src/p",
	})
	if err != nil || k.ProjectID == "" || k.TeamID == "" {
		t.Fatalf("made %+v, %v", k, err)
	}
	c := client.New(r.URL(), k.Secret, client.Options{Transport: client.OneShot{}})
	projects, err := c.Projects(t.Context())
	if err != nil || len(projects) != 1 || projects[0].Name != "/src/p" || projects[0].ID != string(k.ProjectID) {
		t.Errorf("projects %+v, %v", projects, err)
	}
	other, err := CreateKey(t.Context(), r.cfg, KeyRequest{Name: "b", Scopes: []string{memory.ScopeAll}, Project: projects[0].ID})
	if err != nil || other.ProjectID != k.ProjectID || other.Secret == k.Secret {
		t.Errorf("a second key: %+v, %v", other, err)
	}
	revoked, err := RevokeKey(t.Context(), r.cfg, k.TeamID, k.ID)
	if err != nil || revoked.RevokedAt == 0 {
		t.Errorf("revoked %+v, %v", revoked, err)
	}
	if _, err := c.Projects(t.Context()); !errors.Is(err, memory.ErrForbidden) {
		t.Errorf("after the revocation: %v", err)
	}
	if keys, err := Keys(t.Context(), r.cfg, ""); err != nil || len(keys) != 3 {
		t.Errorf("keys %+v, %v", keys, err)
	}
}

func TestKeyRequestsThatAreWrong(t *testing.T) {
	cfg := load(t, settings(t))
	for name, r := range map[string]KeyRequest{
		"no scope":      {Name: "x"},
		"unknown scope": {Name: "x", Scopes: []string{"everything"}},
	} {
		if _, err := CreateKey(t.Context(), cfg, r); !errors.Is(err, memory.ErrValidation) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for what, r := range map[string]KeyRequest{
		"team": {Team: id.New()}, "project": {Project: id.New()}, // what looks like an id is no name
	} {
		r.Name, r.Scopes = "x", []string{"*"}
		if _, err := CreateKey(t.Context(), cfg, r); !errors.Is(err, memory.ErrNotFound) {
			t.Errorf("unknown %s: %v", what, err)
		}
	}
	if _, err := Keys(t.Context(), cfg, "nobody"); !errors.Is(err, memory.ErrNotFound) {
		t.Errorf("keys of an unknown team: %v", err)
	}
	if _, err := RevokeKey(t.Context(), cfg, "", "nothing"); !errors.Is(err, memory.ErrNotFound) {
		t.Errorf("unknown key: %v", err)
	}
}

// What was asked for with a key is done though the key has another secret now, and
// a hook that holds the old one is let in for a while.
func TestHooksAndJobsOutliveARotation(t *testing.T) {
	s := settings(t)
	r := start(t, s)
	old := client.New(r.URL(), load(t, s).String(config.ServerAPIKey), client.Options{})
	secret, k, err := RotateKey(t.Context(), load(t, s), RotateRequest{Grace: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	renewed := load(t, s)
	if got := renewed.String(config.ServerAPIKey); got != secret {
		t.Errorf("the settings file holds %q…, not the new secret", memory.APIKey{}.WithSecret(got).Prefix)
	}
	answer, err := old.Hook(t.Context(), memory.HookRecord{
		Project: "/src/p", SessionID: "s", Event: &memory.HookEvent{Type: memory.EventToolUse, SourceID: "1", Payload: []byte(`{"tool_name":"Bash","tool_input":{"command":"make"}}`)},
	})
	if err != nil {
		t.Fatalf("with the old secret: %v", err)
	}
	if _, _, err := RotateKey(t.Context(), renewed, RotateRequest{}); err != nil {
		t.Fatal(err)
	}
	if _, err := old.Projects(t.Context()); !errors.Is(err, memory.ErrForbidden) {
		t.Errorf("the secret before the last: %v", err)
	}
	now := client.New(r.URL(), load(t, s).String(config.ServerAPIKey), client.Options{})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		job, err := now.Job(t.Context(), answer.JobID)
		if err != nil {
			t.Fatal(err)
		}
		if job.Status == memory.JobCompleted {
			break
		}
		if job.Status.Terminal() || time.Now().After(deadline) {
			t.Fatalf("the job is %s: %s", job.Status, job.LastError)
		}
	}
	keys, err := Keys(t.Context(), renewed, "")
	if err != nil || len(keys) != 1 || keys[0].ID != k.ID {
		t.Errorf("keys %+v, %v", keys, err)
	}
}

// What cannot be stored leaves the settings as they are.
func TestRotationIsAllOrNothing(t *testing.T) {
	s := settings(t)
	start(t, s)
	before := load(t, s).String(config.ServerAPIKey)
	for name, r := range map[string]RotateRequest{
		"grace too long": {Grace: MaxGrace + 1},
		"negative grace": {Grace: -1},
	} {
		if _, _, err := RotateKey(t.Context(), load(t, s), r); !errors.Is(err, memory.ErrValidation) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := config.SetInFile(load(t, s).Dirs.SettingsFile(), config.ServerAPIKey, "cmem_unknown"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := RotateKey(t.Context(), load(t, s), RotateRequest{}); !errors.Is(err, memory.ErrNotFound) {
		t.Errorf("a key that nobody knows: %v", err)
	}
	if got := load(t, s).String(config.ServerAPIKey); got != "cmem_unknown" || before == "" {
		t.Error("the settings changed")
	}
}

// audits reads the audit log of the configured database.
func audits(t *testing.T, cfg *config.Config, s memory.Scope, action string) (log []memory.AuditEntry) {
	t.Helper()
	err := withStore(t.Context(), cfg, func(store storage.Store) (err error) {
		log, err = store.Audit(t.Context(), s, storage.AuditFilter{Action: action}, storage.Page{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return log
}
