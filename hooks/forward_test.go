package hooks

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"claude-mem/hooks/spool"
	"claude-mem/internal/config"
	"claude-mem/memory"
)

// What waits for a configured server is told by the hooks after it answers again,
// in its order, and what it calls wrong is kept aside.
func TestForwardToConfiguredServer(t *testing.T) {
	var up atomic.Bool
	var got []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !up.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var rec memory.HookRecord
		if err := json.NewDecoder(req.Body).Decode(&rec); err != nil {
			t.Error(err)
		}
		got = append(got, rec.Event.SourceID)
		if rec.Event.SourceID == "toolu_2" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"ValidationError","issues":[]}`))
			return
		}
		_, _ = w.Write([]byte(`{}`))
	}))
	defer srv.Close()
	r := newRig(t, config.ServerURL+"="+srv.URL+"/")
	tool := func(n int) string { return strings.Replace(toolPayload, "toolu_1", fmt.Sprint("toolu_", n), 1) }
	for n := 1; n <= 3; n++ {
		r.run(tool(n))
	}
	far := spool.For(filepath.Join(r.dir, "spool"), srv.URL)
	if st, err := far.Stats(); err != nil || st.Records != 3 || r.spawned != 0 {
		t.Fatalf("%+v, %v, %d daemons started", st, err, r.spawned)
	}
	up.Store(true)
	for n := 4; n < 20 && len(got) < n; n++ { // a slow machine forwards fewer at once
		r.run(tool(n))
	}
	var old []string
	for _, id := range got {
		if id < "toolu_4" && len(id) == len("toolu_1") {
			old = append(old, id)
		}
	}
	if diff := cmp.Diff([]string{"toolu_1", "toolu_2", "toolu_3"}, old); diff != "" {
		t.Error(diff)
	}
	if st, err := far.Stats(); err != nil || st.Records != 0 || st.Rejected != 1 {
		t.Errorf("%+v, %v", st, err)
	}
}
