package install

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// node is a JSON value with its place in the text.
type node struct {
	start, end int  // end is behind the last byte
	kind       byte // '{', '[', or the first byte of anything else
	members    []member
	elems      []*node
}

// member is a field of an object. It starts with its key.
type member struct {
	key   string
	start int
	value *node
}

// get returns the value of a field, the last if there are several, as the host
// would see it; nil if there is none.
func (n *node) get(key string) *node {
	for i := len(n.members) - 1; i >= 0; i-- {
		if n.members[i].key == key {
			return n.members[i].value
		}
	}
	return nil
}

// parse reads a whole document. An error names line and column.
func parse(text []byte) (*node, error) {
	var whole json.RawMessage
	if err := json.Unmarshal(text, &whole); err != nil {
		if se, ok := errors.AsType[*json.SyntaxError](err); ok {
			line, column := position(text, int(se.Offset)-1)
			return nil, fmt.Errorf("line %d:%d: %w", line, column, err)
		}
		return nil, err
	}
	p := parser{text: text}
	return p.value(), nil
}

// position counts lines and columns from 1, columns in characters.
func position(text []byte, offset int) (line, column int) {
	before := text[:min(max(offset, 0), len(text))]
	line = 1 + bytes.Count(before, []byte{'\n'})
	return line, 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
}

// parser walks over text that is known to be valid.
type parser struct {
	text []byte
	at   int
}

func (p *parser) space() {
	for p.at < len(p.text) && p.text[p.at] <= ' ' {
		p.at++
	}
}

func (p *parser) value() *node {
	p.space()
	n := &node{start: p.at, kind: p.text[p.at]}
	switch n.kind {
	case '{', '[':
		p.composite(n)
	case '"':
		p.str()
	default:
		for p.at < len(p.text) && p.text[p.at] > ' ' && !bytes.ContainsRune([]byte(",]}"), rune(p.text[p.at])) {
			p.at++
		}
	}
	n.end = p.at
	return n
}

func (p *parser) composite(n *node) {
	p.at++
	for {
		p.space()
		switch p.text[p.at] {
		case '}', ']':
			p.at++
			return
		case ',':
			p.at++
			p.space()
		}
		if n.kind == '[' {
			n.elems = append(n.elems, p.value())
			continue
		}
		m := member{start: p.at}
		m.key = p.str()
		p.space()
		p.at++ // the colon
		m.value = p.value()
		n.members = append(n.members, m)
	}
}

// str reads a string.
func (p *parser) str() string {
	start := p.at
	for p.at++; p.text[p.at] != '"'; p.at++ {
		if p.text[p.at] == '\\' {
			p.at++
		}
	}
	p.at++
	var s string
	_ = json.Unmarshal(p.text[start:p.at], &s) // it is valid
	return s
}
