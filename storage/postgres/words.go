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
	doubtful  map[int64]bool // projects of which words may be held by no observation any more
	unlearned bool           // words were removed
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
		words = slices.Compact(words)
		entries := spelling.Entries(words)
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

// putDoubts sends what is doubtful with the next statement, in one order, and after the
// words, as DropWords does. An update waits for who is just looking, so that
// nobody takes for looked at what is not committed.
func (t *tx) putDoubts(ctx context.Context) error {
	projects := slices.Sorted(maps.Keys(t.learned.doubtful))
	clear(t.learned.doubtful)
	if len(projects) == 0 {
		return nil
	}
	return t.later(ctx, sql(`INSERT INTO words_doubtful (project, again) SELECT project, true FROM unnest(?::bigint[]) AS new (project)
		ON CONFLICT (project) DO UPDATE SET again = true`, projects))
}

// doubt notes that some of a project's words may be held by no observation any more. It
// is stored right before the commit.
func (t *tx) doubt(s memory.Scope) { t.learned.doubtful[termlist.Project(s)] = true }

// doubtPurged is doubt where many observations went, maybe the last one.
func (t *tx) doubtPurged(ctx context.Context, s memory.Scope) error {
	left, err := all(ctx, t.q, value[int], sql(`SELECT 1 FROM observations WHERE `).inIndex(s).add(` LIMIT 1`))
	if err != nil {
		return err
	}
	if len(left) > 0 {
		t.doubt(s)
		return nil
	}
	t.learned.unlearned = true
	project := termlist.Project(s)
	if err := t.later(ctx, sql(`DELETE FROM words_doubtful WHERE project = ?`, project)); err != nil {
		return err
	}
	return t.later(ctx, sql(`DELETE FROM words WHERE project = ?`, project))
}

// DropWords implements storage.WordWriter. The project's row of the doubtful is locked before
// its words, so that of several who look each waits for the other only there.
func (t *tx) DropWords(ctx context.Context, s memory.Scope, projectID, after string, limit int) (last string, n int64, err error) {
	if _, err := t.Project(ctx, s, projectID); err != nil {
		return "", 0, err
	}
	if err := t.putWords(ctx); err != nil {
		return "", 0, err
	}
	if err := t.putDoubts(ctx); err != nil {
		return "", 0, err
	}
	s.ProjectID = projectID
	project, limit := termlist.Project(s), storage.Page{Limit: limit}.Clamp(0).Limit
	doubtful, err := t.exec(ctx, sql(`UPDATE words_doubtful SET again = again AND ? WHERE project = ?`, after != "", project))
	if err != nil || doubtful == 0 {
		return "", 0, err
	}
	words, err := all(ctx, t.q, value[string], sql(`SELECT text FROM words WHERE project = ? AND text > ? ORDER BY text LIMIT ?`,
		project, max(storable(after), spelling.BeforeWords), limit))
	if err != nil {
		return "", 0, err
	}
	gone, err := t.unheld(ctx, s, words)
	if err != nil {
		return "", 0, err
	}
	if len(gone) > 0 {
		t.learned.unlearned = true
		if err := t.later(ctx, sql(`DELETE FROM words WHERE project = ? AND text = ANY(?::text[])`, project, spelling.Entries(gone))); err != nil {
			return "", 0, err
		}
	}
	if len(words) == limit {
		return words[limit-1], int64(len(gone)), nil
	}
	return "", int64(len(gone)), t.later(ctx, sql(`DELETE FROM words_doubtful WHERE project = ? AND NOT again`, project))
}

// unheld returns those of the words that no observation of the project holds. The index
// says so for each. The server, which takes any word for a common one, would rather
// read all observations.
func (t *tx) unheld(ctx context.Context, s memory.Scope, words []string) ([]string, error) {
	queries := make([]string, len(words))
	for i, w := range words {
		queries[i] = scopeQuery(s) + " & " + allOf([]string{lexical.Root(w)})
	}
	if err := t.later(ctx, sql(`SET LOCAL enable_seqscan = off`)); err != nil {
		return nil, err
	}
	return all(ctx, t.q, value[string], sql(`SELECT word FROM unnest(?::text[], ?::text[]) AS asked (word, query)
		WHERE NOT EXISTS (SELECT 1 FROM observations o WHERE o.terms @@ asked.query::tsquery)`, words, queries))
}
