package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"claude-mem/memory"
)

// maxDepth bounds how deep a body may be nested.
const maxDepth = 200

// maxFieldLookUps bounds the work of naming each wrong field of a body.
const maxFieldLookUps = 64

// decode reads the body, a JSON object, into v, a pointer to a struct. Fields that
// v does not have are ignored; of a field that comes twice the last one counts.
func (r *request) decode(v any) error {
	data, err := r.readJSON()
	if err != nil {
		return err
	}
	return decodeObject(data, v)
}

// readJSON reads the body. A body of another content type counts as none: a web
// form must not pass for a request of ours.
func (r *request) readJSON() ([]byte, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		// For these two the contract has the words, which say less.
		if kind == "" || kind == "text/plain" || r.ContentLength == 0 {
			return nil, nil
		}
		return nil, invalidType("object", "undefined: the body is "+kind+", not application/json")
	}
	n := r.ContentLength
	switch {
	case n < 0:
		n = r.route.Limit // it may become that long
	case n > r.route.Limit:
		return nil, &http.MaxBytesError{Limit: r.route.Limit}
	}
	free, err := r.room.take(r.Context(), n)
	if err != nil {
		return nil, err
	}
	r.free = free
	var buf bytes.Buffer
	buf.Grow(int(min(max(r.ContentLength, 0), smallBody)) + bytes.MinRead) // what is said to come, within reason
	if _, err := buf.ReadFrom(r.Body); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, err
		}
		if r.Context().Err() != nil || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, memory.Errorf(memory.CodeBadRequest, "the body is incomplete")
		}
		return nil, memory.Errorf(memory.CodeBadRequest, "the body cannot be read: %w", err)
	}
	return buf.Bytes(), nil
}

// decodeObject decodes a JSON object; what does not fit is a ValidationError with
// an issue for each field.
func decodeObject(data []byte, v any) error {
	if kind := kindOf(data); kind != "object" {
		return invalidType("object", kind)
	}
	err := unmarshal(data, v)
	if err == nil || errors.Is(err, memory.ErrValidation) {
		return err
	}
	if issues := fieldIssues(data, v); len(issues) > 0 {
		return issues.Err()
	}
	return issue("invalid_type", "Invalid input: "+err.Error())
}

// unmarshal refuses, with a ValidationError, what is no JSON or is nested so deep
// that it can only be meant to hurt. Any other error is about v's type.
func unmarshal(data []byte, v any) error {
	if outlineOf(data).depth > maxDepth {
		return issue("too_big", fmt.Sprintf("Too big: expected nesting of <=%d levels", maxDepth))
	}
	err := json.Unmarshal(data, v)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return issue("invalid_json", fmt.Sprintf("Invalid JSON at byte %d: %s", syntax.Offset, syntax.Error()))
	}
	return err
}

// outline is what a JSON text looks like from afar.
type outline struct {
	depth  int // how deep it is nested
	commas int // between the items of the array that it is
}

// outlineOf draws the outline of a text that may be no JSON. Brackets and commas in
// texts do not count.
func outlineOf(data []byte) (o outline) {
	now := 0
	inText, escaped := false, false
	for _, c := range data {
		switch {
		case escaped:
			escaped = false
		case inText:
			escaped, inText = c == '\\', c != '"'
		case c == '"':
			inText = true
		case c == '{' || c == '[':
			now++
			o.depth = max(o.depth, now)
		case c == '}' || c == ']':
			now--
		case c == ',' && now == 1:
			o.commas++
		}
	}
	return o
}

// fieldIssues finds out which fields do not fit v's type, by decoding each alone:
// package json tells of one at most, and not where, when a field decodes itself.
func fieldIssues(data []byte, v any) memory.Issues {
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil {
		return nil
	}
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	var issues memory.Issues
	for _, name := range names[:min(len(names), maxFieldLookUps)] {
		alone, err := json.Marshal(map[string]json.RawMessage{name: fields[name]})
		if err != nil {
			continue
		}
		fresh := reflect.New(reflect.TypeOf(v).Elem()).Interface()
		if err := json.Unmarshal(alone, fresh); err != nil {
			issues = append(issues, fieldIssue(name, fields[name], err))
		}
	}
	return issues
}

func fieldIssue(name string, value json.RawMessage, err error) memory.Issue {
	is := memory.Issue{Code: "invalid_type", Path: []string{name}, Message: "Invalid input"}
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return is
	}
	if len(wrong.Field) > len(name) { // a field inside
		is.Path = strings.Split(wrong.Field, ".")
		is.Message = "Invalid input: expected " + wireKind(wrong.Type) + ", received " + wrong.Value
		return is
	}
	want, got := wireKind(wrong.Type), kindOf(value)
	is.Message = "Invalid input: expected " + want + ", received " + got
	if want == got { // a number, but one that does not fit
		is.Code, is.Message = "invalid_value", "Invalid input: number out of range"
	}
	return is
}

// wireKind is the JSON kind that a Go type is written as.
func wireKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Slice, reflect.Array:
		return "array"
	case reflect.Struct, reflect.Map:
		return "object"
	}
	return "number"
}

// kindOf tells what a JSON text starts as; "undefined" when there is none.
func kindOf(data []byte) string {
	data = bytes.TrimLeft(data, " \t\r\n")
	if len(data) == 0 {
		return "undefined"
	}
	switch data[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

func invalidType(want, got string) error {
	return issue("invalid_type", "Invalid input: expected "+want+", received "+got)
}

func issue(code, message string, path ...string) error {
	var is memory.Issues
	is.Add(code, message, path...)
	return is.Err()
}
