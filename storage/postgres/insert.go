package postgres

import (
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// table is what rows of T are inserted into.
type table[T any] struct {
	name    string
	unique  string // the columns of the key that makes a second row the same; "": none does
	columns []column[T]
}

// column is one column of a table. The value is a string for text, a string or bytes
// for json, an int64 for bigint, a bool for boolean, or nil for NULL.
type column[T any] struct {
	name, kind string
	value      func(r *T) any
}

// insert makes a statement that stores the rows, except those that are there
// already; it returns the ids of those that are new. In a table whose rows are never
// the same, it returns nothing.
//
// One row is a list of values. Several travel as one array for each column: a
// statement for each row would take Postgres and us three times as long, even
// without waiting for answers.
func (tb table[T]) insert(rows ...T) *query {
	names := make([]string, len(tb.columns))
	for i, c := range tb.columns {
		names[i] = c.name
	}
	list := strings.Join(names, ", ")
	q := sql(`INSERT INTO ` + tb.name + ` (` + list + `) `)
	if len(rows) == 1 {
		tb.addValues(q, &rows[0])
	} else {
		tb.addArrays(q, list, rows)
	}
	if tb.unique == "" {
		return q
	}
	return q.add(` ON CONFLICT (` + tb.unique + `) DO NOTHING RETURNING id`)
}

// insertNew is insert for rows that nobody can have stored: it need not look for them
// first, and fails if it was wrong.
func (tb table[T]) insertNew(rows ...T) *query {
	tb.unique = ""
	return tb.insert(rows...)
}

func (tb table[T]) addValues(q *query, r *T) {
	for i, c := range tb.columns {
		q.add(either(i == 0, "VALUES (?", ", ?"), c.value(r))
	}
	q.add(")")
}

func (tb table[T]) addArrays(q *query, list string, rows []T) {
	for i, c := range tb.columns {
		q.add(either(i == 0, "SELECT ", ", ") + c.name)
		if c.kind == "json" {
			q.add("::json") // travels as text
		}
	}
	for i, c := range tb.columns {
		kind := c.kind
		if kind == "json" {
			kind = "text"
		}
		q.add(either(i == 0, " FROM unnest(", ", ")+"?::"+kind+"[]", c.of(rows))
	}
	q.add(") AS rows (" + list + ")")
}

// of is the column of all rows. The driver goes through it without reflection, and
// without a copy of each value.
func (c column[T]) of(rows []T) pgtype.FlatArray[any] {
	values := make(pgtype.FlatArray[any], len(rows))
	for i := range rows {
		values[i] = c.value(&rows[i])
	}
	return values
}

func either(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}
