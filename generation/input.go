package generation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

// maxRecent is how many titles of a session a provider is told.
const maxRecent = 10

// input is what a job's provider is given, or why it is not asked.
type input struct {
	providers.Request
	skip     string
	owed     []memory.Event    // what the job is for, where that is events; in order
	filtered map[string]string // events that are not asked about, and why
}

// asked are the events that the provider was asked about, without the prompts that
// go with a batch.
func (in input) asked() []memory.Event {
	if len(in.owed) == 0 {
		return in.Events
	}
	return slices.DeleteFunc(slices.Clone(in.owed), func(e memory.Event) bool { return in.filtered[e.ID] != "" })
}

// input loads what the job is about, as it is now.
func (a *attempt) input(ctx context.Context) (input, error) {
	in := input{Request: providers.Request{Kind: a.job.Kind}}
	var err error
	switch a.job.Kind {
	case memory.KindEvent:
		err = a.loadEvent(ctx, &in)
	case memory.KindBatch:
		err = a.loadBatch(ctx, &in)
	case memory.KindSummary:
		in.Events, in.Omitted, err = a.sessionEvents(ctx)
	default:
		err = &providers.Error{Class: providers.BadRequest, Err: fmt.Errorf("no provider works on jobs of kind %q", a.job.Kind)}
	}
	if err != nil {
		return input{}, err
	}
	if err := a.filter(ctx, &in); err != nil {
		return input{}, err
	}
	if in.skip == "" && allBlank(in.asked()) {
		in.skip = "nothing is left to remember"
	}
	if in.skip != "" {
		return in, nil
	}
	return in, a.loadSurroundings(ctx, &in)
}

// loadEvent loads the one event of the job.
func (a *attempt) loadEvent(ctx context.Context, in *input) error {
	e, err := a.Store.Event(ctx, a.job.Scope(), a.job.SourceID)
	if errors.Is(err, memory.ErrNotFound) {
		in.skip = "the event is gone"
		return nil
	}
	if err != nil {
		return fmt.Errorf("load event: %w", err)
	}
	in.Events = []memory.Event{e}
	in.owed = in.Events
	if e.SessionID == "" || e.EventType == memory.EventUserPrompt {
		return nil
	}
	asked, err := a.lastPrompt(ctx, e.OccurredAt)
	if err == nil && asked.OccurredAt == e.OccurredAt && asked.ID > e.ID { // what was asked right after, in the same millisecond
		asked, err = a.lastPrompt(ctx, e.OccurredAt-1)
	}
	in.Prompt = promptText(asked)
	return err
}

// lastPrompt finds what the user had asked last at a time: the zero Event if nothing.
func (a *attempt) lastPrompt(ctx context.Context, at memory.Epoch) (memory.Event, error) {
	asked, err := a.Store.LastPrompt(ctx, a.job.Scope(), string(a.job.SessionID), at)
	if err != nil && !errors.Is(err, memory.ErrNotFound) {
		return memory.Event{}, fmt.Errorf("load prompt: %w", err)
	}
	return asked, nil
}

// promptText is what a prompt says; "" where it has a client's own form.
func promptText(e memory.Event) string {
	var p memory.Prompt
	if json.Unmarshal(e.Payload, &p) != nil {
		return ""
	}
	return p.Prompt
}

// loadSurroundings adds what helps a provider to understand the events.
func (a *attempt) loadSurroundings(ctx context.Context, in *input) (err error) {
	scope := a.job.Scope()
	if in.Project, err = a.Store.Project(ctx, scope, a.job.ProjectID); err != nil {
		return fmt.Errorf("load project: %w", err)
	}
	if a.job.SessionID == "" {
		return nil
	}
	in.Session, err = a.Store.Session(ctx, scope, string(a.job.SessionID))
	if errors.Is(err, memory.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load session: %w", err)
	}
	recent, err := a.Store.Observations(ctx, scope,
		storage.ObservationFilter{SessionID: in.Session.ID}, storage.Page{Limit: maxRecent})
	if err != nil {
		return fmt.Errorf("load recent observations: %w", err)
	}
	for _, o := range recent {
		in.Recent = append(in.Recent, o.Title())
	}
	return nil
}

// allBlank reports whether no event says anything, be it that all it said was
// private.
func allBlank(events []memory.Event) bool {
	for _, e := range events {
		if !blankEvent(e) {
			return false
		}
	}
	return true
}

func blankEvent(e memory.Event) bool {
	var text string
	switch e.EventType {
	case memory.EventUserPrompt:
		var p memory.Prompt
		if json.Unmarshal(e.Payload, &p) != nil {
			return blankJSON(e.Payload)
		}
		text = p.Prompt
	case memory.EventAssistantMessage:
		var m memory.AssistantMessage
		if json.Unmarshal(e.Payload, &m) != nil {
			return blankJSON(e.Payload)
		}
		text = m.Message
	default:
		return blankJSON(e.Payload)
	}
	return strings.TrimSpace(text) == ""
}

// blankJSON reports whether a value holds no text, number or true anywhere. It
// stops at the first it finds, so a large payload costs little.
func blankJSON(raw json.RawMessage) bool {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var objects []bool // of the containers around, from the outside in: is it an object?
	name := false      // the next text is the name of a field
	for {
		tok, err := dec.Token()
		if err != nil {
			return true // the end
		}
		switch v := tok.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				objects = append(objects, v == '{')
			} else {
				objects = objects[:len(objects)-1]
			}
			name = len(objects) > 0 && objects[len(objects)-1]
			continue
		case string:
			if name {
				name = false
				continue
			}
			if strings.TrimSpace(v) != "" {
				return false
			}
		case json.Number:
			return false
		case bool:
			if v {
				return false
			}
		}
		name = len(objects) > 0 && objects[len(objects)-1]
	}
}
