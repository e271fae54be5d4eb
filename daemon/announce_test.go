package daemon

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"claude-mem/memory"
)

// mute is a transport that swallows everything while it is away.
type mute struct {
	transport
	away  bool
	tries int
}

func (m *mute) answer(ctx context.Context) error {
	if !m.away {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (m *mute) Enqueue(ctx context.Context, _ ...memory.Message) error {
	m.tries++
	return m.answer(ctx)
}

func (m *mute) RemembersSince(ctx context.Context) (memory.Epoch, error) { return 1, m.answer(ctx) }

func TestAnnouncerDoesNotWaitForEachEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mute{}
		a := &announcer{transport: m}
		publish := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			return a.publish(ctx, []memory.Message{{}})
		}
		for range 100 {
			if err := publish(); err != nil {
				t.Fatal(err)
			}
		}
		m.away, m.tries = true, 0
		began := time.Now()
		refused := 0
		for range 1000 {
			if err := publish(); errors.Is(err, errNotTried) {
				refused++
			} else if err == nil {
				t.Fatal("announced to nobody")
			}
			time.Sleep(10 * time.Millisecond)
		}
		if took := time.Since(began); m.tries < 3 || m.tries > 12 || refused+m.tries != 1000 || took > 40*time.Second {
			t.Errorf("%d tries and %d refusals in %s", m.tries, refused, took)
		}
		m.away = false
		if _, err := a.RemembersSince(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := publish(); err != nil {
			t.Errorf("after it answered: %v", err)
		}
	})
}
