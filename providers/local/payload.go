package local

import (
	"encoding/json"
	"strings"

	"claude-mem/memory"
)

// step is one event, read: exactly one of prompt, message and call is set.
type step struct {
	event   memory.Event
	prompt  string
	message string
	call    *call
}

// call is one use of a tool.
type call struct {
	tool     string // as the host named it
	class    class
	input    map[string]any
	response any
	text     string // the response as text
	err      string // what the tool said when it failed
	failed   bool
	cwd      string
}

// read makes a step of an event. It takes any payload: what is not there is empty.
func read(e memory.Event) step {
	s := step{event: e}
	var raw struct {
		Prompt     any    `json:"prompt"`
		Message    any    `json:"message"`
		Last       any    `json:"last_assistant_message"`
		ToolName   any    `json:"tool_name"`
		ToolAlias  any    `json:"toolName"`
		Tool       any    `json:"tool"`
		Input      any    `json:"tool_input"`
		InputAlias any    `json:"toolInput"`
		Response   any    `json:"tool_response"`
		Output     any    `json:"toolResponse"`
		Result     any    `json:"tool_output"`
		Error      any    `json:"error"`
		Interrupt  any    `json:"is_interrupt"`
		CWD        string `json:"cwd"`
	}
	if json.Unmarshal(e.Payload, &raw) != nil && !strings.HasPrefix(strings.TrimSpace(string(e.Payload)), "{") {
		// A bare text or list: all there is, is what it says.
		var any any
		if json.Unmarshal(e.Payload, &any) == nil {
			s.message = flatten(any)
		}
		return s
	}
	tool := first(flatten(raw.ToolName), flatten(raw.ToolAlias), flatten(raw.Tool))
	switch {
	case e.EventType == memory.EventUserPrompt:
		s.prompt = first(flatten(raw.Prompt), flatten(raw.Message))
	case tool == "" && e.EventType != memory.EventToolUse:
		s.message = first(flatten(raw.Message), flatten(raw.Last))
		if s.message == "" {
			s.prompt = flatten(raw.Prompt)
		}
	default:
		c := &call{tool: tool, class: classOf(tool), cwd: raw.CWD, err: flatten(raw.Error)}
		c.input = object(firstValue(raw.Input, raw.InputAlias))
		c.response = firstValue(raw.Response, raw.Output, raw.Result)
		c.text = flatten(c.response)
		c.failed = c.err != "" || truth(raw.Interrupt) || flagged(c.response)
		if c.failed && c.err == "" {
			c.err = c.text
		}
		s.call = c
	}
	return s
}

// object takes an object, or a text that holds one; a text that does not is the
// command itself (as Codex has it for some tools).
func object(v any) map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return v
	case string:
		var m map[string]any
		if json.Unmarshal([]byte(v), &m) == nil && m != nil {
			return m
		}
		return map[string]any{"command": v}
	}
	return nil
}

// str is the first of the input's fields that holds a text.
func (c *call) str(names ...string) string { return pick(c.input, names...) }

// pick is the first of the named fields of an object that holds a text, or a list
// of words, which are joined.
func pick(m map[string]any, names ...string) string {
	for _, n := range names {
		switch v := m[n].(type) {
		case string:
			if v != "" {
				return v
			}
		case []any:
			var words []string
			for _, w := range v {
				if s, ok := w.(string); ok {
					words = append(words, s)
				}
			}
			if len(words) > 0 {
				return strings.Join(words, " ")
			}
		}
	}
	return ""
}

// field is a field of the response, when the response is an object.
func (c *call) field(name string) any {
	m, _ := c.response.(map[string]any)
	return m[name]
}

// first is the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// firstValue is the first value that is there.
func firstValue(values ...any) any {
	for _, v := range values {
		if v != nil {
			return v
		}
	}
	return nil
}
