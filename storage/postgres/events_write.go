package postgres

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"claude-mem/memory"
	"claude-mem/storage"
)

var eventTable = table[memory.Event]{
	name: "agent_events", unique: "dedupe_key, project_id",
	columns: []column[memory.Event]{
		{"id", "text", func(e *memory.Event) any { return e.ID }},
		{"team_id", "text", func(e *memory.Event) any { return e.TeamID }},
		{"project_id", "text", func(e *memory.Event) any { return e.ProjectID }},
		{"session_id", "text", func(e *memory.Event) any { return text(e.SessionID) }},
		{"source_adapter", "text", func(e *memory.Event) any { return e.SourceAdapter }},
		{"source_event_id", "text", func(e *memory.Event) any { return text(e.SourceEventID) }},
		{"event_type", "text", func(e *memory.Event) any { return e.EventType }},
		{"platform_source", "text", func(e *memory.Event) any { return text(e.PlatformSource) }},
		{"agent_id", "text", func(e *memory.Event) any { return text(e.AgentID) }},
		{"agent_type", "text", func(e *memory.Event) any { return text(e.AgentType) }},
		{"metadata", "json", func(e *memory.Event) any { return string(e.Metadata) }},
		{"dedupe_key", "text", func(e *memory.Event) any { return text(memory.Opt(e.DedupeKey)) }},
		{"generate", "boolean", func(e *memory.Event) any { return e.Generate }},
		{"occurred_at", "bigint", func(e *memory.Event) any { return int64(e.OccurredAt) }},
		{"received_at", "bigint", func(e *memory.Event) any { return int64(e.ReceivedAt) }},
		{"created_at", "bigint", func(e *memory.Event) any { return int64(e.CreatedAt) }},
		{"payload", "json", func(e *memory.Event) any { return raw(e.Payload) }},
	},
}

func (t *tx) PutEvent(ctx context.Context, e memory.Event) (memory.Event, bool, error) {
	stored, err := t.PutEvents(ctx, []memory.Event{e})
	if err != nil {
		return memory.Event{}, false, err
	}
	return stored[0].Event, stored[0].Created, nil
}

// PutEvents implements [storage.EventsWriter].
func (t *tx) PutEvents(ctx context.Context, events []memory.Event) ([]storage.StoredEvent, error) {
	if len(events) == 0 {
		return nil, nil
	}
	rows := slices.Clone(events)
	for i := range rows {
		rows[i].Metadata = object(rows[i].Metadata)
	}
	if t.draftEvents(ctx, rows) {
		return allNew(rows), nil
	}
	fresh, err := t.insertEvents(ctx, rows)
	if err != nil {
		return nil, err
	}
	out := make([]storage.StoredEvent, len(rows))
	var again []memory.Event
	for i, e := range rows {
		if !fresh.take(e.ID) {
			again = append(again, e)
			continue
		}
		t.newEvents[e.ID] = true
		out[i] = storage.StoredEvent{Event: e, Created: true}
	}
	if len(again) == 0 {
		return out, nil
	}
	old, err := t.sameEvents(ctx, again)
	for i, e := range rows {
		if !out[i].Created && err == nil {
			out[i].Event, err = old.find(e)
		}
	}
	return out, err
}

func allNew(events []memory.Event) []storage.StoredEvent {
	out := make([]storage.StoredEvent, len(events))
	for i, e := range events {
		out[i] = storage.StoredEvent{Event: e, Created: true}
	}
	return out
}

// newIDs are the ids of rows that were stored.
type newIDs map[string]bool

// take reports whether the id is new, once: what is told twice in one breath is new
// once.
func (n newIDs) take(id string) bool {
	is := n[id]
	delete(n, id)
	return is
}

// insertEvents stores the events that are not there yet. They are sorted by what
// makes them unique, so that two transactions with some of the same events wait for
// one another and not each for the other.
func (t *tx) insertEvents(ctx context.Context, events []memory.Event) (newIDs, error) {
	rows := slices.SortedFunc(slices.Values(events), func(a, b memory.Event) int {
		return cmp.Or(strings.Compare(a.DedupeKey, b.DedupeKey), strings.Compare(a.ProjectID, b.ProjectID))
	})
	ids, err := all(ctx, t.q, value[string], eventTable.insert(rows...))
	fresh := make(newIDs, len(ids))
	for _, id := range ids {
		fresh[id] = true
	}
	return fresh, err
}

// eventKey is what makes two events the same.
type eventKey struct{ team, project, dedupe string }

type eventsByKey map[eventKey]memory.Event

func keyOf(e memory.Event) eventKey { return eventKey{e.TeamID, e.ProjectID, e.DedupeKey} }

// sameEvents finds the events that were stored in place of those given.
func (t *tx) sameEvents(ctx context.Context, events []memory.Event) (eventsByKey, error) {
	teams, projects, keys := make([]string, len(events)), make([]string, len(events)), make([]string, len(events))
	for i, e := range events {
		teams[i], projects[i], keys[i] = e.TeamID, e.ProjectID, e.DedupeKey
	}
	// Inside COALESCE, a column is no invitation to any index; see query.go.
	found, err := all(ctx, t.q, readEvent, sql(`SELECT `+eventColumns+` FROM agent_events WHERE dedupe_key = ANY(?)
		AND COALESCE(project_id, '') = ANY(?) AND COALESCE(team_id, '') = ANY(?)`, keys, projects, teams))
	if err != nil {
		return nil, err
	}
	byKey := make(eventsByKey, len(found))
	for _, e := range found {
		byKey[keyOf(e)] = e
	}
	return byKey, nil
}

func (m eventsByKey) find(e memory.Event) (memory.Event, error) {
	old, ok := m[keyOf(e)]
	if !ok {
		return old, memory.Errorf(memory.CodeNotFound, "no such event")
	}
	return old, nil
}
