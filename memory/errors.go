package memory

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Code names a kind of failure. It is the "error" field of an error answer on
// the wire, so the same name holds on both sides of a connection.
type Code string

// The kinds of failure there are.
const (
	CodeValidation   Code = "ValidationError"
	CodeBadRequest   Code = "BadRequest"
	CodeUnauthorized Code = "Unauthorized"
	CodeForbidden    Code = "Forbidden"
	CodeNotFound     Code = "NotFound"
	CodeConflict     Code = "Conflict"
	CodeTooLarge     Code = "PayloadTooLarge"
	CodeTooMany      Code = "TooManyRequests"
	CodeQuota        Code = "QuotaExceeded"
	CodeInternal     Code = "InternalError"
	CodeUnavailable  Code = "Unavailable"
)

// Targets for errors.Is: any [Error] of the same code matches.
var (
	ErrValidation   = &Error{Code: CodeValidation}
	ErrUnauthorized = &Error{Code: CodeUnauthorized}
	ErrForbidden    = &Error{Code: CodeForbidden}
	ErrNotFound     = &Error{Code: CodeNotFound}
	ErrConflict     = &Error{Code: CodeConflict}
	ErrTooLarge     = &Error{Code: CodeTooLarge}
	ErrUnavailable  = &Error{Code: CodeUnavailable}
)

// Error is a failure that a caller can act on. Message is safe to show to
// anybody; Err, if any, is the cause and stays in the logs.
type Error struct {
	Code       Code
	Message    string
	Issues     Issues        // only with CodeValidation
	RetryAfter time.Duration // only with CodeTooMany and CodeUnavailable; 0 means unknown
	Err        error
}

// Errorf makes an Error; a %w verb in the format sets its cause.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Err: errors.Unwrap(err)}
}

// Invalid makes a CodeValidation error for one field, named by its path.
func Invalid(message string, path ...string) *Error {
	return &Error{Code: CodeValidation, Issues: Issues{{Code: "custom", Path: path, Message: message}}}
}

func (e *Error) Error() string {
	if len(e.Issues) == 0 {
		if e.Message == "" {
			return string(e.Code)
		}
		return e.Message
	}
	var b strings.Builder
	for i, is := range e.Issues {
		if i > 0 {
			b.WriteString("; ")
		}
		if len(is.Path) > 0 {
			b.WriteString(strings.Join(is.Path, ".") + ": ")
		}
		b.WriteString(is.Message)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is an Error of the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Message == ""
}

// CodeOf returns the code of the first Error in err's chain, or CodeInternal.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
