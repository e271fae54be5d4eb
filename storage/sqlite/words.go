package sqlite

import (
	"context"
	"encoding/json"
	"slices"

	"claude-mem/internal/lexical"
	"claude-mem/internal/spelling"
	"claude-mem/internal/termlist"
	"claude-mem/memory"
	"claude-mem/storage"
)

// Words implements storage.WordReader.
func (r reads) Words(ctx context.Context, s memory.Scope, q storage.Spelling) ([]string, error) {
	ids, err := r.projectIDs(ctx, s)
	if err != nil {
		return nil, err
	}
	projects := make([]int64, len(ids))
	for i, id := range ids {
		projects[i] = termlist.Project(memory.Scope{TeamID: s.TeamID, ProjectID: id})
	}
	between := func(from, to string, extra int) ([]string, error) {
		list, err := one(ctx, r.q, "list", identifier, `SELECT json_group_array(text) FROM (SELECT text FROM
			(SELECT text FROM words WHERE project IN (SELECT value FROM json_each(?)) AND text >= ? AND text < ? LIMIT ?)
			WHERE length(text) BETWEEN ? AND ? LIMIT ?)`,
			jsonList(projects), from, to, storage.MaxWordsLooked, q.Shortest+extra, q.Longest+extra, storage.MaxWords)
		if err != nil {
			return nil, err
		}
		var entries []string
		return entries, json.Unmarshal([]byte(list), &entries)
	}
	from, to := spelling.Beginning(q.Begin)
	words, err := between(from, to, 0)
	if err != nil {
		return nil, err
	}
	from, to = spelling.Ending(q.End)
	ending, err := between(from, to, 1) // an entry is one longer than the word
	for _, e := range ending {
		words = append(words, spelling.Word(e))
	}
	slices.Sort(words)
	return slices.Compact(words), err
}

// learned are words that a project has once a transaction is committed.
type learned struct {
	project int64
	words   []string
}

// learn adds words to those of a project, unless they are known to be there, as nearly
// all are.
func (t *tx) learn(ctx context.Context, s memory.Scope, words []string) error {
	l := learned{project: termlist.Project(s)}
	if l.words = t.known.Unknown(l.project, words); len(l.words) == 0 {
		return nil
	}
	t.turn.learned = append(t.turn.learned, l)
	_, err := t.exec(ctx, `INSERT OR IGNORE INTO words (project, text) SELECT ?, value FROM json_each(?)`,
		l.project, jsonList(spelling.Entries(l.words)))
	return err
}

// know remembers what the ops learned, now that it is committed, unless some of it may
// have been removed since.
func (g *group) know(ops []*op) {
	if g.unlearned {
		g.known.Forget()
		return
	}
	for _, o := range ops {
		for _, l := range o.Value.learned {
			g.known.Add(l.project, l.words)
		}
	}
}

// forget forgets what is known, as words are being removed.
func (g *group) forget() {
	g.unlearned = true
	g.known.Forget()
}

// doubt notes that some of a project's words may be held by no observation any more.
func (t *tx) doubt(ctx context.Context, s memory.Scope) error {
	_, err := t.exec(ctx, `INSERT INTO words_doubtful (project, again) VALUES (?, 1) ON CONFLICT DO UPDATE SET again = 1`, termlist.Project(s))
	return err
}

// doubtPurged is doubt where many observations went, maybe the last one.
func (t *tx) doubtPurged(ctx context.Context, s memory.Scope) error {
	left, err := all(ctx, t.q, number, `SELECT 1 FROM observations INDEXED BY observations_project_list
		WHERE +team_id = ? AND project_id = ? LIMIT 1`, s.TeamID, s.ProjectID)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return t.doubt(ctx, s)
	}
	t.forget()
	project := termlist.Project(s)
	if _, err := t.exec(ctx, `DELETE FROM words_doubtful WHERE project = ?`, project); err != nil {
		return err
	}
	_, err = t.exec(ctx, `DELETE FROM words WHERE project = ?`, project)
	return err
}

// DropWords implements storage.WordWriter.
func (t *tx) DropWords(ctx context.Context, s memory.Scope, projectID, after string, limit int) (last string, n int64, err error) {
	if _, err := t.Project(ctx, s, projectID); err != nil {
		return "", 0, err
	}
	s.ProjectID = projectID
	project, limit := termlist.Project(s), storage.Page{Limit: limit}.Clamp(0).Limit
	doubtful, err := t.exec(ctx, `UPDATE words_doubtful SET again = again AND ? WHERE project = ?`, after != "", project)
	if err != nil || doubtful == 0 {
		return "", 0, err
	}
	words, err := all(ctx, t.q, identifier, `SELECT text FROM words WHERE project = ? AND text > ? ORDER BY text LIMIT ?`,
		project, max(after, spelling.BeforeWords), limit)
	if err != nil {
		return "", 0, err
	}
	gone, err := t.unheld(ctx, s, words)
	if err != nil {
		return "", 0, err
	}
	if len(gone) > 0 {
		t.forget()
		if _, err := t.exec(ctx, `DELETE FROM words WHERE project = ? AND text IN (SELECT value FROM json_each(?))`,
			project, jsonList(spelling.Entries(gone))); err != nil {
			return "", 0, err
		}
	}
	if len(words) == limit {
		return words[limit-1], int64(len(gone)), nil
	}
	_, err = t.exec(ctx, `DELETE FROM words_doubtful WHERE project = ? AND NOT again`, project)
	return "", int64(len(gone)), err
}

// unheld returns those of the words that no observation of the project holds.
func (t *tx) unheld(ctx context.Context, s memory.Scope, words []string) ([]string, error) {
	matches := make(map[string]string, len(words))
	for _, w := range words {
		matches[w] = keys{projectKey(s)}.allOf([]string{lexical.Root(w)})
	}
	list, err := json.Marshal(matches)
	if err != nil {
		return nil, err
	}
	return all(ctx, t.q, identifier, `SELECT key FROM json_each(?) WHERE NOT EXISTS
		(SELECT 1 FROM observations_fts WHERE observations_fts MATCH value)`, string(list))
}
