package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"claude-mem/internal/id"
	"claude-mem/memory"
	"claude-mem/storage"
)

// putKeys stores so many keys of the team, whose hashes are their ids.
func putKeys(t *testing.T, s *Store, scope memory.Scope, n int) (hashes []string) {
	t.Helper()
	err := s.InTx(t.Context(), func(tx storage.Tx) error {
		for range n {
			h := id.New()
			hashes = append(hashes, h)
			if err := tx.PutKey(t.Context(), memory.APIKey{ID: h, TeamID: scope.TeamID, Name: h, Hash: h, CreatedAt: 1}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return hashes
}

// Many ask at once, for keys that are there and keys that are not: each is told of
// its own, and one statement answers many.
func TestKeysAreFoundTogether(t *testing.T) {
	s, tr := traced(t)
	hashes := putKeys(t, s, tenant(t, s), 20)
	tr.take()
	const rounds = 20
	var all sync.WaitGroup
	for i := range len(hashes) * 2 {
		all.Go(func() {
			for range rounds {
				if i >= len(hashes) {
					if _, err := s.KeyByHash(t.Context(), fmt.Sprint("none ", i)); !errors.Is(err, memory.ErrNotFound) {
						t.Errorf("a key that is not there: %v", err)
					}
					continue
				}
				if k, err := s.KeyByHash(t.Context(), hashes[i]); err != nil || k.ID != hashes[i] {
					t.Errorf("asked for %s, got %s, %v", hashes[i], k.ID, err)
				}
			}
		})
	}
	all.Wait()
	if n := len(tr.take()); n == 0 || n >= len(hashes)*2*rounds {
		t.Errorf("%d questions took %d statements", len(hashes)*2*rounds, n)
	}
}

// An answer is never older than the question: whoever asks after a key was revoked
// is told so, however many ask meanwhile.
func TestARevokedKeyIsKnownAtOnce(t *testing.T) {
	s := open(t, Options{})
	scope := tenant(t, s)
	hashes := putKeys(t, s, scope, 30)
	ctx, stop := context.WithCancel(t.Context())
	var others sync.WaitGroup
	for range 8 {
		others.Go(func() {
			for ctx.Err() == nil {
				_, _ = s.KeyByHash(ctx, hashes[0])
			}
		})
	}
	for _, h := range hashes[1:] {
		if k, err := s.KeyByHash(t.Context(), h); err != nil || k.RevokedAt != 0 {
			t.Errorf("before: %+v, %v", k, err)
		}
		err := s.InTx(t.Context(), func(tx storage.Tx) error {
			_, err := tx.RevokeKey(t.Context(), memory.Scope{TeamID: scope.TeamID}, h, 7)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if k, err := s.KeyByHash(t.Context(), h); err != nil || k.RevokedAt != 7 {
			t.Errorf("after: %+v, %v", k, err)
		}
	}
	stop()
	others.Wait()
}

func TestWhoeverGivesUpOnAKeyHarmsNobody(t *testing.T) {
	s := open(t, Options{})
	hash := putKeys(t, s, tenant(t, s), 1)[0]
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	var all sync.WaitGroup
	for i := range 32 {
		all.Go(func() {
			if i%2 == 0 {
				if _, err := s.KeyByHash(gone, hash); !errors.Is(err, context.Canceled) {
					t.Errorf("one that was cancelled: %v", err)
				}
				return
			}
			if k, err := s.KeyByHash(t.Context(), hash); err != nil || k.ID != hash {
				t.Errorf("its neighbour: %s, %v", k.ID, err)
			}
		})
	}
	all.Wait()
}

// keyStatement is what every request costs before anything else.
func keyStatement() hotStatement {
	return hotStatement{"key by its hash", "api_keys_key_hash_key|api_keys_previous", func(ctx context.Context, s *Store) error {
		if _, err := s.KeyByHash(ctx, "none"); !errors.Is(err, memory.ErrNotFound) {
			return err
		}
		return nil
	}}
}
