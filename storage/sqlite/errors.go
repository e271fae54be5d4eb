package sqlite

import (
	"errors"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"claude-mem/memory"
)

// convert gives the errors of the driver that a caller can act on their code. The
// driver's own words name tables and columns, so they stay in the cause.
func convert(err error) error {
	e, ok := errors.AsType[*driver.Error](err)
	if !ok {
		return err
	}
	switch e.Code() {
	case codes.SQLITE_CONSTRAINT_UNIQUE, codes.SQLITE_CONSTRAINT_PRIMARYKEY:
		return &memory.Error{Code: memory.CodeConflict, Message: "there is one already", Err: err}
	case codes.SQLITE_CONSTRAINT_FOREIGNKEY:
		return &memory.Error{Code: memory.CodeNotFound, Message: "what it refers to does not exist", Err: err}
	}
	switch e.Code() & 0xff {
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED:
		return &memory.Error{Code: memory.CodeUnavailable, Message: "the database is busy", Err: err}
	case codes.SQLITE_FULL:
		return &memory.Error{Code: memory.CodeUnavailable, Message: "the disk is full", Err: err}
	}
	return err
}
