package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"claude-mem/memory"
)

// querier is where SQL is sent: the pool or a transaction.
type querier interface {
	// query sends q and hands the rows of the answer to read, which does not close
	// them. It may send q again, and then calls read again from the start. It
	// returns how many rows q changed or found.
	query(ctx context.Context, q *query, read func(pgx.Rows) error) (int64, error)
}

// reads implements storage.Reader over wherever SQL can be sent.
type reads struct {
	q     querier
	stats *statistics
}

// all reads every row of a query.
func all[T any](ctx context.Context, qr querier, read func(pgx.Rows) (T, error), q *query) ([]T, error) {
	var out []T
	_, err := qr.query(ctx, q, func(rows pgx.Rows) error {
		out = nil
		for rows.Next() {
			v, err := read(rows)
			if err != nil {
				return err
			}
			out = append(out, v)
		}
		return rows.Err()
	})
	return out, err
}

// one reads the first row of a query; what names the thing in the error if there
// is none.
func one[T any](ctx context.Context, qr querier, what string, read func(pgx.Rows) (T, error), q *query) (T, error) {
	var none T
	vs, err := all(ctx, qr, read, q)
	if err != nil {
		return none, err
	}
	if len(vs) == 0 {
		return none, memory.Errorf(memory.CodeNotFound, "no such %s", what)
	}
	return vs[0], nil
}

// value reads a row of one value.
func value[T any](r pgx.Rows) (v T, err error) { return v, r.Scan(&v) }

// The kinds of value that are NULL when they are zero.

func text(o memory.Opt) any {
	if o == "" {
		return nil
	}
	return string(o)
}

func whole(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func epoch(e memory.Epoch) any {
	if e == 0 {
		return nil
	}
	return int64(e)
}

func raw(m json.RawMessage) any {
	if len(m) == 0 {
		return nil
	}
	return []byte(m)
}

// object is a JSON object; one that is absent is empty.
func object(m json.RawMessage) json.RawMessage {
	if len(m) == 0 || string(m) == "null" {
		return json.RawMessage("{}")
	}
	return m
}

// rawInto is where JSON is read to as it is; the driver would parse it else.
func rawInto(m *json.RawMessage) *[]byte { return (*[]byte)(m) }
