package hooks

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
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

// A server goes away and comes back, twice, and takes some answers with it. Every
// event arrives, and those that arrive again are told as the same ones; an outage is
// one line in the log; and nobody starts a daemon of their own.
func TestServerThatGoesAwayAndComesBack(t *testing.T) {
	var up, answers atomic.Bool
	stored := map[string]memory.HookRecord{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !up.Load() {
			panic(http.ErrAbortHandler)
		}
		var rec memory.HookRecord
		if err := json.NewDecoder(req.Body).Decode(&rec); err != nil {
			t.Error(err)
		}
		if was, there := stored[rec.Event.SourceID]; there {
			if diff := cmp.Diff(was, rec); diff != "" {
				t.Errorf("the same event is another: %s", diff)
			}
		}
		stored[rec.Event.SourceID] = rec
		if !answers.Load() {
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write([]byte(`{}`))
	}))
	defer srv.Close()
	r := newRig(t, config.ServerURL+"="+srv.URL)
	said := func() (away, back int) {
		text, err := os.ReadFile(filepath.Join(r.dir, "logs", "hooks.log"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(text), "level=warn"), strings.Count(string(text), "level=info")
	}
	n := 0
	tell := func(times int) {
		for range times {
			n++
			if out := r.run(strings.Replace(toolPayload, "toolu_1", fmt.Sprint("toolu_", n), 1)); out != "" {
				t.Errorf("printed %s", out)
			}
		}
	}
	far := spool.For(filepath.Join(r.dir, "spool"), srv.URL)
	for outage := 1; outage <= 2; outage++ {
		tell(3) // nobody is there
		up.Store(true)
		tell(2) // it hears, but cannot say so
		if away, back := said(); away != outage || back != outage-1 {
			t.Errorf("in outage %d the log says %d times that it is away and %d that it is back", outage, away, back)
		}
		answers.Store(true)
		for st, err := far.Stats(); n < 100; st, err = far.Stats() { // a slow machine forwards fewer at once
			if tell(1); err != nil || st.Records == 0 {
				break
			}
		}
		if away, back := said(); away != outage || back != outage {
			t.Errorf("after outage %d the log says %d times that it is away and %d that it is back", outage, away, back)
		}
		up.Store(false)
		answers.Store(false)
	}
	if len(stored) != n {
		t.Errorf("%d events were told and %d arrived", n, len(stored))
	}
	if st, err := far.Stats(); err != nil || st.Records != 0 {
		t.Errorf("%+v, %v", st, err)
	}
	if r.spawned != 0 || r.finds != 0 {
		t.Errorf("%d daemons were started, and %d times one was looked for", r.spawned, r.finds)
	}
}
