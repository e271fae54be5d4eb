package generation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"claude-mem/internal/id"
	"claude-mem/internal/privacy"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

const (
	maxDrafts  = 64        // observations of one answer
	maxContent = 128 << 10 // bytes of one observation's content
)

// ending is how an attempt ended and all that goes with it into the transaction.
// It is made before, so that the transaction does nothing but write, and may be
// run again.
type ending struct {
	storage.Outcome
	made    []made
	events  int64 // that a provider was asked about and answered for
	unasked int64 // that it was not worth asking about
	results []storage.BatchResult
}

// made is an observation with what it came from.
type made struct {
	memory.Observation
	sources []memory.Source
}

// skipped is a job that is done, with nothing to remember.
func (a *attempt) skipped(why string) ending {
	return ending{Outcome: storage.Outcome{
		Status: memory.JobCompleted, Result: skippedBecause(why), At: memory.Now(),
	}}
}

// completed is a job whose answer is there.
func (a *attempt) completed(in input, resp providers.Response) ending {
	var events int64
	if a.job.Kind != memory.KindSummary {
		events = int64(len(in.owed) - len(in.filtered))
	}
	unasked := int64(len(in.filtered))
	if len(resp.Observations) == 0 {
		if resp.Skipped == "" {
			resp.Skipped = "the provider found nothing to remember"
		}
		end := a.skipped(resp.Skipped)
		end.events, end.unasked, end.results = events, unasked, a.results(in, end)
		return end
	}
	if n := len(resp.Observations); n > maxDrafts {
		a.log.Warn("answer cut short", "observations", n, "kept", maxDrafts)
		resp.Observations = resp.Observations[:maxDrafts]
	}
	end := ending{Outcome: storage.Outcome{Status: memory.JobCompleted, Result: "observations", At: memory.Now()}, events: events, unasked: unasked}
	for i, d := range resp.Observations {
		d.Metadata.Provider, d.Metadata.Model = resp.Provider, resp.Model
		end.made = append(end.made, a.observation(in, d, i, end.At))
	}
	end.results = a.results(in, end)
	return end
}

// observation makes the i-th observation of the job from its draft.
func (a *attempt) observation(in input, d providers.Draft, i int, now memory.Epoch) made {
	cleanMetadata(&d.Metadata)
	from := d.Events
	events := slices.DeleteFunc(slices.Clone(in.Events), func(e memory.Event) bool { return len(from) > 0 && !slices.Contains(from, e.ID) })
	if len(from) == 0 || len(events) == 0 { // none named, or none that it was given
		events = in.asked()
	}
	o := memory.Observation{
		ID: id.New(), ProjectID: a.job.ProjectID, TeamID: a.job.TeamID, SessionID: a.job.SessionID,
		Kind: clean(d.Kind), Content: privacy.Cut(d.Metadata.Content(), maxContent), Metadata: d.Metadata,
		CreatedByJob: memory.Opt(a.job.ID), CreatedAt: now, UpdatedAt: now,
	}
	o.AgentID = events[0].AgentID
	for _, e := range events {
		o.OccurredAt = max(o.OccurredAt, e.OccurredAt)
		if e.AgentID != o.AgentID {
			o.AgentID = "" // the parent's and a sub-agent's events together are the parent's
		}
	}
	sum := sha256.Sum256([]byte(o.Kind + "\x00" + o.Content))
	o.GenerationKey = memory.Opt(fmt.Sprintf("%s%d:%s", a.job.GenerationKeys(), i, hex.EncodeToString(sum[:8])))
	return made{o, a.sources(o, events)}
}

// sources links an observation to the events it came from; a summary to its
// session, rather than to each of thousands of events.
func (a *attempt) sources(o memory.Observation, events []memory.Event) []memory.Source {
	link := func(kind, source string) memory.Source {
		return memory.Source{
			ID: id.New(), ObservationID: o.ID, SourceType: kind, SourceID: source,
			JobID: memory.Opt(a.job.ID), CreatedAt: o.CreatedAt,
		}
	}
	if a.job.Kind == memory.KindSummary {
		return []memory.Source{link(a.job.SourceType, a.job.SourceID)}
	}
	all := make([]memory.Source, len(events))
	for i, e := range events {
		all[i] = link(memory.KindEvent.SourceType(), e.ID)
	}
	return all
}

// cleanMetadata removes what no database takes.
func cleanMetadata(m *memory.Metadata) {
	texts := []*string{&m.Title, &m.Subtitle, &m.Narrative, &m.Provider, &m.Model}
	for _, list := range [][]string{m.Facts, m.Concepts, m.FilesRead, m.FilesModified} {
		for i := range list {
			texts = append(texts, &list[i])
		}
	}
	if s := m.Summary; s != nil {
		texts = append(texts, &s.Request, &s.Investigated, &s.Learned, &s.Completed, &s.NextSteps, &s.Notes)
	}
	for _, t := range texts {
		*t = privacy.Cut(clean(*t), maxContent)
	}
}
