package httpapi

import (
	"context"
	"encoding/json"
	"sync"

	"claude-mem/memory"
	"claude-mem/storage"
)

const (
	// maxUnwritten is how many reads wait to be audited; whoever reads beyond that
	// waits for them to be written.
	maxUnwritten = 512
	// maxReadIDs is how many observations one entry names.
	maxReadIDs = 100
)

// readLog audits reads. A search must not wait for a disk, so they are written
// together, a moment later: see [API.Run]. A crash loses those of that moment.
type readLog struct {
	mu      sync.Mutex
	pending []memory.AuditEntry
}

// readDetails is what an entry says of a read. What was searched for is not in it:
// people paste anything into a query.
type readDetails struct {
	RequestID string   `json:"requestId,omitempty"`
	Mode      string   `json:"mode"`
	Count     int      `json:"resultCount"`
	IDs       []string `json:"observationIds,omitempty"`
}

// noteRead audits that the caller was shown observations of the scope, or a list of
// jobs, which has no ids.
func (a *API) noteRead(r *request, mode string, s memory.Scope, count int, ids ...string) {
	details, _ := json.Marshal(readDetails{r.caller.RequestID, mode, count, ids[:min(len(ids), maxReadIDs)]}) // texts always marshal
	e := r.auditEntry(memory.AuditObservationRead, "observation", s)
	e.Details = details
	if mode == readOne {
		e.ResourceID = memory.Opt(ids[0])
	}
	if n := a.reads.add(e); n >= maxUnwritten {
		a.writeReads(r.Context())
	}
	a.wake()
}

// readOne is the mode of a read by id.
const readOne = "get"

// noteObservations is noteRead for a list.
func noteObservations[T any](a *API, r *request, mode string, s memory.Scope, list []T, idOf func(T) string) {
	ids := make([]string, 0, min(len(list), maxReadIDs))
	for _, o := range list[:min(len(list), maxReadIDs)] {
		ids = append(ids, idOf(o))
	}
	a.noteRead(r, mode, s, len(list), ids...)
}

func (l *readLog) add(e memory.AuditEntry) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = append(l.pending, e)
	return len(l.pending)
}

func (l *readLog) take() []memory.AuditEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.pending
	l.pending = nil
	return taken
}

// writeReads writes what waits. What cannot be written is kept, as far as there is
// room: a store that is down for long must not fill the memory.
func (a *API) writeReads(ctx context.Context) {
	entries := a.reads.take()
	if len(entries) == 0 {
		return
	}
	err := a.Store.InTx(context.WithoutCancel(ctx), func(tx storage.Tx) error { return tx.PutAudit(ctx, entries...) })
	if err == nil {
		return
	}
	a.reads.mu.Lock()
	defer a.reads.mu.Unlock()
	kept := entries[:max(0, min(len(entries), maxUnwritten-len(a.reads.pending)))]
	a.reads.pending = append(kept, a.reads.pending...)
	a.Log.ErrorContext(ctx, "reads are not audited", "kept", len(kept), "lost", len(entries)-len(kept), "err", err)
}
