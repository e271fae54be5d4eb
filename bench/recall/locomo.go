package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

// conversation is one of LoCoMo's: what was said, in order, and what is asked of it.
type conversation struct {
	ID        string
	Turns     []turn
	Questions []question
}

// turn is one thing that somebody said.
type turn struct {
	ID      string // as evidence names it, "D3:7"
	Session int
	At      time.Time // when the session was, and a minute for each turn before
	Text    string    // with the speaker's name before it
}

// question is one with the turns that answer it.
type question struct {
	Text     string   `json:"question"`
	Evidence []string `json:"evidence"`
	Category int      `json:"category"`
}

// categories are LoCoMo's, without the one whose questions have no answer.
var categories = []string{1: "multi-hop", 2: "temporal", 3: "open domain", 4: "single-hop"}

// load reads a file of conversations as LoCoMo publishes them.
func load(path string) ([]conversation, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var file []struct {
		ID           string                     `json:"sample_id"`
		Questions    []question                 `json:"qa"`
		Conversation map[string]json.RawMessage `json:"conversation"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	all := make([]conversation, len(file))
	for i, f := range file {
		c := &all[i]
		c.ID = f.ID
		for _, q := range f.Questions {
			if len(q.Evidence) > 0 && q.Category > 0 && q.Category < len(categories) {
				c.Questions = append(c.Questions, q)
			}
		}
		if c.Turns, err = turns(f.Conversation); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", path, f.ID, err)
		}
	}
	return all, nil
}

// turns reads the sessions in their order. Their numbers may have gaps.
func turns(sessions map[string]json.RawMessage) (all []turn, err error) {
	for n, left := 1, len(sessions); left > 0; n++ {
		left--
		var said []struct {
			ID      string `json:"dia_id"`
			Speaker string `json:"speaker"`
			Text    string `json:"text"`
		}
		text, ok := sessions[fmt.Sprintf("session_%d", n)]
		if !ok {
			continue
		}
		if err := json.Unmarshal(text, &said); err != nil {
			return nil, fmt.Errorf("session %d: %w", n, err)
		}
		began, err := beginning(sessions, n)
		if err != nil {
			return nil, err
		}
		for i, t := range said {
			all = append(all, turn{ID: t.ID, Session: n, At: began.Add(time.Duration(i) * time.Minute), Text: strings.TrimSpace(t.Speaker + ": " + t.Text)})
		}
	}
	return all, nil
}

// beginning is when a session was.
func beginning(sessions map[string]json.RawMessage, n int) (at time.Time, err error) {
	var text string
	if err := json.Unmarshal(sessions[fmt.Sprintf("session_%d_date_time", n)], &text); err != nil {
		return at, fmt.Errorf("session %d: when: %w", n, err)
	}
	return time.Parse("3:04 pm on 2 January, 2006", text)
}
