package sqlite_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"claude-mem/memory"
	"claude-mem/storage"
	"claude-mem/storage/sqlite"
)

func TestCheckFindsADamagedFile(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "memory.db")
	s, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = s.InTx(ctx, func(tx storage.Tx) error {
		for i := range 2000 {
			name := fmt.Sprintf("team %04d", i)
			if _, err := tx.EnsureTeam(ctx, memory.Team{ID: name, Name: name, CreatedAt: 1}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(ctx); err != nil {
		t.Fatalf("a sound database is called damaged: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	damage(t, path)
	if s, err = sqlite.Open(ctx, path, sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Check(ctx); err == nil {
		t.Error("a page of noise goes unnoticed")
	}
}

// damage overwrites the last page of the file, which holds rows.
func damage(t *testing.T, path string) {
	t.Helper()
	const page = 4096
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xff}, page), fi.Size()-page); err != nil {
		t.Fatal(err)
	}
}
