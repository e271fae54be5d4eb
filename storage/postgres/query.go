package postgres

import (
	"strconv"
	"strings"

	"claude-mem/memory"
	"claude-mem/storage"
)

// query is a statement being put together. In its texts, which are constants, ?
// stands for the next argument; values go nowhere else.
type query struct {
	text strings.Builder
	args []any
}

// sql begins a statement.
func sql(text string, args ...any) *query { return new(query).add(text, args...) }

// add appends text and as many arguments as there are question marks in it.
func (q *query) add(text string, args ...any) *query {
	n := len(q.args)
	q.args = append(q.args, args...)
	for {
		before, after, found := strings.Cut(text, "?")
		q.text.WriteString(before)
		if !found {
			return q
		}
		n++
		q.text.WriteByte('$')
		q.text.WriteString(strconv.Itoa(n))
		text = after
	}
}

// and adds a condition that has to hold too.
func (q *query) and(cond string, args ...any) *query { return q.add(" AND ").add(cond, args...) }

// in adds the condition that a row is of the tenant. prefix is the alias of the
// table with a dot, or empty.
func (q *query) in(s memory.Scope, prefix string) *query {
	if s.ProjectID != "" {
		q.add(prefix+"project_id = ?", s.ProjectID).add(" AND ")
	}
	return q.add(prefix+"team_id = ?", s.TeamID)
}

// page ends the statement with the window.
func (q *query) page(p storage.Page) *query {
	p = p.Clamp(0)
	return q.add(" LIMIT ? OFFSET ?", p.Limit, p.Offset)
}
