package sqlite

import (
	"encoding/json"
	"slices"

	"claude-mem/memory"
	"claude-mem/storage"
)

// filter adds what f asks for, on columns of observations.
func (w *where) filter(f storage.ObservationFilter) {
	switch {
	case slices.Equal(f.Kinds, []string{memory.KindSummaryObservation}) && !f.WithoutSummaries:
		w.and("kind = '" + memory.KindSummaryObservation + "'") // as the index of summaries says it
	case len(f.Kinds) > 0:
		w.and("kind IN (SELECT value FROM json_each(?))", jsonList(f.Kinds))
	}
	if len(f.Concepts) > 0 {
		w.and(`EXISTS (SELECT 1 FROM json_each(metadata, '$.concepts') c, json_each(?) a WHERE c.value = a.value)`,
			jsonList(f.Concepts))
	}
	if len(f.Files) > 0 {
		w.and(`EXISTS (SELECT 1 FROM json_each(?) a WHERE EXISTS (SELECT 1 FROM
			(SELECT value FROM json_each(metadata, '$.files_modified') UNION ALL SELECT value FROM json_each(metadata, '$.files_read')) p
			WHERE p.value = a.value OR substr(p.value, -length(a.value) - 1) = '/' || a.value))`, jsonList(f.Files))
	}
	if f.Since != 0 {
		w.and("o.occurred_at >= ?", f.Since)
	}
	if f.Until != 0 {
		w.and("o.occurred_at < ?", f.Until)
	}
	if f.SessionID != "" {
		w.and("session_id = ?", f.SessionID)
	}
	if f.SupersededBy != "" {
		w.and("superseded_by = ?", f.SupersededBy)
	}
	if f.WithoutSubagents {
		w.and("agent_id IS NULL")
	}
	if f.WithoutSuperseded {
		w.and("superseded_by IS NULL")
	}
	if f.WithoutSummaries {
		w.and("kind <> '" + memory.KindSummaryObservation + "'")
	}
}

func jsonList[T string | int64](values []T) string {
	b, _ := json.Marshal(values) // such always marshal
	return string(b)
}

// ascending sorts numbers for a list, each once, at most storage.MaxPage.
func ascending(numbers []int64) []int64 {
	numbers = slices.Clone(numbers)
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	return numbers[:min(len(numbers), storage.MaxPage)]
}
