package sqlite

import (
	"context"
	"encoding/json"
	"strings"

	"claude-mem/memory"
	"claude-mem/storage"
)

// reads implements storage.Reader over wherever SQL can be sent. extents remembers
// how much there is, for all of a store's searches.
type reads struct {
	q       querier
	extents *extents
}

// tx implements storage.Tx on the writer's connection.
type tx struct {
	reads
	*group
}

var _ storage.Tx = (*tx)(nil)

// scanner is a row being read: *sql.Rows.
type scanner interface{ Scan(dst ...any) error }

// all reads every row of a query.
func all[T any](ctx context.Context, q querier, read func(scanner) (T, error), text string, args ...any) ([]T, error) {
	rows, err := q.query(ctx, text, args...)
	if err != nil {
		return nil, convert(err)
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := read(rows)
		if err != nil {
			return nil, convert(err)
		}
		out = append(out, v)
	}
	return out, convert(rows.Err())
}

// one reads the first row of a query; what names the thing in the error if there
// is none.
func one[T any](ctx context.Context, q querier, what string, read func(scanner) (T, error), text string, args ...any) (T, error) {
	var none T
	vs, err := all(ctx, q, read, text, args...)
	if err != nil {
		return none, err
	}
	if len(vs) == 0 {
		return none, memory.Errorf(memory.CodeNotFound, "no such %s", what)
	}
	return vs[0], nil
}

// number reads a row of one number.
func number(s scanner) (n int64, err error) { return n, s.Scan(&n) }

// where builds a condition. Its texts are constants; values go into args.
type where struct {
	text strings.Builder
	args []any
}

// in begins a condition with the tenant, for tables with an index by team and one
// by project. A project is checked against its team once, on the projects table:
// every row refers to both by one foreign key, so that no row need be read for it.
func in(s memory.Scope) *where {
	w := &where{}
	if s.ProjectID == "" {
		return w.and("team_id = ?", s.TeamID)
	}
	return w.and("project_id = (SELECT id FROM projects WHERE id = ? AND team_id = ?)", s.ProjectID, s.TeamID)
}

// inTeam begins a condition with the tenant for tables that have an index by team
// only.
func inTeam(s memory.Scope) *where {
	w := (&where{}).and("team_id = ?", s.TeamID)
	if s.ProjectID != "" {
		w.and("project_id = ?", s.ProjectID)
	}
	return w
}

// within is the tenant as a condition beside a sharper one: it only checks what
// that one finds, and the pluses keep SQLite from starting at the tenant.
func within(s memory.Scope) *where {
	w := (&where{}).and("+team_id = ?", s.TeamID)
	if s.ProjectID != "" {
		w.and("+project_id = ?", s.ProjectID)
	}
	return w
}

// and adds a condition that has to hold too.
func (w *where) and(cond string, args ...any) *where {
	if w.text.Len() > 0 {
		w.text.WriteString(" AND ")
	}
	w.text.WriteString(cond)
	w.args = append(w.args, args...)
	return w
}

func (w *where) String() string { return w.text.String() }

// page returns the arguments of the condition with those of LIMIT ? OFFSET ?.
func (w *where) page(p storage.Page) []any {
	p = p.Clamp(0)
	return append(w.args[:len(w.args):len(w.args)], p.Limit, p.Offset)
}

// The kinds of value that are NULL when they are zero.

func text(o memory.Opt) any {
	if o == "" {
		return nil
	}
	return string(o)
}

func epoch(e memory.Epoch) any {
	if e == 0 {
		return nil
	}
	return int64(e)
}

func whole(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func raw(m json.RawMessage) any {
	if len(m) == 0 {
		return nil
	}
	return string(m)
}

// object is a JSON object; one that is absent is empty.
func object(m json.RawMessage) json.RawMessage {
	if len(m) == 0 || string(m) == "null" {
		return json.RawMessage("{}")
	}
	return m
}
