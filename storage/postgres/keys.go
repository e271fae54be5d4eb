package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"claude-mem/internal/grouped"
	"claude-mem/memory"
)

const (
	// lookupFor bounds how long finding keys may take, whatever each caller is ready to wait.
	lookupFor = 10 * time.Second
	// maxAsks is how many callers share a statement at most; as many wait for the next.
	maxAsks = 512
)

// keyring finds keys by their hashes. Every request needs one, and an answer must
// not be older than the question, as a key that was revoked a moment ago opens
// nothing. So those who ask while a statement is under way share the next one.
type keyring struct {
	// look finds the keys that the hashes are of, each of which it is given once.
	look func(ctx context.Context, hashes []string) (map[string]memory.APIKey, error)
	asks *grouped.Queue[*ask]
}

// ask is what one caller wants to know.
type ask struct {
	hash string
	key  memory.APIKey // set before the answer, if that is nil
}

// startKeyring starts a goroutine that looks keys up; stop ends it.
func startKeyring(look func(context.Context, []string) (map[string]memory.APIKey, error)) *keyring {
	k := &keyring{look: look}
	k.asks = grouped.Start(grouped.Options[*ask]{
		Run: k.answer, Most: maxAsks, Waiting: maxAsks, Closed: errClosed,
	})
	return k
}

// stop answers those who wait and no others.
func (k *keyring) stop() { k.asks.Stop() }

// find returns the key with the hash.
func (k *keyring) find(ctx context.Context, hash string) (memory.APIKey, error) {
	a := &ask{hash: hash}
	if err := k.asks.Do(ctx, a); err != nil {
		return memory.APIKey{}, err
	}
	return a.key, nil
}

// answer answers a group by one statement.
func (k *keyring) answer(group []*grouped.Item[*ask]) {
	// The statement is nobody's alone, so no caller's context is in it.
	ctx, cancel := context.WithTimeout(context.Background(), lookupFor)
	defer cancel()
	var hashes []string
	wanted := make(map[string]bool, 1) // most often all have the same
	for _, i := range group {
		if h := i.Value.hash; !wanted[h] {
			wanted[h], hashes = true, append(hashes, h)
		}
	}
	keys, err := k.look(ctx, hashes)
	for _, i := range group {
		answer := err
		if err == nil {
			var there bool
			if i.Value.key, there = keys[i.Value.hash]; !there {
				answer = memory.Errorf(memory.CodeNotFound, "no such API key")
			}
		}
		grouped.Answer(answer, i)
	}
}

// KeyByHash implements [storage.TenantReader].
func (s *Store) KeyByHash(ctx context.Context, hash string) (memory.APIKey, error) {
	return s.keys.find(ctx, hash)
}

// keysByHash finds keys by the hash of their secret, or else of the one before.
func (r reads) keysByHash(ctx context.Context, hashes []string) (map[string]memory.APIKey, error) {
	found := make(map[string]memory.APIKey, len(hashes))
	for _, where := range []struct{ columns, hash string }{{keyColumns, "key_hash"}, {formerKeyColumns, "previous_hash"}} {
		hashes = slices.DeleteFunc(hashes, func(h string) bool {
			_, is := found[h]
			return is
		})
		if len(hashes) == 0 {
			break
		}
		keys, err := all(ctx, r.q, readHashedKey,
			sql(`SELECT `+where.hash+`, `+where.columns+` FROM api_keys WHERE `+where.hash+` = ANY(?)`, hashes))
		if err != nil && ctx.Err() != nil {
			err = unavailable("the database does not answer in time", err)
		}
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			found[key.hash] = key.APIKey
		}
	}
	return found, nil
}

// hashedKey is a key and the hash that it was found by.
type hashedKey struct {
	hash string
	memory.APIKey
}

func readHashedKey(r pgx.Rows) (k hashedKey, err error) {
	return k, r.Scan(append([]any{&k.hash}, keyInto(&k.APIKey)...)...)
}
