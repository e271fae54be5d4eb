package httpapi

import (
	"claude-mem/memory"
)

const (
	// maxStreams is how many streams there are at most, maxTeamStreams those of one team,
	// so that none takes them all with keys it minted, and maxKeyStreams those of one
	// key. Each costs a connection and a little memory.
	maxStreams     = 256
	maxTeamStreams = 128
	maxKeyStreams  = 16
	// maxUnsent is how many notices wait for a slow client; one more and it is dropped.
	maxUnsent = 256
)

// stream is what one client is told: the notices of a tenant.
type stream struct {
	scope   memory.Scope
	keyID   string
	notices chan memory.Notice // closed when the client is dropped, or the server stops
}

// wants reports whether the notice is of the stream's tenant.
func (s *stream) wants(n memory.Notice) bool {
	return n.TeamID == s.scope.TeamID && (s.scope.ProjectID == "" || n.ProjectID == s.scope.ProjectID)
}

// Publish tells that something changed: a job that ended or was put back, a session
// that began or ended, a new observation. It wakes those who wait for the job, and
// tells the streams of the tenant. It never blocks.
func (h *Hub) Publish(n memory.Notice) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n.Kind == memory.NoticeJob {
		h.release(n.ID)
	}
	for s := range h.streams {
		if !s.wants(n) {
			continue
		}
		select {
		case s.notices <- n:
		default: // it does not keep up: it has to come again, and look for itself
			h.drop(s)
		}
	}
}

// drop ends a stream. The caller holds the lock.
func (h *Hub) drop(s *stream) {
	close(s.notices)
	delete(h.streams, s)
}

// Streams is how many clients are listening.
func (h *Hub) Streams() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.streams)
}

// open begins a stream; the caller has to close it.
func (h *Hub) open(scope memory.Scope, keyID string) (*stream, error) {
	s := &stream{scope: scope, keyID: keyID, notices: make(chan memory.Notice, maxUnsent)}
	h.mu.Lock()
	defer h.mu.Unlock()
	ofKey, ofTeam := 0, 0
	for other := range h.streams {
		if other.scope.TeamID == scope.TeamID {
			ofTeam++
			if other.keyID == keyID {
				ofKey++
			}
		}
	}
	switch {
	case h.closed:
		close(s.notices)
		return s, nil
	case len(h.streams) >= maxStreams || ofTeam >= maxTeamStreams || ofKey >= maxKeyStreams:
		return nil, &memory.Error{Code: memory.CodeTooMany, Message: "too many streams are open", RetryAfter: heartbeatEvery}
	}
	if h.streams == nil {
		h.streams = make(map[*stream]struct{})
	}
	h.streams[s] = struct{}{}
	return s, nil
}

// close ends a stream that its client left.
func (h *Hub) close(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, there := h.streams[s]; there {
		h.drop(s)
	}
}
