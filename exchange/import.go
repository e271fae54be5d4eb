package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"

	"claude-mem/memory"
	"claude-mem/storage"
)

// What is stored in one transaction at most: rows, and bytes of their lines.
const (
	maxRows  = 200
	maxBytes = 4 << 20
)

// Target is where an import writes to.
type Target interface {
	InTx(ctx context.Context, fn func(tx storage.Tx) error) error
}

// ImportOptions say how to import.
type ImportOptions struct {
	// DryRun reads and checks the whole file, and looks what of it is there already,
	// but writes nothing.
	DryRun bool
	// Progress, if set, is called now and then with how many bytes of the file are done.
	Progress func(read int64)
}

// Imported is what became of the rows of a file.
type Imported struct {
	Added Counts `json:"added"` // in a dry run: that would be added
	There Counts `json:"there"` // that were there, and stay as they are
	// Renumbered is how many of the added observations got another number, because
	// theirs was taken. A dry run does not tell.
	Renumbered int64 `json:"renumbered"`
}

// importer carries what the rows of a file refer to.
type importer struct {
	store    Target
	dry      bool
	teams    map[string]memory.Team              // ours, by the id in the file
	projects map[string]tenant                   // by the id in the file
	moved    map[storage.Table]map[string]string // ids of rows that are there under another one
	pending  []numbered
	bytes    int64
	sum      Imported
}

// tenant is whose a project of the file is there, and here.
type tenant struct {
	team string // in the file
	memory.Scope
}

// numbered is a line with its place in the file.
type numbered struct {
	line
	number int
}

// Import stores what a file holds, as the package's comment says. What it returns with
// an error is what was done until then: importing again goes on from there.
func Import(ctx context.Context, store Target, r io.Reader, o ImportOptions) (Imported, error) {
	d, err := newDecoder(r)
	if err != nil {
		return Imported{}, err
	}
	im := &importer{
		store: store, dry: o.DryRun, teams: map[string]memory.Team{}, projects: map[string]tenant{},
		moved: map[storage.Table]map[string]string{},
	}
	for {
		before := d.read
		l, err := d.next()
		if err != nil {
			// What is good is kept, also of a file that was cut off.
			if flushed := im.flush(ctx); flushed != nil {
				return im.sum, flushed
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return im.sum, err
		}
		if err := im.add(ctx, numbered{l, d.number}, d.read-before); err != nil {
			return im.sum, err
		}
		if o.Progress != nil {
			o.Progress(d.read)
		}
	}
}

// add takes a row and stores those that wait, when they are enough or of another kind.
func (im *importer) add(ctx context.Context, n numbered, size int64) error {
	if len(im.pending) > 0 && (im.pending[0].table() != n.table() || len(im.pending) >= maxRows || im.bytes+size > maxBytes) {
		if err := im.flush(ctx); err != nil {
			return err
		}
	}
	im.pending = append(im.pending, n)
	im.bytes += size
	return nil
}

// table is where the row of the line belongs; "" for teams and projects.
func (l line) table() storage.Table {
	switch {
	case l.Session != nil:
		return storage.TableSessions
	case l.Event != nil:
		return storage.TableEvents
	case l.Job != nil:
		return storage.TableJobs
	case l.Observation != nil:
		return storage.TableObservations
	}
	return ""
}

// outcome is what a transaction found out. It counts once that is committed.
type outcome struct {
	Imported
	moved    map[string]string
	teams    map[string]memory.Team
	projects map[string]tenant
}

// flush stores the rows that wait.
func (im *importer) flush(ctx context.Context) error {
	rows := im.pending
	im.pending, im.bytes = nil, 0
	if len(rows) == 0 {
		return nil
	}
	var done outcome
	err := im.store.InTx(ctx, func(tx storage.Tx) error {
		done = outcome{moved: map[string]string{}, teams: map[string]memory.Team{}, projects: map[string]tenant{}}
		if rows[0].table() == "" {
			return im.tenants(ctx, tx, rows, &done)
		}
		return im.rows(ctx, tx, rows, &done)
	})
	if err != nil {
		if _, said := errors.AsType[*rowError](err); said {
			return err
		}
		return fmt.Errorf("lines %d to %d: %w", rows[0].number, rows[len(rows)-1].number, err)
	}
	im.take(rows[0].table(), done)
	return nil
}

// take makes a transaction's outcome part of what is known.
func (im *importer) take(table storage.Table, done outcome) {
	im.sum.Added.plus(done.Added)
	im.sum.There.plus(done.There)
	im.sum.Renumbered += done.Renumbered
	for file, t := range done.teams {
		im.teams[file] = t
	}
	for file, p := range done.projects {
		im.projects[file] = p
	}
	for file, here := range done.moved {
		if im.moved[table] == nil {
			im.moved[table] = map[string]string{}
		}
		im.moved[table][file] = here
	}
}

func (c *Counts) plus(d Counts) {
	c.Teams += d.Teams
	c.Projects += d.Projects
	c.Sessions += d.Sessions
	c.Events += d.Events
	c.Jobs += d.Jobs
	c.Observations += d.Observations
}

// rowError says which row of the file cannot be stored, and why.
type rowError struct{ error }

func (e *rowError) Unwrap() error { return e.error }

// errorf is an error about a row.
func (n numbered) errorf(code memory.Code, format string, args ...any) error {
	return &rowError{lineError(n.number, memory.Errorf(code, format, args...))}
}
