package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"claude-mem/storage"
)

// slowStore takes longer for a transaction than a request may last.
type slowStore struct {
	storage.Store
	slow bool // once all is set up
}

const (
	mayLast = 50 * time.Millisecond
	takes   = 4 * mayLast
)

func (s *slowStore) InTx(ctx context.Context, fn func(tx storage.Tx) error) error {
	if s.slow {
		select {
		case <-time.After(takes):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return s.Store.InTx(ctx, fn)
}

// What removes a lot takes many transactions, and more time than a server gives others.
func TestRemovingMayLast(t *testing.T) {
	store := &slowStore{Store: openSQLite(t)}
	w := newWorldOn(t, store, nil)
	w.remember("the retry budget is three")
	kept := w.remember("the host is staging")
	store.slow = true
	srv := httptest.NewUnstartedServer(w)
	srv.Config.ReadTimeout, srv.Config.WriteTimeout = mayLast, mayLast
	srv.Start()
	defer srv.Close()
	ask := func(method, path, body string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Api-Key", w.key)
		req.Header.Set("Content-Type", "application/json")
		res, err := srv.Client().Do(req)
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s %s: status %d", method, path, res.StatusCode)
		}
	}
	ask(http.MethodPost, "/v1/projects/"+w.p.ID+"/forget", `{"match":"budget"}`)
	if all, err := store.Observations(t.Context(), w.p.Scope(), storage.ObservationFilter{}, storage.Page{}); err != nil || len(all) != 1 || all[0].ID != kept.ID {
		t.Errorf("left: %+v, %v", all, err)
	}
	ask(http.MethodDelete, "/v1/projects/"+w.p.ID+"/memory", "")
	if all, err := store.Observations(t.Context(), w.p.Scope(), storage.ObservationFilter{}, storage.Page{}); err != nil || len(all) > 0 {
		t.Errorf("left: %+v, %v", all, err)
	}
}
