package testenv

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Template is a database that others are copied from, so that a schema is made
// once and not for each test.
type Template struct {
	// Name tells templates of one server apart: lower-case letters.
	Name string
	// Prepare fills the database at the URL, once. It must have closed its
	// connections when it returns.
	Prepare func(ctx context.Context, url string) error
}

// databases numbers the databases of the process.
var databases atomic.Int64

// Database makes a database, a copy of the template's or else empty, and returns
// its URL. It is dropped when the test ends, whoever is connected.
func (p *Postgres) Database(t testing.TB, tpl Template) string {
	t.Helper()
	source := "template0"
	if tpl.Name != "" {
		source = "template_" + tpl.Name
		if err := p.template(source, tpl.Prepare); err != nil {
			t.Fatalf("template %s: %v", tpl.Name, err)
		}
	}
	name := "test_" + strconv.FormatInt(databases.Add(1), 10)
	if err := p.create(t.Context(), name, source); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), startFor)
		defer cancel()
		// A test may have stopped the server for good.
		if err := p.exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil && p.running() {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return p.url(name)
}

func (p *Postgres) running() bool {
	select {
	case <-p.host.ended:
		return false
	default:
		return true
	}
}

// template makes the template database when it is first asked for.
func (p *Postgres) template(name string, prepare func(context.Context, string) error) error {
	p.mu.Lock()
	prepared, ok := p.templates[name]
	if !ok {
		prepared = sync.OnceValue(func() error {
			ctx, cancel := context.WithTimeout(context.Background(), startFor)
			defer cancel()
			if err := p.create(ctx, name, "template0"); err != nil {
				return err
			}
			return prepare(ctx, p.url(name))
		})
		p.templates[name] = prepared
	}
	p.mu.Unlock()
	return prepared()
}

// create copies a database. The source must have no connections; those that were
// just closed take a moment to go.
func (p *Postgres) create(ctx context.Context, name, source string) error {
	const objectInUse = "55006"
	for {
		err := p.exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+source)
		pgErr, ok := errors.AsType[*pgconn.PgError](err)
		if !ok || pgErr.Code != objectInUse {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-time.After(pollEvery):
		}
	}
}
