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

// unlearn removes those of a project's words that no observation holds any more.
func (t *tx) unlearn(ctx context.Context, s memory.Scope, words []string) error {
	gone, err := storage.Unheld(ctx, t, s, words, lexical.Root)
	if err != nil || len(gone) == 0 {
		return err
	}
	t.forget()
	_, err = t.exec(ctx, `DELETE FROM words WHERE project = ? AND text IN (SELECT value FROM json_each(?))`,
		termlist.Project(s), jsonList(spelling.Entries(gone)))
	return err
}

// forget forgets what is known, as words are being removed.
func (g *group) forget() {
	g.unlearned = true
	g.known.Forget()
}

// relearn makes the words of a project anew, of which few observations are left.
func (t *tx) relearn(ctx context.Context, s memory.Scope) error {
	t.forget()
	if _, err := t.exec(ctx, `DELETE FROM words WHERE project = ?`, termlist.Project(s)); err != nil {
		return err
	}
	left, err := t.Observations(ctx, s, storage.ObservationFilter{}, storage.Page{Limit: storage.MaxPage})
	for _, o := range left {
		if err := t.learn(ctx, s, termlist.Of(o).Words); err != nil {
			return err
		}
	}
	return err
}
