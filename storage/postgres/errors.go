package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"claude-mem/memory"
)

// The codes of Postgres that mean something to us.
const (
	uniqueViolation      = "23505"
	foreignKeyViolation  = "23503"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	programLimitExceeded = "54000"
	queryCancelled       = "57014"
)

// convert gives the errors of the driver that a caller can act on their code. What
// the server says may hold the value or a path of its own, so it stays the cause.
func convert(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, ours := errors.AsType[*memory.Error](err); ours {
		return err
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		if lost(err) {
			return unavailable("the database cannot be reached", err)
		}
		return err
	}
	switch e.Code {
	case uniqueViolation:
		return &memory.Error{Code: memory.CodeConflict, Message: "there is one already", Err: err}
	case foreignKeyViolation:
		return &memory.Error{Code: memory.CodeNotFound, Message: "what it refers to does not exist", Err: err}
	case programLimitExceeded:
		return &memory.Error{Code: memory.CodeTooLarge, Message: "a text is too long to be indexed", Err: err}
	case serializationFailure, deadlockDetected, queryCancelled:
		return unavailable("the database is busy", err)
	}
	switch class(e) {
	case "22": // data exception
		return &memory.Error{
			Code: memory.CodeValidation, Message: "a text cannot be stored: it holds a NUL or invalid UTF-8, or should be JSON and is not", Err: err,
		}
	case "08", "53", "57": // connection, resources, operator intervention
		return unavailable("the database is not available", err)
	}
	return err
}

func unavailable(message string, err error) error {
	return &memory.Error{Code: memory.CodeUnavailable, Message: message, Err: err}
}

// class is the kind of error that a code of Postgres belongs to.
func class(e *pgconn.PgError) string { return e.Code[:min(2, len(e.Code))] }

// lost reports whether the connection is gone, or there never was one, for a
// reason that may pass.
func lost(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		// The server shuts down, or an administrator ended the connection.
		return class(e) == "08" || strings.HasPrefix(e.Code, "57P")
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	_, gone := errors.AsType[lostError](err)
	return gone || pgconn.SafeToRetry(err)
}

// clashed reports whether Postgres undid the transaction because of another one,
// so that the same thing may succeed when it is tried again.
func clashed(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == serializationFailure || e.Code == deadlockDetected)
}
