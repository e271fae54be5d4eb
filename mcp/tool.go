package mcp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"claude-mem/memory"
)

// callWithin is how long a tool may take, the start of a daemon included.
const callWithin = 40 * time.Second

// tool describes one tool and what it does with its arguments In.
type tool[In any] struct {
	name  string
	title string
	doc   string // for the model: when to use it and what comes back
	hints *sdk.ToolAnnotations
	bound func(schemaOf) // what the type In cannot say of its fields
	call  func(context.Context, In) (string, error)
}

// add offers the tool under its name and its aliases.
func add[In any](s *sdk.Server, t tool[In], aliases ...string) {
	schema, err := jsonschema.For[In](nil)
	if err != nil {
		panic(fmt.Sprintf("the arguments of %s: %v", t.name, err)) // their type is a constant
	}
	if t.bound != nil {
		t.bound(schema.Properties)
	}
	hints := *t.hints
	hints.Title = t.title
	for i, name := range append([]string{t.name}, aliases...) {
		doc := t.doc
		if i > 0 {
			doc = "The same as " + t.name + "."
		}
		declared := &sdk.Tool{Name: name, Title: t.title, Description: doc, InputSchema: schema, Annotations: &hints}
		sdk.AddTool(s, declared, func(ctx context.Context, _ *sdk.CallToolRequest, in In) (*sdk.CallToolResult, any, error) {
			ctx, cancel := context.WithTimeout(ctx, callWithin)
			defer cancel()
			text, err := t.call(ctx, in)
			if err != nil {
				return nil, nil, advise(err)
			}
			return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: text}}}, nil, nil
		})
	}
}

// reads are the hints of a tool that changes nothing.
func reads() *sdk.ToolAnnotations {
	return &sdk.ToolAnnotations{ReadOnlyHint: true, OpenWorldHint: new(false)}
}

// writes are the hints of a tool that adds something and destroys nothing. again says
// that doing it twice does no more than once.
func writes(again bool) *sdk.ToolAnnotations {
	return &sdk.ToolAnnotations{DestructiveHint: new(false), IdempotentHint: again, OpenWorldHint: new(false)}
}

// schemaOf are the schemas of a tool's arguments by name.
type schemaOf map[string]*jsonschema.Schema

// number bounds an integer argument.
func (s schemaOf) number(name string, lo, hi float64) {
	s[name].Minimum, s[name].Maximum = &lo, &hi
}

// text bounds the length of a text argument in characters.
func (s schemaOf) text(name string, lo, hi int) {
	s[name].MinLength, s[name].MaxLength = &lo, &hi
}

// list bounds the length of a list argument. A list that Go writes may be null; one
// that a model writes is left out.
func (s schemaOf) list(name string, lo, hi int) {
	s[name].Type, s[name].Types = "array", nil
	s[name].MinItems, s[name].MaxItems = &lo, &hi
}

// advise turns an error into one that says what to do about it.
func advise(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the memory did not answer within %s; try again, and if that does not help ask the user to run `claude-mem doctor`", callWithin)
	case errors.Is(err, memory.ErrUnauthorized), errors.Is(err, memory.ErrForbidden):
		return fmt.Errorf("%w; the user can look at the key in use with `claude-mem config list` and at its scopes with `claude-mem server api-key list`", err)
	case errors.Is(err, memory.ErrUnavailable):
		return fmt.Errorf("%w; try again in a moment, or ask the user to run `claude-mem doctor`", err)
	case memory.CodeOf(err) == memory.CodeTooMany:
		return fmt.Errorf("%w; wait a minute before the next call", err)
	}
	return err
}
