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
	failing bool // the last attempt to write failed
	lost    int  // entries that found no room since the last attempt
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
	if a.reads.add(e) {
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

// add notes an entry, and reports whether it is time to write. While the store cannot
// be written to, as with a full disk, no read waits to find that out again: that is for
// [API.Run], and what finds no room is counted as lost.
func (l *readLog) add(e memory.AuditEntry) (full bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failing && len(l.pending) >= maxUnwritten {
		l.lost++
		return false
	}
	l.pending = append(l.pending, e)
	return !l.failing && len(l.pending) >= maxUnwritten
}

func (l *readLog) take() []memory.AuditEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.pending
	l.pending = nil
	return taken
}

// wrote notes how an attempt to write the entries went. It returns how many of them are
// kept for the next one, and how many are lost since the last.
func (l *readLog) wrote(entries []memory.AuditEntry, err error) (kept, lost int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failing = err != nil
	if err != nil {
		kept = max(0, min(len(entries), maxUnwritten-len(l.pending)))
		l.lost += len(entries) - kept
		l.pending = append(entries[:kept:kept], l.pending...)
	}
	lost, l.lost = l.lost, 0
	return kept, lost
}

// writeReads writes what waits. What cannot be written is kept, as far as there is
// room: a store that is down for long must not fill the memory.
func (a *API) writeReads(ctx context.Context) {
	entries := a.reads.take()
	if len(entries) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx) // they are of others, too
	err := a.Store.InTx(ctx, func(tx storage.Tx) error { return tx.PutAudit(ctx, entries...) })
	if kept, lost := a.reads.wrote(entries, err); err != nil || lost > 0 {
		a.Log.ErrorContext(ctx, "reads are not audited", "kept", kept, "lost", lost, "err", err)
	}
}
