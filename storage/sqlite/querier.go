package sqlite

import (
	"context"
	"database/sql"
	"sync"
)

// querier is where SQL is sent: the read pool or a transaction. The texts given
// to it are constants or of few shapes, so that it can keep them compiled.
type querier interface {
	query(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// compiled is a statement that stays compiled after it ran: *sql.Stmt without the Close
// that is not for whoever runs it.
type compiled interface {
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, args ...any) (sql.Result, error)
}

// maxStatements bounds how many compiled statements are kept. More texts than
// that are not expected; they would be compiled each time.
const maxStatements = 512

// statements keeps the statements of a pool compiled.
type statements struct {
	db *sql.DB
	mu sync.RWMutex
	m  map[string]*sql.Stmt
}

func newStatements(db *sql.DB) *statements {
	return &statements{db: db, m: make(map[string]*sql.Stmt)}
}

func (st *statements) get(text string) *sql.Stmt {
	st.mu.RLock()
	defer st.mu.RUnlock()
	return st.m[text]
}

// prepare compiles text unless there are too many already; it needs a free
// connection.
func (st *statements) prepare(ctx context.Context, text string) (compiled, error) {
	if s := st.get(text); s != nil {
		return s, nil
	}
	s, err := st.db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if other := st.m[text]; other != nil {
		defer s.Close()
		return other, nil
	}
	st.m[text] = s
	return s, nil
}

func (st *statements) full() bool {
	st.mu.RLock()
	defer st.mu.RUnlock()
	return len(st.m) >= maxStatements
}

func (st *statements) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if st.get(text) == nil && st.full() {
		return st.db.QueryContext(ctx, text, args...)
	}
	s, err := st.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (st *statements) close() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	for text, s := range st.m {
		s.Close()
		delete(st.m, text)
	}
	return nil
}
