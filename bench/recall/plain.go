package main

import (
	"context"
	"database/sql"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"claude-mem/internal/lexical"
)

// plain is what we are compared with: SQLite's full-text search as it comes, porter
// stems and BM25, any of the question's words except the stop words.
type plain struct{ db *sql.DB }

func openPlain(ctx context.Context, c conversation) (*plain, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // each connection would have a memory of its own
	if _, err := db.ExecContext(ctx, `CREATE VIRTUAL TABLE turns USING fts5 (id UNINDEXED, text, tokenize = 'porter unicode61')`); err != nil {
		return nil, err
	}
	for _, t := range c.Turns {
		if _, err := db.ExecContext(ctx, `INSERT INTO turns VALUES (?, ?)`, t.ID, t.Text); err != nil {
			return nil, err
		}
	}
	return &plain{db}, nil
}

// find implements finder.
func (p *plain) find(ctx context.Context, question string) (ids []string, err error) {
	terms := lexical.Terms(question)
	if len(terms) == 0 {
		return nil, nil
	}
	rows, err := p.db.QueryContext(ctx, `SELECT id FROM turns WHERE turns MATCH ? ORDER BY rank LIMIT ?`,
		`"`+strings.Join(terms, `" OR "`)+`"`, found)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
