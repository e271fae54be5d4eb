package postgres

import (
	"context"
	"maps"
	"slices"
	"strings"

	"claude-mem/internal/lexical"
	"claude-mem/internal/spelling"
	"claude-mem/internal/termlist"
	"claude-mem/memory"
	"claude-mem/storage"
)

// Words implements storage.WordReader.
func (r reads) Words(ctx context.Context, s memory.Scope, q storage.Spelling) ([]string, error) {
	ids := []string{s.ProjectID}
	if s.ProjectID == "" {
		var err error
		ids, err = all(ctx, r.q, value[string], sql(`SELECT id FROM projects WHERE team_id = ? ORDER BY name LIMIT ?`, s.TeamID, storage.MaxPage))
		if err != nil {
			return nil, err
		}
	}
	projects := make([]int64, len(ids))
	for i, id := range ids {
		projects[i] = termlist.Project(memory.Scope{TeamID: s.TeamID, ProjectID: id})
	}
	ask := sql("")
	between := func(from, to string, extra int) {
		ask.add(`(SELECT text FROM (SELECT text FROM words WHERE project = ANY(?::bigint[]) AND text >= ? AND text < ? LIMIT ?) looked
			WHERE length(text) BETWEEN ? AND ? LIMIT ?)`,
			projects, from, to, storage.MaxWordsLooked, q.Shortest+extra, q.Longest+extra, storage.MaxWords)
	}
	from, to := spelling.Beginning(storable(q.Begin))
	between(from, to, 0)
	ask.add(` UNION ALL `)
	from, to = spelling.Ending(storable(q.End))
	between(from, to, 1) // an entry is one longer than the word
	words, err := all(ctx, r.q, value[string], ask)
	for i, e := range words {
		words[i] = spelling.Word(e)
	}
	slices.Sort(words)
	return slices.Compact(words), err
}

// storable replaces what Postgres takes for no text by what is in no word, either.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\x00", "?")
}

// Words implements storage.WordReader: a transaction knows what it learned.
func (t *tx) Words(ctx context.Context, s memory.Scope, q storage.Spelling) ([]string, error) {
	if err := t.putWords(ctx); err != nil {
		return nil, err
	}
	return t.reads.Words(ctx, s, q)
}

// learned are words that a transaction learned.
type learned struct {
	waiting   map[int64][]string // by project, that are not stored yet
	stored    map[int64][]string
	unlearned bool // words were removed
}

// learn notes words of a project. They are stored right before the commit, all in one
// order: two transactions that learn the same new word wait for each other, and must not
// both.
func (t *tx) learn(s memory.Scope, words []string) {
	project := termlist.Project(s)
	if unknown := t.s.known.Unknown(project, words); len(unknown) > 0 {
		t.learned.waiting[project] = append(t.learned.waiting[project], unknown...)
	}
}

// putWords sends the words that were noted with the next statement.
func (t *tx) putWords(ctx context.Context) error {
	var projects []int64
	var texts []string
	for _, project := range slices.Sorted(maps.Keys(t.learned.waiting)) {
		words := t.learned.waiting[project]
		slices.Sort(words)
		entries := spelling.Entries(slices.Compact(words))
		slices.Sort(entries)
		texts = append(texts, entries...)
		projects = append(projects, slices.Repeat([]int64{project}, len(entries))...)
		t.learned.stored[project] = append(t.learned.stored[project], words...)
	}
	clear(t.learned.waiting)
	if len(texts) == 0 {
		return nil
	}
	return t.later(ctx, sql(`INSERT INTO words (project, text) SELECT project, text FROM unnest(?::bigint[], ?::text[]) AS new (project, text)
		ON CONFLICT DO NOTHING`, projects, texts))
}

// know remembers what was learned, now that it is committed.
func (t *tx) know() {
	if t.learned.unlearned {
		t.s.known.Forget()
		return
	}
	for project, words := range t.learned.stored {
		t.s.known.Add(project, words)
	}
}

// unlearn removes those of a project's words that no observation holds any more.
func (t *tx) unlearn(ctx context.Context, s memory.Scope, words []string) error {
	gone, err := storage.Unheld(ctx, t, s, words, lexical.Root)
	if err != nil || len(gone) == 0 {
		return err
	}
	t.learned.unlearned = true
	return t.later(ctx, sql(`DELETE FROM words WHERE project = ? AND text = ANY(?::text[])`, termlist.Project(s), spelling.Entries(gone)))
}

// relearn makes the words of a project anew, of which few observations are left.
func (t *tx) relearn(ctx context.Context, s memory.Scope) error {
	t.learned.unlearned = true
	t.s.known.Forget()
	if err := t.later(ctx, sql(`DELETE FROM words WHERE project = ?`, termlist.Project(s))); err != nil {
		return err
	}
	left, err := t.Observations(ctx, s, storage.ObservationFilter{}, storage.Page{Limit: storage.MaxPage})
	for _, o := range left {
		t.learn(s, termlist.Of(o).Words)
	}
	return err
}
