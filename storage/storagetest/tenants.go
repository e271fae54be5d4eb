package storagetest

import (
	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// testTenants checks that teams and projects are made once for a name, which is
// compared to the letter: two spellings of a path are two repositories until the
// resolver says otherwise.
func testTenants(f *fixture) {
	f.tx(func(tx storage.Tx) error {
		again, err := tx.EnsureTeam(f.ctx, memory.Team{ID: id.New(), Name: "ours", CreatedAt: 99})
		f.ok(err)
		f.same("a team of that name is found, not made", again, memory.Team{ID: f.ours.TeamID, Name: "ours", CreatedAt: 1})
		p, err := tx.EnsureProject(f.ctx, memory.Project{ID: id.New(), TeamID: f.ours.TeamID, Name: "/home/us/one", CreatedAt: 99})
		f.ok(err)
		f.same("a project of that name is found, not made", p.ID, f.ours.ProjectID)
		return nil
	})
	team, err := f.store.Team(f.ctx, f.ours.TeamID)
	f.ok(err)
	f.same("team", team.Name, "ours")
	_, err = f.store.Team(f.ctx, "nobody")
	f.fails("a missing team", err, memory.ErrNotFound)
	byName, err := f.store.TeamByName(f.ctx, "ours")
	f.ok(err)
	f.same("team by name", byName, team)
	_, err = f.store.TeamByName(f.ctx, "OURS")
	f.fails("a missing team by name", err, memory.ErrNotFound)

	whole := memory.Scope{TeamID: f.ours.TeamID}
	list, err := f.store.Projects(f.ctx, whole, storage.Page{})
	f.ok(err)
	f.same("projects by name", ids(list, func(p memory.Project) string { return p.Name }), []string{"/home/us/one", "/home/us/two"})
	list, err = f.store.Projects(f.ctx, f.ours2, storage.Page{})
	f.ok(err)
	f.same("a project's own", ids(list, func(p memory.Project) string { return p.Name }), []string{"/home/us/two"})
	_, err = f.store.ProjectByName(f.ctx, f.ours2, "/home/us/one")
	f.fails("a sibling by name", err, memory.ErrNotFound)

	f.tx(func(tx storage.Tx) error {
		p, err := tx.SetProjectMetadata(f.ctx, f.ours, f.ours.ProjectID, []byte(`{"a": 1}`), 7)
		f.ok(err)
		f.same("metadata", []string{string(p.Metadata), p.Name}, []string{`{"a": 1}`, "/home/us/one"})
		f.same("changed at", p.UpdatedAt, memory.Epoch(7))
		return nil
	})

	// Names are compared as they are.
	f.tx(func(tx storage.Tx) error {
		p, err := tx.EnsureProject(f.ctx, memory.Project{ID: id.New(), TeamID: f.ours.TeamID, Name: "/HOME/us/one", CreatedAt: 1})
		f.ok(err)
		if p.ID == f.ours.ProjectID {
			f.Error("names that differ in case are one project")
		}
		return nil
	})
	f.putSession(newSession(f.ours, "s", 1))
	f.putEvent(newEvent(f.ours, "", 1))
	f.putEvent(newEvent(f.ours2, "", 1))
	counts, err := f.store.Counts(f.ctx, whole)
	f.ok(err)
	f.same("counts of the team", counts, memory.Counts{Projects: 3, Sessions: 1, Events: 2})
	counts, err = f.store.Counts(f.ctx, f.ours2)
	f.ok(err)
	f.same("counts of a project", counts, memory.Counts{Projects: 1, Events: 1})
}

// newKey is a key that is not stored yet; its hash is its name.
func newKey(s memory.Scope, name string, at memory.Epoch) memory.APIKey {
	return memory.APIKey{
		ID: id.New(), TeamID: s.TeamID, ProjectID: memory.Opt(s.ProjectID), Name: name, Hash: "hash of " + name,
		Prefix: "cm_", Scopes: []string{memory.ScopeMemoriesRead, memory.ScopeEventsWrite}, CreatedAt: at,
	}
}

// testRotation checks that a rotated key is the same key with another secret, and
// that the old secret opens as long as it was allowed to.
func testRotation(f *fixture) {
	team := memory.Scope{TeamID: f.ours.TeamID}
	key, soon := newKey(f.ours, "first", 1), newKey(team, "soon", 2)
	soon.ExpiresAt = 100
	f.tx(func(tx storage.Tx) error {
		f.ok(tx.PutKey(f.ctx, key))
		f.ok(tx.PutKey(f.ctx, soon))
		_, err := tx.RotateKey(f.ctx, f.theirs, key.ID, memory.Rotation{Hash: "stolen", Prefix: "cm_s"})
		f.fails("rotating another team's key", err, memory.ErrNotFound)
		k, err := tx.RotateKey(f.ctx, team, key.ID, memory.Rotation{Hash: "second", Prefix: "cm_2", OldUntil: 500})
		f.ok(err)
		key.Hash, key.Prefix = "second", "cm_2"
		f.same("rotated", k, key)
		_, err = tx.RotateKey(f.ctx, team, soon.ID, memory.Rotation{Hash: "later", Prefix: "cm_l", OldUntil: 500})
		f.ok(err)
		return nil
	})
	got, err := f.store.KeyByHash(f.ctx, "second")
	f.ok(err)
	f.same("by the new secret", got, key)
	got, err = f.store.KeyByHash(f.ctx, "hash of first")
	f.ok(err)
	former := key
	former.ExpiresAt = 500
	f.same("by the old secret, which expires", got, former)
	got, err = f.store.KeyByHash(f.ctx, "hash of soon")
	f.ok(err)
	f.same("no secret outlives its key", got.ExpiresAt, memory.Epoch(100))

	f.tx(func(tx storage.Tx) error {
		_, err := tx.RotateKey(f.ctx, team, key.ID, memory.Rotation{Hash: "third", Prefix: "cm_3"})
		f.ok(err)
		return nil
	})
	for _, gone := range []string{"hash of first", "second"} {
		_, err = f.store.KeyByHash(f.ctx, gone)
		f.fails("by "+gone+", which opens no more", err, memory.ErrNotFound)
	}
	f.tx(func(tx storage.Tx) error {
		_, err := tx.RevokeKey(f.ctx, team, key.ID, 50)
		f.ok(err)
		return nil
	})
	f.fails("rotating a revoked key", f.store.InTx(f.ctx, func(tx storage.Tx) error {
		_, err := tx.RotateKey(f.ctx, team, key.ID, memory.Rotation{Hash: "fourth", Prefix: "cm_4"})
		return err
	}), memory.ErrConflict)
}

// testKeys checks that a key is found by its hash and id whatever its state, since
// its owner decides what an expired one means, and that revoking it is final.
func testKeys(f *fixture) {
	team := memory.Scope{TeamID: f.ours.TeamID}
	wide, narrow, bare := newKey(team, "wide", 2), newKey(f.ours, "narrow", 1), newKey(f.ours2, "bare", 3)
	wide.ActorID, wide.ExpiresAt = "somebody", 1000
	bare.Scopes = nil
	f.tx(func(tx storage.Tx) error {
		for _, k := range []memory.APIKey{wide, narrow, bare} {
			f.ok(tx.PutKey(f.ctx, k))
		}
		return nil
	})
	got, err := f.store.KeyByHash(f.ctx, "hash of wide")
	f.ok(err)
	f.same("key by hash", got, wide)
	got, err = f.store.Key(f.ctx, f.ours2, bare.ID)
	f.ok(err)
	f.same("key without scopes", got, bare)
	_, err = f.store.KeyByHash(f.ctx, "hash of nothing")
	f.fails("an unknown hash", err, memory.ErrNotFound)
	_, err = f.store.Key(f.ctx, f.ours2, narrow.ID)
	f.fails("a key of another project", err, memory.ErrNotFound)

	f.tx(func(tx storage.Tx) error {
		k, err := tx.RevokeKey(f.ctx, team, wide.ID, 50)
		f.ok(err)
		f.same("revoked at", k.RevokedAt, memory.Epoch(50))
		k, err = tx.RevokeKey(f.ctx, team, wide.ID, 60)
		f.ok(err)
		f.same("revoked again", k.RevokedAt, memory.Epoch(50))
		_, err = tx.RevokeKey(f.ctx, team, "nothing", 60)
		f.fails("revoking nothing", err, memory.ErrNotFound)
		return nil
	})
	list, err := f.store.Keys(f.ctx, team, storage.Page{})
	f.ok(err)
	f.same("keys, oldest first, revoked ones too", ids(list, func(k memory.APIKey) string { return k.Name }), []string{"narrow", "wide", "bare"})
}
