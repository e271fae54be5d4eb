package daemon

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/instance"
	"claude-mem/memory"
)

// TestMain plays a daemon when a test starts this very program as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == playArg {
		play()
		return
	}
	// The shared Postgres runs until this process ends.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("claude-mem/internal/testenv.(*host).start.func1"))
}

// running is a daemon in this process.
type running struct {
	*Daemon
	t    *testing.T
	stop context.CancelFunc
	done chan error
}

// settings are those of a fresh profile; more are added as pairs.
func settings(t *testing.T, more ...string) map[string]string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	s := map[string]string{
		config.DataDir:    t.TempDir(),
		config.ServerPort: strconv.Itoa(l.Addr().(*net.TCPAddr).Port),
	}
	for i := 0; i < len(more); i += 2 {
		s[more[i]] = more[i+1]
	}
	return s
}

func load(t *testing.T, s map[string]string) *Config {
	t.Helper()
	cfg, err := LoadConfig(s)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// start runs a daemon until the test ends.
func start(t *testing.T, s map[string]string) *running {
	t.Helper()
	return launch(t, New(load(t, s), Options{}))
}

func launch(t *testing.T, d *Daemon) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{Daemon: d, t: t, stop: cancel, done: make(chan error, 1)}
	go func() { r.done <- r.Run(ctx) }()
	t.Cleanup(r.end)
	select {
	case <-r.Ready():
	case err := <-r.done:
		t.Fatalf("the daemon did not start: %v", err)
	}
	return r
}

// endOf runs a daemon, does what should end it once it is ready, and returns how it ended.
func endOf(t *testing.T, d *Daemon, harm func()) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- d.Run(t.Context()) }()
	select {
	case <-d.Ready():
	case err := <-done:
		t.Fatalf("the daemon did not start: %v", err)
	}
	harm()
	return <-done
}

// remove deletes a file.
func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Error(err)
	}
}

// end stops the daemon and checks that it went well.
func (r *running) end() {
	r.t.Helper()
	r.stop()
	if err := <-r.done; err != nil {
		r.t.Errorf("the daemon ended with %v", err)
	}
	r.done <- nil // for the next who asks
}

// client is one with the profile's key.
func (r *running) client() *client.Client {
	r.t.Helper()
	cfg, err := config.Load(config.Options{Environ: []string{config.DataDir + "=" + r.cfg.Dirs.Data}})
	if err != nil {
		r.t.Fatal(err)
	}
	c := client.New(r.URL(), cfg.String(config.ServerAPIKey), client.Options{Transport: client.OneShot{}})
	return c
}

// eventually asks until it is so, for ten seconds.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !so() {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestLife(t *testing.T) {
	s := settings(t)
	r := start(t, s)
	dirs := r.cfg.Dirs
	alive, err := r.client().Healthz(t.Context())
	if err != nil || alive.Status != "ok" || alive.Runtime != "local" || alive.Service != "claude-mem" {
		t.Errorf("healthz: %+v, %v", alive, err)
	}
	state, found, err := instance.Find(dirs)
	if err != nil || !found || state.PID != os.Getpid() || "http://127.0.0.1:"+strconv.Itoa(state.Port) != r.URL() {
		t.Errorf("found %+v, %v, %v; url %s", state, found, err, r.URL())
	}
	for _, path := range []string{dirs.SettingsFile(), dirs.Database(), filepath.Join(dirs.Logs(), "daemon.log"), dirs.PortFile()} {
		if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, fi, err)
		}
	}

	err = New(load(t, s), Options{}).Run(t.Context())
	if re, ok := errors.AsType[*instance.RunningError](err); !ok || re.State != state {
		t.Errorf("the second daemon: %v", err)
	}

	r.end()
	if _, found, err := instance.Find(dirs); found || err != nil {
		t.Errorf("found after the stop: %v, %v", found, err)
	}
	if _, err := os.Stat(dirs.PortFile()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the port file stays: %v", err)
	}
	if _, err := r.client().Healthz(t.Context()); !errors.Is(err, memory.ErrUnavailable) {
		t.Errorf("it answers still: %v", err)
	}
	start(t, s)
}

func TestPortOfAStranger(t *testing.T) {
	s := settings(t)
	stranger, err := net.Listen("tcp", "127.0.0.1:"+s[config.ServerPort])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Close() }()
	r := start(t, s)
	if strings.HasSuffix(r.URL(), ":"+s[config.ServerPort]) {
		t.Errorf("listens at %s", r.URL())
	}
	if _, err := r.client().Healthz(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLosingTheLockEndsIt(t *testing.T) {
	cfg := load(t, settings(t))
	d := New(cfg, Options{})
	d.recheck = time.Millisecond
	if err := endOf(t, d, func() { remove(t, cfg.Dirs.LockFile()) }); !errors.Is(err, errLockLost) {
		t.Errorf("Run: %v", err)
	}
}

func TestLosingTheDatabaseEndsIt(t *testing.T) {
	cfg := load(t, settings(t, config.GenerationDisabled, "1"))
	d := New(cfg, Options{})
	d.recheck = time.Hour // what happens before it is noticed
	r := launch(t, d)
	remove(t, cfg.Dirs.Database())
	if _, err := r.client().Hook(t.Context(), edit("s1", "t1", "a.go")); !errors.Is(err, memory.ErrUnavailable) {
		t.Errorf("the hook is told %v", err)
	}
	h, err := r.client().Health(t.Context())
	if err != nil || h.Status != "degraded" || !strings.Contains(strings.Join(h.Reasons, ""), errDatabaseMoved.Error()) {
		t.Errorf("health %+v, %v", h, err)
	}
	if err := CheckStorage(t.Context(), cfg); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the check says %v", err)
	}
	if _, err := os.Stat(cfg.Dirs.Database()); err == nil {
		t.Error("the check made a database")
	}
}

func TestWatchSeesTheDatabaseGo(t *testing.T) {
	cfg := load(t, settings(t))
	d := New(cfg, Options{})
	d.recheck = time.Millisecond
	err := endOf(t, d, func() { remove(t, cfg.Dirs.Database()) })
	if !errors.Is(err, errDatabaseMoved) || !strings.Contains(err.Error(), cfg.Dirs.Database()) {
		t.Errorf("Run: %v", err)
	}
}

func TestStopLetsNobodyWait(t *testing.T) {
	r := start(t, settings(t, config.GenerationDisabled, "1"))
	at := memory.Now()
	answered := make(chan error, 1)
	go func() {
		got, err := r.client().PutEvent(context.Background(), memory.EventInput{
			ProjectID: "/src/p", SourceType: "api", EventType: "x", OccurredAt: &at,
		}, client.EventOptions{Wait: true})
		if err == nil && !got.WaitTimedOut {
			err = errors.New("did not time out")
		}
		answered <- err
	}()
	eventually(t, "the event is stored", func() bool {
		st, err := r.client().Stats(t.Context(), "")
		return err == nil && st.Events == 1
	})
	r.end()
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

func TestRefusesWhatIsUnsafe(t *testing.T) {
	cfg := load(t, settings(t, config.AuthMode, "local-dev", config.Docker, "1"))
	err := New(cfg, Options{}).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "local-dev is not allowed in Docker") {
		t.Errorf("Run: %v", err)
	}
}

func TestFailsWithAReason(t *testing.T) {
	s := settings(t)
	cfg := load(t, s)
	if err := os.MkdirAll(cfg.Dirs.Database(), 0o700); err != nil { // a folder is no database
		t.Fatal(err)
	}
	err := New(cfg, Options{}).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), cfg.Dirs.Database()) {
		t.Errorf("Run: %v", err)
	}
	log, readErr := os.ReadFile(filepath.Join(cfg.Dirs.Logs(), "daemon.log"))
	if readErr != nil || !strings.Contains(string(log), `"level":"ERROR"`) {
		t.Errorf("log %q, %v", log, readErr)
	}
	if _, found, _ := instance.Find(cfg.Dirs); found {
		t.Error("it holds the lock still")
	}
}

func TestLog(t *testing.T) {
	cfg := load(t, settings(t, config.LogLevel, "warn"))
	var seen strings.Builder
	log, closeLog := openLog(cfg, slog.NewTextHandler(&seen, nil))
	log.Info("quiet")
	log.Warn("loud", "key", 7)
	closeLog()
	file, err := os.ReadFile(filepath.Join(cfg.Dirs.Logs(), "daemon.log"))
	if err != nil || strings.Contains(string(file), "quiet") || !strings.Contains(string(file), `"msg":"loud","key":7}`) {
		t.Errorf("log %q, %v", file, err)
	}
	if !strings.Contains(seen.String(), "quiet") || !strings.Contains(seen.String(), "loud") {
		t.Errorf("beside it: %q", seen.String())
	}
}
