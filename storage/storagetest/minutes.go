package storagetest

import (
	"sync"

	"claude-mem/memory"
	"claude-mem/storage"
)

// testMinutes checks that what several servers count of a key's minute adds up, and
// that minutes which are over can be forgotten.
func testMinutes(f *fixture) {
	a, b := newKey(f.ours, "a", 1), newKey(f.ours, "b", 1)
	f.tx(func(tx storage.Tx) error {
		f.ok(tx.PutKey(f.ctx, a))
		return tx.PutKey(f.ctx, b)
	})
	const minute, servers, times = memory.Epoch(60_000), 4, 5
	var wg sync.WaitGroup
	for range servers {
		wg.Go(func() {
			for range times {
				err := f.store.InTx(f.ctx, func(tx storage.Tx) error {
					return tx.AddKeyMinute(f.ctx, minute, storage.KeyCount{KeyID: b.ID, Requests: 1}, storage.KeyCount{KeyID: a.ID, Requests: 2})
				})
				if err != nil {
					f.Errorf("count: %v", err)
				}
			}
		})
	}
	wg.Wait()
	f.tx(func(tx storage.Tx) error {
		return tx.AddKeyMinute(f.ctx, 2*minute, storage.KeyCount{KeyID: a.ID, Requests: 7})
	})
	count := func(what string, k memory.APIKey, minute memory.Epoch, want int64) {
		n, err := f.store.KeyMinute(f.ctx, k.ID, minute)
		f.ok(err)
		f.same(what, n, want)
	}
	count("all servers together", a, minute, 2*servers*times)
	count("another key", b, minute, servers*times)
	count("the next minute", a, 2*minute, 7)
	count("a minute without requests", b, 2*minute, 0)
	f.tx(func(tx storage.Tx) error { return tx.DropKeyMinutes(f.ctx, 2*minute) })
	count("a minute that was dropped", a, minute, 0)
	count("one that was not", a, 2*minute, 7)
}
