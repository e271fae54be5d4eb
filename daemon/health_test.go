package daemon

import (
	"database/sql"
	"log/slog"
	"strings"
	"testing"
	"time"

	"claude-mem/client"
	"claude-mem/generation"
	"claude-mem/internal/config"
	"claude-mem/memory"
	"claude-mem/storage/sqlite"
)

func TestTroublesOfGeneration(t *testing.T) {
	own := &system{parts: &parts{worker: generation.New(generation.Config{})}}
	idle := &system{parts: &parts{}}
	team := &system{parts: &parts{team: true}}
	lane := func(age, success time.Duration) []client.LaneHealth {
		l := client.LaneHealth{LaneStats: memory.LaneStats{Lane: memory.LaneEvent}, OldestAgeMS: age.Milliseconds()}
		if success > 0 {
			l.LastSuccess = memory.Now().Add(success) // whenever this test gets there
		}
		return []client.LaneHealth{l}
	}
	fit := memory.Worker{ID: "fit"}
	spent := memory.Worker{ID: "spent", Paused: []memory.LanePause{{Lane: memory.LaneEvent, Class: "quota"}}}
	broke := memory.Worker{ID: "broke", Paused: []memory.LanePause{{Class: memory.PauseBudget, Projects: 2}}}
	poor := memory.Worker{ID: "poor", Paused: []memory.LanePause{{Class: memory.PauseBudget, Projects: 1, Reason: "it is too small"}}}
	one := []memory.Worker{fit}
	for name, c := range map[string]struct {
		s       *system
		backlog backlog
		want    string
	}{
		"nothing waits":             {own, backlog{lane(0, 0), one}, ""},
		"waits a little":            {own, backlog{lane(overdueAfter, 0), one}, ""},
		"waits too long":            {own, backlog{lane(overdueAfter+time.Second, 0), one}, "lane event: the oldest job has waited for 1m1s and none succeeds"},
		"waits behind many":         {own, backlog{lane(time.Hour, time.Minute), one}, ""},
		"waits behind too many":     {own, backlog{lane(tooOldAfter+time.Second, time.Minute), one}, "lane event: the oldest job has waited for 1h0m1s"},
		"paused":                    {own, backlog{lane(time.Hour, 0), []memory.Worker{spent}}, "lane event is paused: quota"},
		"paused in one of two":      {team, backlog{lane(time.Hour, 0), []memory.Worker{fit, spent}}, "lane event is paused in 1 of 2 workers: quota"},
		"no budget":                 {own, backlog{lane(0, 0), []memory.Worker{fit, broke}}, "generation waits for 2 projects whose budget of tokens is used up"},
		"too small a budget":        {own, backlog{lane(0, 0), []memory.Worker{fit, poor}}, "generation waits for 1 project: it is too small"},
		"nobody is meant to work":   {idle, backlog{lane(time.Hour, 0), nil}, ""},
		"nobody works":              {team, backlog{lane(0, 0), nil}, "no worker is alive: jobs wait until `claude-mem server worker start` runs somewhere"},
		"the lanes are not counted": {own, backlog{nil, one}, ""},
	} {
		if got := strings.Join(c.s.generationTroubles(c.backlog), "; "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Counting takes at most a tenth of the database's time, however often it is asked.
func TestCountsAreKept(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{
		0: backlogKeptFor, backlogKeptFor / 20: backlogKeptFor, backlogKeptFor: 10 * backlogKeptFor,
	} {
		if got := keptFor(took); got != want {
			t.Errorf("a count that took %s is kept for %s, want %s", took, got, want)
		}
	}
}

func TestHealthOfAnIdleDaemon(t *testing.T) {
	r := start(t, settings(t, config.GenerationDisabled, "1"))
	c := r.client()
	if _, err := c.Hook(t.Context(), edit("s1", "t1", "a.go")); err != nil {
		t.Fatal(err)
	}
	h, err := c.Health(t.Context())
	if err != nil || h.Status != "ok" || h.PID == 0 || !h.Initialized || h.Storage.Driver != "sqlite" || len(h.Queue.Lanes) != 3 {
		t.Fatalf("health %+v, %v", h, err)
	}
	if l := h.Queue.Lanes[0]; l.Lane != memory.LaneEvent || l.Queued != 1 {
		t.Errorf("lane %+v", l)
	}
	info, err := c.Info(t.Context())
	if err != nil || info.Boundaries["generationWorkerManager"].Status != "disabled" || info.Boundaries["queueManager"].Status != "active" {
		t.Errorf("info %+v, %v", info, err)
	}
	if ready, err := c.Readiness(t.Context()); err != nil || ready.Status != "ready" {
		t.Errorf("readiness %+v, %v", ready, err)
	}
}

// Books and lanes are printed above one another.
func TestStatsAreOfOneMoment(t *testing.T) {
	r := start(t, settings(t, config.GenerationDisabled, "1"))
	c := r.client()
	for i, id := range []string{"t1", "t2", "t3"} {
		if _, err := c.Hook(t.Context(), edit("s1", id, "a.go")); err != nil {
			t.Fatal(err)
		}
		st, err := c.Stats(t.Context(), "")
		if err != nil || st.Books.Queued != int64(i+1) || st.Lanes[0].Queued != st.Books.Queued {
			t.Errorf("books %+v, lanes %+v, %v", st.Books, st.Lanes, err)
		}
	}
}

func TestHealthOnAFullDisk(t *testing.T) {
	cfg := load(t, settings(t))
	if err := cfg.Dirs.Make(); err != nil {
		t.Fatal(err)
	}
	d := New(cfg, Options{})
	p, err := d.compose(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.close() }()
	run := func(text string) error {
		return p.store.(*sqlite.Store).WriteSQL(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec(text)
			return err
		})
	}
	const grow = `INSERT INTO ballast VALUES (randomblob(1000000))`
	for _, text := range []string{`CREATE TABLE ballast (b BLOB)`, `PRAGMA max_page_count = 1`} {
		if err := run(text); err != nil {
			t.Fatal(err)
		}
	}
	if run(grow) == nil {
		t.Fatal("the disk is not full")
	}
	s := &system{daemon: d, parts: p}
	if h := s.Health(t.Context()); h.Status != "degraded" || !strings.Contains(strings.Join(h.Reasons, ""), "full") {
		t.Errorf("health %+v", h)
	}
	for _, text := range []string{`PRAGMA max_page_count = 1000000`, grow} {
		if err := run(text); err != nil {
			t.Fatal(err)
		}
	}
	if h := s.Health(t.Context()); h.Status != "ok" {
		t.Errorf("health after it was mended %+v", h)
	}
}

func TestHealthWithoutAStore(t *testing.T) {
	cfg := load(t, settings(t))
	if err := cfg.Dirs.Make(); err != nil {
		t.Fatal(err)
	}
	log, closeLog := openLog(cfg, nil)
	defer closeLog()
	d := New(cfg, Options{})
	p, err := d.compose(t.Context(), log)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.close(); err != nil {
		t.Fatal(err)
	}
	s := &system{daemon: d, parts: p}
	h := s.Health(t.Context())
	if h.Status != "degraded" || len(h.Reasons) != 1 || h.Queue.Lanes == nil {
		t.Errorf("health %+v", h)
	}
	if _, err := s.Info(t.Context()); err == nil {
		t.Error("Info has no error")
	}
}
