package capture

import "sync"

// cache remembers at most limit values; when it is full it forgets them all, which
// is cheaper than to know which was used last, and as good for sessions: those
// that live come back with their next event.
//
// Projects and sessions may be kept because their ids never change hands. A session
// can be purged, though; see [Capture.write].
type cache[K comparable, V any] struct {
	mu     sync.RWMutex
	values map[K]V
	limit  int
}

func newCache[K comparable, V any](limit int) *cache[K, V] {
	return &cache[K, V]{values: make(map[K]V), limit: limit}
}

func (c *cache[K, V]) get(k K) (V, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v, ok := c.values[k]
	return v, ok
}

func (c *cache[K, V]) drop(k K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.values, k)
}

func (c *cache[K, V]) put(k K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.values) >= c.limit {
		clear(c.values)
	}
	c.values[k] = v
}
