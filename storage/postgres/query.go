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

// Which index a statement starts from must not depend on what Postgres happens to
// know of the tables, which is nothing at first. So the tenant stands in one of
// these forms; IS NOT DISTINCT FROM is an equality that no index can serve.

// in adds the tenant where it is what rows are found by, in tables that have an
// index by project and one by team. prefix is the alias of the table with a dot,
// or empty.
func (q *query) in(s memory.Scope, prefix string) *query {
	if s.ProjectID == "" {
		return q.add(prefix+"team_id = ?", s.TeamID)
	}
	return q.add(prefix+"project_id = ? AND ", s.ProjectID).add(prefix+"team_id IS NOT DISTINCT FROM ?", s.TeamID)
}

// inTeam is in for tables that have an index by team and project.
func (q *query) inTeam(s memory.Scope) *query {
	q.add("team_id = ?", s.TeamID)
	if s.ProjectID != "" {
		q.and("project_id = ?", s.ProjectID)
	}
	return q
}

// inIndex is in for what only counts rows: the team is checked on the project,
// whose rows share it by a foreign key, so that an index by project is all it takes.
func (q *query) inIndex(s memory.Scope) *query {
	if s.ProjectID == "" {
		return q.add("team_id = ?", s.TeamID)
	}
	return q.add("project_id = (SELECT p.id FROM projects p WHERE p.id = ? AND p.team_id = ?)", s.ProjectID, s.TeamID)
}

// within adds the tenant beside a sharper condition: it checks what that one finds.
func (q *query) within(s memory.Scope, prefix string) *query {
	q.add(prefix+"team_id IS NOT DISTINCT FROM ?", s.TeamID)
	if s.ProjectID != "" {
		q.and(prefix+"project_id IS NOT DISTINCT FROM ?", s.ProjectID)
	}
	return q
}

// page ends the statement with the window.
func (q *query) page(p storage.Page) *query {
	p = p.Clamp(0)
	return q.add(" LIMIT ? OFFSET ?", p.Limit, p.Offset)
}
