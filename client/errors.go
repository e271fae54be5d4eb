package client

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"claude-mem/memory"
)

// ErrorBody is the body of every answer that is not a 2xx.
type ErrorBody struct {
	Error     memory.Code `json:"error"`
	Message   string      `json:"message,omitempty"` // with issues: all of them in one text
	Issues    []Issue     `json:"issues,omitempty"`  // only with ValidationError
	RequestID string      `json:"requestId,omitempty"`
}

// Issue is memory.Issue as it travels.
type Issue struct {
	Code    string    `json:"code"`
	Path    IssuePath `json:"path"` // never null
	Message string    `json:"message"`
}

// IssuePath leads to a field from the outside in. An index into an array is a
// number on the wire and a decimal text here.
type IssuePath []string

// MarshalJSON writes an array of texts and numbers.
func (p IssuePath) MarshalJSON() ([]byte, error) {
	parts := make([]any, len(p))
	for i, s := range p {
		parts[i] = s
		if n, err := strconv.ParseUint(s, 10, 31); err == nil && strconv.FormatUint(n, 10) == s {
			parts[i] = n
		}
	}
	return json.Marshal(parts)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *IssuePath) UnmarshalJSON(b []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	*p = make(IssuePath, len(parts))
	for i, raw := range parts {
		if json.Unmarshal(raw, &(*p)[i]) != nil {
			(*p)[i] = string(raw)
		}
	}
	return nil
}

// NewErrorBody tells err to a client: the status code and the body. What is not a
// memory.Error is told as a fixed text, because it may hold internals.
func NewErrorBody(err error, requestID string) (int, ErrorBody) {
	e, ok := errors.AsType[*memory.Error](err)
	if !ok || e.Code == memory.CodeInternal {
		return http.StatusInternalServerError, ErrorBody{
			Error: memory.CodeInternal, Message: "Internal error", RequestID: requestID,
		}
	}
	body := ErrorBody{Error: e.Code, Message: e.Message, RequestID: requestID}
	for _, is := range e.Issues {
		body.Issues = append(body.Issues, Issue{Code: is.Code, Path: is.Path, Message: is.Message})
	}
	if body.Message == "" {
		// Of issues it is the text of all, for clients that show nothing else.
		body.Message = cmp.Or((&memory.Error{Issues: e.Issues}).Error(), string(e.Code))
	}
	return Status(e.Code), body
}

// Err is the error that the body tells of.
func (b ErrorBody) Err() *memory.Error {
	e := &memory.Error{Code: b.Error, Message: b.Message}
	for _, is := range b.Issues {
		e.Issues = append(e.Issues, memory.Issue{Code: is.Code, Path: is.Path, Message: is.Message})
	}
	if e.Message == "" {
		// Without a message it would be a target of errors.Is, not an error.
		e.Message = string(b.Error)
	}
	return e
}

// Status is the status code that goes with an error code; 500 for an unknown one.
func Status(c memory.Code) int {
	switch c {
	case memory.CodeValidation, memory.CodeBadRequest:
		return http.StatusBadRequest
	case memory.CodeUnauthorized:
		return http.StatusUnauthorized
	case memory.CodeQuota:
		return http.StatusPaymentRequired
	case memory.CodeForbidden:
		return http.StatusForbidden
	case memory.CodeNotFound:
		return http.StatusNotFound
	case memory.CodeConflict:
		return http.StatusConflict
	case memory.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case memory.CodeTooMany:
		return http.StatusTooManyRequests
	case memory.CodeUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// codeOf names a status code, for answers that do not name themselves: those of a
// proxy in between, or of something that is no claude-mem at all.
func codeOf(status int) memory.Code {
	switch status {
	case http.StatusUnauthorized:
		return memory.CodeUnauthorized
	case http.StatusPaymentRequired:
		return memory.CodeQuota
	case http.StatusForbidden:
		return memory.CodeForbidden
	case http.StatusNotFound:
		return memory.CodeNotFound
	case http.StatusConflict:
		return memory.CodeConflict
	case http.StatusRequestEntityTooLarge:
		return memory.CodeTooLarge
	case http.StatusTooManyRequests:
		return memory.CodeTooMany
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return memory.CodeUnavailable
	}
	if status >= 400 && status < 500 {
		return memory.CodeBadRequest
	}
	return memory.CodeInternal
}

// answerError reads an error answer. A body that is not ours is not repeated in
// the message: it may be a page of HTML.
func answerError(res *http.Response, data []byte) error {
	var body ErrorBody
	ours := json.Unmarshal(data, &body) == nil && Status(body.Error) == res.StatusCode &&
		(res.StatusCode != http.StatusInternalServerError || body.Error == memory.CodeInternal)
	if !ours {
		body = ErrorBody{Error: codeOf(res.StatusCode), Message: "the server answered " + strconv.Itoa(res.StatusCode)}
	}
	e := body.Err()
	if s, err := strconv.Atoi(strings.TrimSpace(res.Header.Get("Retry-After"))); err == nil && s > 0 {
		e.RetryAfter = time.Duration(min(s, 1<<20)) * time.Second
	}
	return e
}
