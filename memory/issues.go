package memory

import (
	"encoding/json"
	"fmt"
)

// Issue is one thing wrong with one field of an input.
type Issue struct {
	Code    string   `json:"code"`
	Path    []string `json:"path"` // from the outermost field inwards; empty means the whole body
	Message string   `json:"message"`
}

// Issues collects what is wrong with an input. Each field is named by its path, from the
// outermost one inwards:
//
//	var is memory.Issues
//	is.Required(in.Name, "name")
//	is.MaxBytes(in.Tree.Branch, memory.MaxIDBytes, "tree", "branch")
//	return is.Err()
type Issues []Issue

// Add adds what is wrong with the field, or with the whole input if no field is named.
func (is *Issues) Add(code, message string, path ...string) {
	if path == nil {
		path = []string{}
	}
	*is = append(*is, Issue{Code: code, Path: path, Message: message})
}

// Required finds fault with a text that is empty, as one that is missing.
func (is *Issues) Required(value string, path ...string) {
	if value == "" {
		is.Add("invalid_type", "Invalid input: expected string, received undefined", path...)
	}
}

// MaxBytes finds fault with a text that is longer.
func (is *Issues) MaxBytes(value string, most int, path ...string) {
	if len(value) > most {
		is.Add("too_big", fmt.Sprintf("Too big: expected string to have <=%d bytes", most), path...)
	}
}

// ID finds fault with a text that is empty or longer than MaxIDBytes.
func (is *Issues) ID(value string, path ...string) {
	is.Required(value, path...)
	is.MaxBytes(value, MaxIDBytes, path...)
}

// Object finds fault with what is given and is neither null nor a JSON object.
func (is *Issues) Object(raw json.RawMessage, path ...string) {
	if len(raw) > 0 && raw[0] != '{' && string(raw) != "null" {
		is.Add("invalid_type", "Invalid input: expected object", path...)
	}
}

// Err is a CodeValidation error of the issues, or nil if there are none.
func (is Issues) Err() error {
	if len(is) == 0 {
		return nil
	}
	return &Error{Code: CodeValidation, Issues: is}
}
