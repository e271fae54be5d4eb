package storagetest

import (
	"fmt"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// pagers are the methods that page, as lists of ids in scope ours.
func (f *fixture) pagers(session string) map[string]func(storage.Page) ([]string, error) {
	return map[string]func(storage.Page) ([]string, error){
		"Projects": func(p storage.Page) ([]string, error) {
			l, err := f.store.Projects(f.ctx, memory.Scope{TeamID: f.ours.TeamID}, p)
			return ids(l, func(p memory.Project) string { return p.ID }), err
		},
		"Keys": func(p storage.Page) ([]string, error) {
			l, err := f.store.Keys(f.ctx, f.ours, p)
			return ids(l, func(k memory.APIKey) string { return k.ID }), err
		},
		"Sessions": func(p storage.Page) ([]string, error) {
			l, err := f.store.Sessions(f.ctx, f.ours, p)
			return ids(l, func(s memory.Session) string { return s.ID }), err
		},
		"SessionEvents": func(p storage.Page) ([]string, error) {
			l, err := f.store.SessionEvents(f.ctx, f.ours, session, p)
			return ids(l, eventID), err
		},
		"Jobs": func(p storage.Page) ([]string, error) {
			l, _, err := f.store.Jobs(f.ctx, f.ours, storage.JobFilter{}, p)
			return ids(l, func(j memory.Job) string { return j.ID }), err
		},
		"Observations": func(p storage.Page) ([]string, error) {
			l, err := f.store.Observations(f.ctx, f.ours, storage.ObservationFilter{}, p)
			return ids(l, func(o memory.Observation) string { return o.ID }), err
		},
		"Audit": func(p storage.Page) ([]string, error) {
			l, err := f.store.Audit(f.ctx, f.ours, storage.AuditFilter{}, p)
			return ids(l, func(e memory.AuditEntry) string { return e.ID }), err
		},
	}
}

// testPaging checks every list that pages, with rows that differ in nothing but
// their ids: pages are disjoint, complete and in one order.
func testPaging(f *fixture) {
	const rows = 23
	s := f.putSession(newSession(f.ours, "s", 7))
	f.tx(func(tx storage.Tx) error {
		for i := range rows {
			_, err := tx.EnsureProject(f.ctx, memory.Project{ID: id.New(), TeamID: f.ours.TeamID, Name: nth("p", i), CreatedAt: 7, UpdatedAt: 7})
			f.ok(err)
			f.ok(tx.PutKey(f.ctx, newKey(f.ours, nth("key", i), 7)))
			_, _, err = tx.EnsureSession(f.ctx, newSession(f.ours, nth("s", i), 7))
			f.ok(err)
			e, _, err := tx.PutEvent(f.ctx, newEvent(f.ours, s.ID, 7))
			f.ok(err)
			_, _, err = tx.PutJob(f.ctx, newJob(f.ours, memory.KindEvent, e.ID, 7))
			f.ok(err)
			_, _, err = tx.PutObservation(f.ctx, newObservation(f.ours, "same", 7))
			f.ok(err)
			f.ok(tx.PutAudit(f.ctx, memory.AuditEntry{
				ID: id.New(), TeamID: f.ours.TeamID, ProjectID: memory.Opt(f.ours.ProjectID),
				Action: "a", ResourceType: "t", Details: []byte(`{}`), CreatedAt: 7,
			}))
		}
		return nil
	})
	for name, list := range f.pagers(s.ID) {
		all, err := list(storage.Page{Limit: storage.MaxPage})
		f.ok(err)
		if len(all) < rows {
			f.Errorf("%s: %d of %d", name, len(all), rows)
		}
		var paged []string
		for offset := 0; offset < len(all); offset += 5 {
			page, err := list(storage.Page{Limit: 5, Offset: offset})
			f.ok(err)
			paged = append(paged, page...)
		}
		f.same(name+": the pages make the whole", paged, all)
		for _, p := range []storage.Page{{}, {Limit: -1}, {Limit: 1 << 40}, {Limit: -1, Offset: -1}, {Offset: -1 << 40}} {
			got, err := list(p)
			f.ok(err)
			f.same(fmt.Sprintf("%s: page %+v", name, p), got, all)
		}
		got, err := list(storage.Page{Limit: 5, Offset: 1 << 40})
		f.ok(err)
		f.same(name+": beyond the end", got, []string{})
	}
	f.bounded()
}

// bounded checks that no call returns more than MaxPage rows.
func (f *fixture) bounded() {
	f.Helper()
	s := f.putSession(newSession(f.ours2, "many", 1))
	f.tx(func(tx storage.Tx) error {
		for i := range storage.MaxPage + 5 {
			if _, _, err := tx.PutEvent(f.ctx, newEvent(f.ours2, s.ID, memory.Epoch(i+1))); err != nil {
				return err
			}
		}
		return nil
	})
	list, err := f.store.SessionEvents(f.ctx, f.ours2, s.ID, storage.Page{Limit: storage.MaxPage + 1})
	f.ok(err)
	f.same("at most a page", len(list), storage.MaxPage)
}
