package recall

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"claude-mem/memory"
	"claude-mem/storage"
)

// maxTopic is the length of a topic in characters: a prompt may be a whole page.
const maxTopic = 300

// Conversation is a session and what it was about.
type Conversation struct {
	memory.Session
	memory.SessionDigest
	// Topic is the title of the session's newest summary, or else how its first prompt
	// begins, in one line; "" when there is neither.
	Topic string
}

// Conversations lists sessions, newest first, each with what it was about.
func (r *Recall) Conversations(ctx context.Context, s memory.Scope, p storage.Page) ([]Conversation, error) {
	sessions, err := r.store.Sessions(ctx, s, p)
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	ids := make([]string, len(sessions))
	for i, one := range sessions {
		ids[i] = one.ID
	}
	digests, err := r.store.SessionDigests(ctx, s, ids)
	if err != nil {
		return nil, fmt.Errorf("what sessions consist of: %w", err)
	}
	of := make(map[string]memory.SessionDigest, len(digests))
	for _, d := range digests {
		of[d.SessionID] = d
	}
	out := make([]Conversation, len(sessions))
	for i, one := range sessions {
		out[i] = Conversation{Session: one, SessionDigest: of[one.ID]}
	}
	return out, r.topics(ctx, s, out)
}

// topics says what each session was about. What was removed meanwhile has none.
func (r *Recall) topics(ctx context.Context, s memory.Scope, all []Conversation) error {
	var numbers []int64
	for _, one := range all {
		if one.Summary != 0 {
			numbers = append(numbers, one.Summary)
		}
	}
	summaries, err := r.store.ObservationsByNumber(ctx, s, numbers)
	if err != nil {
		return fmt.Errorf("summaries of sessions: %w", err)
	}
	titles := make(map[int64]string, len(summaries))
	for _, o := range summaries {
		titles[o.Number] = o.Title()
	}
	for i := range all {
		one := &all[i]
		topic := titles[one.Summary]
		if topic == "" && one.FirstPrompt != "" {
			if topic, err = r.prompt(ctx, s, one.FirstPrompt); err != nil {
				return err
			}
		}
		one.Topic = clip(strings.Join(strings.Fields(topic), " "), maxTopic)
	}
	return nil
}

// prompt is what the prompt with the event's id says, "" if it is not there any more.
func (r *Recall) prompt(ctx context.Context, s memory.Scope, id string) (string, error) {
	e, err := r.store.Event(ctx, s, id)
	if errors.Is(err, memory.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("the first prompt of a session: %w", err)
	}
	var said memory.Prompt
	_ = json.Unmarshal(e.Payload, &said) // a client's own payload may be anything
	return said.Prompt, nil
}
