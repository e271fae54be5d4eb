package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"claude-mem/memory"
)

func TestNothingIsWrittenIntoAFileThatIsGone(t *testing.T) {
	for name, move := range map[string]func(path string) error{
		"removed": os.Remove,
		"replaced": func(path string) error {
			if err := os.Rename(path, path+".old"); err != nil {
				return err
			}
			return os.WriteFile(path, nil, 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "m.db")
			s := openAt(t, path, Options{})
			if err := addTeam(s, "before"); err != nil || s.Moved() {
				t.Fatalf("%v, moved %v", err, s.Moved())
			}
			if err := move(path); err != nil {
				t.Fatal(err)
			}
			if err := addTeam(s, "after"); !errors.Is(err, memory.ErrUnavailable) || !s.Moved() {
				t.Errorf("written into nowhere: %v, moved %v", err, s.Moved())
			}
		})
	}
}

func TestFaultLastsUntilSomethingIsWritten(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "m.db"), Options{})
	exec(t, s, `CREATE TABLE ballast (b BLOB)`)
	if err := s.Fault(); err != nil {
		t.Fatalf("a sound database has a fault: %v", err)
	}
	grow := func() error {
		return s.writer.do(context.Background(), func(g *group) error {
			_, err := g.exec(context.Background(), `INSERT INTO ballast VALUES (randomblob(1000000))`)
			return err
		})
	}
	exec(t, s, `PRAGMA max_page_count = 1`) // of a full disk SQLite says the same
	if err := grow(); !errors.Is(err, memory.ErrUnavailable) {
		t.Fatalf("the write on a full disk: %v", err)
	}
	if err := s.Fault(); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("fault %v", err)
	}
	exec(t, s, `DELETE FROM ballast WHERE b = 'nothing'`)
	if s.Fault() == nil {
		t.Error("a commit of nothing mended the disk")
	}
	exec(t, s, `PRAGMA max_page_count = 1000000`)
	if err := grow(); err != nil {
		t.Fatal(err)
	}
	if err := s.Fault(); err != nil {
		t.Errorf("mended, and still %v", err)
	}
	if err := addTeam(s, "x"); err != nil {
		t.Fatal(err)
	}
	bad := s.writer.do(context.Background(), func(g *group) error {
		_, err := g.exec(context.Background(), `INSERT INTO teams SELECT * FROM teams`)
		return err
	})
	if bad == nil || s.Fault() != nil {
		t.Errorf("a wrong write counts as the disk's fault: %v, %v", bad, s.Fault())
	}
}

func TestCheckFileOnlyReads(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	path := filepath.Join(dir, "m.db")
	if err := CheckFile(ctx, path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of no file: %v", err)
	}
	if made, err := os.ReadDir(dir); err != nil || len(made) > 0 {
		t.Errorf("the check made %v, %v", made, err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := CheckFile(ctx, path); err != nil {
		t.Error(err)
	}
	if fi, err := os.Stat(path); err != nil || fi.Size() != 0 {
		t.Errorf("the check wrote: %v, %v", fi, err)
	}
	s, err := Open(ctx, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckFile(ctx, path); err != nil {
		t.Errorf("beside a writer: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := CheckFile(ctx, path); err != nil {
		t.Errorf("of a closed database: %v", err)
	}
	damaged := append([]byte("SQLite format 3\x00"), make([]byte, 8192)...)
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := CheckFile(ctx, path); err == nil {
		t.Error("noise is called sound")
	}
}
