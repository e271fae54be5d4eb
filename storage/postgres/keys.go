package postgres

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
)

// lookupFor bounds how long finding keys may take, whatever each caller is ready to
// wait.
const lookupFor = 10 * time.Second

// keyring finds keys by their hashes. Every request needs one, and an answer must
// not be older than the question, as a key that was revoked a moment ago opens
// nothing. So those who ask while a statement is under way share the next one.
type keyring struct {
	reads

	mu     sync.Mutex
	asking bool  // a goroutine works off next
	next   *asks // nil: nobody waits
}

// asks are the questions that one statement answers.
type asks struct {
	hashes map[string]bool
	done   chan struct{} // closed: what follows is set
	keys   map[string]memory.APIKey
	err    error
}

// find returns the key with the hash.
func (k *keyring) find(ctx context.Context, hash string) (memory.APIKey, error) {
	if err := ctx.Err(); err != nil {
		return memory.APIKey{}, err
	}
	a := k.ask(hash)
	select {
	case <-ctx.Done():
		return memory.APIKey{}, ctx.Err()
	case <-a.done:
	}
	if a.err != nil {
		return memory.APIKey{}, a.err
	}
	key, ok := a.keys[hash]
	if !ok {
		return memory.APIKey{}, memory.Errorf(memory.CodeNotFound, "no such API key")
	}
	return key, nil
}

// ask adds a question to the next statement, and sees to it that there is one.
func (k *keyring) ask(hash string) *asks {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.next == nil {
		k.next = &asks{hashes: make(map[string]bool), done: make(chan struct{})}
	}
	k.next.hashes[hash] = true
	if !k.asking {
		k.asking = true
		go k.answerAll() // it ends when nobody waits
	}
	return k.next
}

// answerAll sends one statement after the other as long as somebody waits.
func (k *keyring) answerAll() {
	for {
		k.mu.Lock()
		a := k.next
		k.next, k.asking = nil, a != nil
		k.mu.Unlock()
		if a == nil {
			return
		}
		a.keys, a.err = k.look(a.hashes)
		close(a.done)
	}
}

// look finds keys by the hash of their secret, or else of the one before.
func (k *keyring) look(wanted map[string]bool) (map[string]memory.APIKey, error) {
	// The statement is nobody's alone, so no caller's context is in it.
	ctx, cancel := context.WithTimeout(context.Background(), lookupFor)
	defer cancel()
	found := make(map[string]memory.APIKey, len(wanted))
	for _, where := range []struct{ columns, hash string }{{keyColumns, "key_hash"}, {formerKeyColumns, "previous_hash"}} {
		var hashes []string
		for h := range wanted {
			if _, ok := found[h]; !ok {
				hashes = append(hashes, h)
			}
		}
		if len(hashes) == 0 {
			break
		}
		keys, err := all(ctx, k.q, readHashedKey,
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

// KeyByHash implements [storage.TenantReader].
func (s *Store) KeyByHash(ctx context.Context, hash string) (memory.APIKey, error) {
	return s.keys.find(ctx, hash)
}
