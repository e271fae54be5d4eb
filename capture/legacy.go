package capture

import (
	"context"
	"encoding/json"

	"claude-mem/memory"
)

// LastWord is what a client of the original worker tells when its agent stops.
type LastWord struct {
	Project          string // id, or name
	ContentSessionID string
	PlatformSource   string
	SourceAdapter    string
	Message          string          // what the agent said last; "" for nothing
	Metadata         json.RawMessage // of the event that the message becomes
}

// Stop stores the last word as an event, ends the session and owes its summary; a
// session that there was nothing of is made. It is EndSession for those who know a
// session by its content id only.
func (c *Capture) Stop(ctx context.Context, caller memory.Caller, in LastWord) (s memory.Session, job memory.Job, err error) {
	p, err := c.ResolveProject(ctx, caller, in.Project, Write)
	if err != nil {
		return s, job, err
	}
	now := memory.Now()
	payload, err := json.Marshal(memory.AssistantMessage{Message: in.Message})
	if err != nil {
		return s, job, err
	}
	said := c.newDraft(caller, p, memory.EventInput{
		ContentSessionID: in.ContentSessionID, PlatformSource: in.PlatformSource, SourceAdapter: in.SourceAdapter,
		EventType: memory.EventAssistantMessage, Payload: payload, Metadata: in.Metadata, OccurredAt: &now,
	}, true)
	last := &said
	if in.Message == "" {
		last = nil
	}
	err = c.write(ctx, caller, func(u *unit) error {
		sid, err := u.resolveSession(ctx, p.Scope(), said.session)
		if err != nil {
			return err
		}
		s, job, err = u.endAndSumUp(ctx, p.Scope(), sid, last)
		return err
	})
	return s, job, err
}
