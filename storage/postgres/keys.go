package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
)

// KeyByHash implements [storage.TenantReader].
func (s *Store) KeyByHash(ctx context.Context, hash string) (memory.APIKey, error) {
	return s.keys.Find(ctx, hash)
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
