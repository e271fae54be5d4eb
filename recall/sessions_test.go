package recall

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// ask stores a prompt with the payload that a client sent.
func (f *fixture) ask(t testing.TB, session memory.Opt, payload string) {
	t.Helper()
	f.tx(t, func(tx storage.Tx) error {
		_, _, err := tx.PutEvent(t.Context(), memory.Event{
			ID: id.New(), TeamID: f.scope.TeamID, ProjectID: f.scope.ProjectID, SessionID: session, SourceAdapter: "hook",
			EventType: memory.EventUserPrompt, Payload: []byte(payload), OccurredAt: 1, ReceivedAt: 1, CreatedAt: 1, DedupeKey: id.New(),
		})
		return err
	})
}

func TestConversationsTellWhatTheyWereAbout(t *testing.T) {
	f := setUp(t)
	f.session(t, "nothing happened")
	f.ask(t, f.session(t, "asked"), `{"prompt": "Why does it\n\n retry  for ever?"}`)
	f.ask(t, f.session(t, "long"), fmt.Sprintf(`{"prompt": %q}`, strings.Repeat("配達日 ", 2000)))
	f.ask(t, f.session(t, "foreign"), `["no prompt of ours"]`)
	session := f.session(t, "summed up")
	f.ask(t, session, `{"prompt": "do it"}`)
	summary := found(memory.KindSummaryObservation, "Count by place")
	summary.SessionID = session
	f.put(t, summary)

	all, err := f.Conversations(t.Context(), f.scope, storage.Page{})
	if err != nil {
		t.Fatal(err)
	}
	topics := make(map[string]string)
	for _, one := range all {
		topics[string(one.ExternalSessionID)] = one.Topic
		if one.ExternalSessionID == "summed up" && (one.Prompts != 1 || one.Summary == 0 || one.Observations != 1) {
			t.Errorf("%+v", one.SessionDigest)
		}
	}
	for name, want := range map[string]string{
		"nothing happened": "", "asked": "Why does it retry for ever?", "foreign": "", "summed up": "Count by place",
	} {
		if got, there := topics[name]; !there || got != want {
			t.Errorf("%s: about %q, want %q", name, got, want)
		}
	}
	if n := utf8.RuneCountInString(topics["long"]); n > maxTopic || n < maxTopic/2 {
		t.Errorf("a topic of %d characters", n)
	}
	if len(all) != 5 {
		t.Errorf("%d sessions", len(all))
	}
}
