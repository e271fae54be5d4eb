package storagetest

import (
	"time"

	"claude-mem/memory"
	"claude-mem/storage"
)

// testWorkers checks that workers are known as long as they give signs of life.
func testWorkers(f *fixture) {
	put := func(ws ...memory.Worker) {
		for _, w := range ws {
			f.tx(func(tx storage.Tx) error { return tx.PutWorker(f.ctx, w) })
		}
	}
	list := func(within time.Duration) []memory.Worker {
		ws, err := f.store.Workers(f.ctx, within)
		f.ok(err)
		return ws
	}
	f.same("at first", list(time.Hour), []memory.Worker{})
	older := memory.Worker{ID: "b", Host: "h", PID: 7, Version: "v1", StartedAt: 10, SeenAt: 1}
	twin := memory.Worker{ID: "a", Host: "h", PID: 8, Version: "v1", StartedAt: 20}
	newer := memory.Worker{ID: "c", Host: "h", PID: 9, Version: "v1", StartedAt: 20}
	put(newer, twin, older)
	got := list(time.Hour)
	f.same("oldest first, then by id", ids(got, func(w memory.Worker) string { return w.ID }), []string{"b", "a", "c"})
	if got[0].SeenAt <= older.SeenAt {
		f.Errorf("seen at %d, which is what the worker says", got[0].SeenAt)
	}
	older.SeenAt = got[0].SeenAt
	f.same("as it was put", got[0], older)
	f.same("nobody is heard of from now on", list(-time.Hour), []memory.Worker{})

	older.Paused = []memory.LanePause{{Lane: memory.LaneEvent, Class: "quota", Since: 30}}
	put(older)
	now := list(time.Hour)[0]
	f.same("what holds it up", now.Paused, older.Paused)
	if now.SeenAt < older.SeenAt {
		f.Errorf("seen at %d, before %d", now.SeenAt, older.SeenAt)
	}
	f.tx(func(tx storage.Tx) error { return tx.RemoveWorker(f.ctx, "b") })
	f.tx(func(tx storage.Tx) error { return tx.RemoveWorker(f.ctx, "nobody") })
	f.same("after it left", ids(list(time.Hour), func(w memory.Worker) string { return w.ID }), []string{"a", "c"})
}
