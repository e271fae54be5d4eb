package sqlite

import (
	"database/sql"
	"testing"
	"time"

	"claude-mem/memory"
	"claude-mem/storage"
)

func TestWorkersAreForgotten(t *testing.T) {
	s := open(t).Store.(*Store)
	put := func(id string) {
		t.Helper()
		err := s.InTx(t.Context(), func(tx storage.Tx) error { return tx.PutWorker(t.Context(), memory.Worker{ID: id}) })
		if err != nil {
			t.Fatal(err)
		}
	}
	put("old")
	age := func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE workers SET seen_at = seen_at - ?`, storage.ForgetWorkersAfter.Milliseconds())
		return err
	}
	if err := s.WriteSQL(t.Context(), age); err != nil {
		t.Fatal(err)
	}
	if all, err := s.Workers(t.Context(), 48*time.Hour); err != nil || len(all) != 1 {
		t.Fatalf("before: %v, %v", all, err)
	}
	put("new")
	if all, err := s.Workers(t.Context(), 48*time.Hour); err != nil || len(all) != 1 || all[0].ID != "new" {
		t.Errorf("after: %v, %v", all, err)
	}
}
