package httpapi

import "sync"

// maxTold bounds what told remembers. Beyond it everything is forgotten, and at
// worst an agent hears of a file again.
const maxTold = 10_000

// told remembers which session was told about which file: an agent reads one file
// many times and needs to hear of it once.
type told struct {
	mu    sync.Mutex
	files map[toldFile]struct{}
}

type toldFile struct{ session, path string }

func (t *told) has(session, path string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.files[toldFile{session, path}]
	return ok
}

func (t *told) add(session, path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.files == nil || len(t.files) >= maxTold {
		t.files = make(map[toldFile]struct{})
	}
	t.files[toldFile{session, path}] = struct{}{}
}
