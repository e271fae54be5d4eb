package httpapi

import "sync"

// maxTold bounds what told remembers, over all sessions. Beyond it everything is
// forgotten, and at worst an agent hears of something again.
const maxTold = 20_000

// told remembers what each session was told: of which observations, and whether
// about which files. What an agent has heard of once is in its conversation.
type told struct {
	mu   sync.Mutex
	seen map[toldThing]struct{}
	of   map[string][]toldThing // by session, to forget them
}

// toldThing is an observation or a file; the other is zero.
type toldThing struct {
	session string
	number  int64
	file    string
}

func (t *told) has(thing toldThing) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.seen[thing]
	return ok
}

func (t *told) add(things ...toldThing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, thing := range things {
		if _, ok := t.seen[thing]; ok {
			continue
		}
		if t.seen == nil || len(t.seen) >= maxTold {
			t.seen, t.of = make(map[toldThing]struct{}), make(map[string][]toldThing)
		}
		t.seen[thing] = struct{}{}
		t.of[thing.session] = append(t.of[thing.session], thing)
	}
}

// forget makes a session one that was told nothing: its conversation was cleared or
// compacted.
func (t *told) forget(session string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, thing := range t.of[session] {
		delete(t.seen, thing)
	}
	delete(t.of, session)
}
