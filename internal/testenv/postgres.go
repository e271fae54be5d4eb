package testenv

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// PostgresOptions are what a server of a test's own can be told.
type PostgresOptions struct {
	// Durable leaves fsync on: what is committed survives a power cut, at the price
	// it has in production.
	Durable bool
	// Settings are more of postgresql.conf, each "name=value".
	Settings []string
}

// Postgres is a running server.
type Postgres struct {
	bin      string // folder of its programs
	host     *host
	port     int
	password string
	settings []string

	mu        sync.Mutex
	templates map[string]func() error // make a template when first called
}

// serverUser is the administrator's name, and whom servers run as when the tests
// run as root, which Postgres refuses.
const serverUser = "postgres"

// sharedPostgres lives until the test process ends; the watchdog ends it.
var sharedPostgres = sync.OnceValues(func() (*Postgres, error) { return newPostgres(PostgresOptions{}) })

// SharedPostgres returns the server that all tests of the process share. They must
// not stop it.
func SharedPostgres(t testing.TB) *Postgres {
	t.Helper()
	if _, err := find("postgres"); err != nil {
		unavailable(t, err)
	}
	p, err := sharedPostgres()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// StartPostgres starts a server that is removed when the test ends.
func StartPostgres(t testing.TB, o PostgresOptions) *Postgres {
	t.Helper()
	if _, err := find("postgres"); err != nil {
		unavailable(t, err)
	}
	p, err := newPostgres(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.host.remove(); err != nil {
			t.Errorf("remove the Postgres server: %v", err)
		}
	})
	return p
}

// RunPostgres starts a durable server for a program that is no test, and returns the
// URL of an empty database on it. stop removes the server with all that is in it.
func RunPostgres(ctx context.Context) (url string, stop func() error, err error) {
	p, err := newPostgres(PostgresOptions{Durable: true})
	if err != nil {
		return "", nil, err
	}
	const name = "measured"
	if err := p.create(ctx, name, "template0"); err != nil {
		return "", nil, errors.Join(err, p.host.remove())
	}
	return p.url(name), p.host.remove, nil
}

func newPostgres(o PostgresOptions) (*Postgres, error) {
	path, err := find("postgres")
	if err != nil {
		return nil, err
	}
	h, err := newHost()
	if err != nil {
		return nil, err
	}
	p := &Postgres{
		bin: filepath.Dir(path), host: h, password: rand.Text(), settings: o.Settings,
		templates: make(map[string]func() error),
	}
	if !o.Durable {
		p.settings = append([]string{"fsync=off", "full_page_writes=off"}, p.settings...)
	}
	if err := p.init(); err != nil {
		_ = h.remove()
		return nil, fmt.Errorf("make a Postgres server: %w", err)
	}
	return p, nil
}

// init makes the files of the server and starts it.
func (p *Postgres) init() error {
	secret := filepath.Join(p.host.dir, "password")
	if err := os.WriteFile(secret, []byte(p.password), 0o600); err != nil {
		return err
	}
	if err := giveAway(secret); err != nil {
		return err
	}
	// The password keeps other users of the machine out. It is sent in clear, over
	// loopback, because SCRAM costs 5 ms a connection.
	err := p.host.run(filepath.Join(p.bin, "initdb"), "--pgdata", p.data(), "--username", serverUser,
		"--auth", "password", "--pwfile", secret, "--encoding", "UTF8", "--locale", "C", "--no-sync")
	if err != nil {
		return err
	}
	for range 5 {
		if p.port, err = freePort(); err != nil {
			return err
		}
		if err = p.start(); err == nil {
			return nil
		}
	}
	return err
}

func (p *Postgres) data() string { return filepath.Join(p.host.dir, "data") }

// start starts the server on its port and waits until it answers.
func (p *Postgres) start() error {
	args := []string{
		"-D", p.data(), "-p", strconv.Itoa(p.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "max_connections=200", "-c", "shared_buffers=256MB",
	}
	for _, s := range p.settings {
		args = append(args, "-c", s)
	}
	if err := p.host.start(filepath.Join(p.bin, "postgres"), args...); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startFor)
	defer cancel()
	err := poll(ctx, func(ctx context.Context) error {
		return p.exec(ctx, "SELECT 1")
	}, p.host.ended)
	if err != nil {
		_ = p.host.signal(syscall.SIGKILL)
		return fmt.Errorf("start Postgres: %w\n%s", err, p.host.tail())
	}
	return nil
}

// url names a database of the server, with the password.
func (p *Postgres) url(database string) string {
	return fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/%s?sslmode=disable", serverUser, p.password, p.port, database)
}

// exec runs a statement as the server's administrator.
func (p *Postgres) exec(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, p.url("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, statement)
	return err
}

// Pgvector reports whether databases of the server can have the extension.
func (p *Postgres) Pgvector(t testing.TB) bool {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), p.url("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	var there bool
	err = conn.QueryRow(t.Context(), `SELECT EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'vector')`).Scan(&there)
	if err != nil {
		t.Fatal(err)
	}
	if !there && os.Getenv(EnvPgvector) == "1" {
		t.Fatalf("Postgres has no pgvector, and %s=1 requires it", EnvPgvector)
	}
	return there
}

// Password is in the URLs of the server's databases; tests look for it where it
// must not be.
func (p *Postgres) Password() string { return p.password }

// Kill ends the server at once, as a crash of the machine would: its processes for
// each connection too, which else serve on until they notice.
func (p *Postgres) Kill(t testing.TB) {
	t.Helper()
	p.stop(t, syscall.SIGKILL)
	if err := killIn(p.data()); err != nil {
		t.Fatalf("kill Postgres: %v", err)
	}
}

// Stop ends the server in good order; clients are disconnected.
func (p *Postgres) Stop(t testing.TB) { p.stop(t, syscall.SIGINT) }

func (p *Postgres) stop(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := p.host.signal(s); err != nil {
		t.Fatalf("stop Postgres: %v", err)
	}
}

// Start starts the server after Kill or Stop, on the same port and data.
func (p *Postgres) Start(t testing.TB) {
	t.Helper()
	var err error
	// The processes of a killed server hold on to its shared memory for a moment.
	for range 20 {
		if err = p.start(); err == nil {
			return
		}
	}
	t.Fatal(err)
}
