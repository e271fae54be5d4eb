// Package termlist makes the list of an observation's terms, in the order in which
// they stand, field by field. It is what search ranks by: the list says how often a
// term occurs, in which field, how near to another one, and how long the text is,
// and every storage engine keeps the same bytes for it. So an observation has one
// score, whatever engine it is in.
//
// Terms are the roots that internal/lexical makes, each as a hash of 32 bits. Two
// different terms of one query and one observation have the same hash about once in
// ten million times; then a word counts that is not there.
package termlist

import (
	"encoding/binary"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"claude-mem/internal/lexical"
	"claude-mem/internal/spelling"
	"claude-mem/memory"
)

// The fields of an observation, in the order of a list.
const (
	Title = iota
	Facts
	Narrative // with subtitle, summary, and content that a client wrote
	Files
	Concepts
	Fields // how many there are
)

const (
	// maxOrdered is how many terms of an observation are kept in order and as often as
	// they occur. It is a text of some 10,000 characters, more than any provider writes.
	maxOrdered = 2048
	// maxTerms is how many terms an observation has at all. What comes after the
	// ordered ones is kept once each.
	maxTerms = 16384
)

// Terms are the terms of an observation by field, and what else a list keeps.
type Terms struct {
	By [Fields][]string
	// Words are those of its words that can be spelt wrong (see internal/spelling), as they
	// are written, each once, in ascending order. They are no part of the list.
	Words []string
	// Question says that the text ends as a question.
	Question bool
}

// Of returns the terms of an observation.
func Of(o memory.Observation) Terms {
	m := o.Metadata
	narrative := []string{m.Subtitle, m.Narrative}
	if m.Summary != nil {
		for _, f := range m.Summary.Fields() {
			narrative = append(narrative, f.Text)
		}
	}
	// What a provider wrote has its content from the fields; what a client wrote
	// may have nothing but content.
	if o.Content != m.Content() {
		narrative = append(narrative, o.Content)
	}
	t := Terms{Question: isQuestion(o.Content)}
	c := collector{terms: &t, words: make(map[string]bool)}
	c.add(Title, m.Title)
	c.add(Files, m.FilesModified...)
	c.add(Files, m.FilesRead...)
	c.add(Concepts, m.Concepts...)
	c.add(Facts, m.Facts...)
	c.add(Narrative, narrative...)
	t.Words = slices.Sorted(maps.Keys(c.words))
	return t
}

func isQuestion(text string) bool {
	text = strings.TrimRight(text, " \t\r\n\"')*_`”’」")
	return strings.HasSuffix(text, "?") || strings.HasSuffix(text, "？")
}

// collector fills Terms within their bounds.
type collector struct {
	terms *Terms
	n     int
	seen  map[string]bool // only once there are more than maxOrdered
	words map[string]bool // see Terms
}

func (c *collector) add(field int, texts ...string) {
	for _, text := range texts {
		lexical.Scan(text, func(term string) bool {
			if !c.words[term] && spelling.IsWord(term) {
				c.words[term] = true
			}
			root := lexical.Root(term)
			if c.n >= maxOrdered && c.repeated(root) {
				return true
			}
			c.terms.By[field] = append(c.terms.By[field], root)
			c.n++
			return c.n < maxTerms
		})
	}
}

// repeated reports whether the term is there already.
func (c *collector) repeated(root string) bool {
	if c.seen == nil {
		c.seen = make(map[string]bool)
		for _, terms := range c.terms.By {
			for _, t := range terms {
				c.seen[t] = true
			}
		}
	}
	known := c.seen[root]
	c.seen[root] = true
	return known
}

// Hash is what a list keeps of a term.
func Hash(term string) uint32 {
	// FNV-1a, without the interface of hash/fnv, as it runs for every word stored.
	const offset, prime = 2166136261, 16777619
	h := uint32(offset)
	for i := range len(term) {
		h = (h ^ uint32(term[i])) * prime
	}
	return h
}

// Project tells a project's words from those of others. The team is in it, so that who
// names a foreign project finds nothing.
func Project(s memory.Scope) int64 {
	return Thread(memory.Observation{TeamID: s.TeamID, ProjectID: s.ProjectID})
}

// Thread tells what stands together: observations of one session, or those of a
// project that belong to none.
func Thread(o memory.Observation) int64 {
	h := fnv.New64a()
	h.Write([]byte(o.TeamID + "\x00" + o.ProjectID + "\x00" + string(o.SessionID)))
	return int64(h.Sum64())
}

// A list begins with a byte of flags. Then each field follows: how many terms it
// has, as a varint, and four bytes for each, little-endian.
const (
	listVersion  = 0x10 // in the upper half of the flags, to tell a later form from this one
	flagQuestion = 0x01
)

// Encode makes the list.
func (t Terms) Encode() []byte {
	n := 1
	for _, terms := range t.By {
		n += binary.MaxVarintLen16 + 4*len(terms)
	}
	b := make([]byte, 1, n)
	b[0] = listVersion
	if t.Question {
		b[0] |= flagQuestion
	}
	for _, terms := range t.By {
		b = binary.AppendUvarint(b, uint64(len(terms)))
		for _, term := range terms {
			b = binary.LittleEndian.AppendUint32(b, Hash(term))
		}
	}
	return b
}

// List is a list as it is read. It refers to the bytes it was read from.
type List struct {
	fields   [Fields][]byte
	Question bool
}

// Decode reads a list. One that is damaged is read as far as it makes sense: search
// can do without.
func Decode(b []byte) (l List) {
	if len(b) == 0 || b[0]&0xf0 != listVersion {
		return l
	}
	l.Question = b[0]&flagQuestion != 0
	b = b[1:]
	for f := range l.fields {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size)/4 {
			return l
		}
		b = b[size:]
		l.fields[f], b = b[:4*n], b[4*n:]
	}
	return l
}

// Len is how many terms a field has.
func (l List) Len(field int) int { return len(l.fields[field]) / 4 }

// At is the hash of a field's term at a place.
func (l List) At(field, place int) uint32 {
	return binary.LittleEndian.Uint32(l.fields[field][4*place:])
}
