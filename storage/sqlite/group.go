package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"claude-mem/internal/spelling"
	"claude-mem/memory"
)

// group is the transaction that several ops share, as the op that runs sees it.
type group struct {
	tx     *sql.Tx
	st     *statements
	outbox Outbox
	alone  bool         // there is but one op: the transaction is its savepoint
	turn   *transaction // whose turn it is
	wanted []string     // texts to compile once the connection is free

	known     *spelling.Known
	unlearned bool // words were removed
}

// run runs one of the transactions so that its failure undoes nothing but its own
// work. broken means that the whole group is lost.
func (g *group) run(t *transaction) (broken bool, err error) {
	g.turn, t.msgs, t.learned = t, nil, nil
	if g.alone {
		err := t.call(g)
		return err != nil, err
	}
	if err := g.control("SAVEPOINT op"); err != nil {
		return true, err
	}
	err = t.call(g)
	if err != nil {
		// SQLite undoes the whole transaction when the disk is full or a statement
		// is interrupted; the savepoint is gone then.
		if undo := errors.Join(g.control("ROLLBACK TO op"), g.control("RELEASE op")); undo != nil {
			return true, errors.Join(err, undo)
		}
		return false, err
	}
	if err := g.control("RELEASE op"); err != nil {
		return true, err
	}
	return false, nil
}

// control sends a statement of the group's own.
func (g *group) control(text string) error {
	_, err := g.exec(context.Background(), text)
	return err
}

// stmt returns the compiled statement for this transaction, or nil.
func (g *group) stmt(ctx context.Context, text string) compiled {
	if s := g.st.get(text); s != nil {
		return g.tx.StmtContext(ctx, s)
	}
	g.wanted = append(g.wanted, text)
	return nil
}

// query implements querier. The caller's context can stop a statement from being
// sent, but not interrupt it: see [Store.WriteSQL].
func (g *group) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	if s := g.stmt(ctx, text); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return g.tx.QueryContext(ctx, text, args...)
}

// exec runs a statement and returns how many rows it changed.
func (g *group) exec(ctx context.Context, text string, args ...any) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	ctx = context.WithoutCancel(ctx)
	var res sql.Result
	var err error
	if s := g.stmt(ctx, text); s != nil {
		res, err = s.ExecContext(ctx, args...)
	} else {
		res, err = g.tx.ExecContext(ctx, text, args...)
	}
	if err != nil {
		return 0, convert(err)
	}
	return res.RowsAffected()
}

// Enqueue implements storage.Tx. The messages are sent with those of the others
// right before the commit: together they cost a fraction.
func (g *group) Enqueue(ctx context.Context, msgs ...memory.Message) error {
	if len(msgs) == 0 {
		return nil
	}
	if g.outbox == nil {
		return errors.New("enqueue: the database has no queue")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, m := range msgs {
		if err := m.Validate(); err != nil { // later it would be everybody's failure
			return fmt.Errorf("enqueue: message %q: %w", m.ID, err)
		}
	}
	g.turn.msgs = append(g.turn.msgs, msgs...)
	return nil
}
