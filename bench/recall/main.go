// Recall measures whether search finds what answers a question, on conversations of
// the LoCoMo data set: one memory for each turn, the question as it stands for the
// query, and the turns that hold the answer for what should be found. The same is
// asked of plain SQLite full-text search.
//
//	go run ./bench/recall [-engines sqlite,postgres] [-by-conversation] [-typos] [-data FILE]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"claude-mem/bench/engines"
	"claude-mem/internal/recorded"
)

// found is how many are asked for; scores look at the first ten.
const found = 100

// finder answers a question with the ids of turns, the best first.
type finder interface {
	find(ctx context.Context, question string) ([]string, error)
}

func main() {
	list := flag.String("engines", "sqlite,postgres", "which to measure")
	byConversation := flag.Bool("by-conversation", false, "a row for each conversation instead of each category")
	typos := flag.Bool("typos", false, "the longest word of each question is spelt wrong")
	data := flag.String("data", "", "the conversations; default: locomo/dev.json of the recorded data")
	flag.Parse()
	t := table{w: os.Stdout, byConversation: *byConversation}
	if err := t.run(context.Background(), *data, *list, *typos); err != nil {
		fmt.Fprintln(os.Stderr, "bench/recall:", err)
		os.Exit(1)
	}
}

// run fills the table.
func (t table) run(ctx context.Context, data, list string, typos bool) (err error) {
	if data == "" {
		dir, err := recorded.Find()
		if err != nil {
			return err
		}
		if dir == "" {
			return fmt.Errorf("there is no recorded data here: name the file by -data, or its folder by %s", recorded.Env)
		}
		data = filepath.Join(dir, "locomo", "dev.json")
	}
	if t.conversations, err = load(data); err != nil {
		return err
	}
	if typos {
		misspell(t.conversations)
	}
	dir, err := os.MkdirTemp("", "claude-mem-recall-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	stores, err := engines.Open(ctx, dir, list)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engines.Close(stores)) }()

	fmt.Fprintln(t.w, header)
	err = t.rows(ctx, "fts5", func(c conversation) (finder, error) { return openPlain(ctx, c) })
	for _, s := range stores {
		if err == nil {
			err = t.rows(ctx, s.Name, func(c conversation) (finder, error) { return remember(ctx, s, c) })
		}
	}
	return err
}

// table prints the rows of each ranking below each other.
type table struct {
	w              io.Writer
	conversations  []conversation
	byConversation bool
}

func (t table) rows(ctx context.Context, ranking string, open func(conversation) (finder, error)) error {
	var total score
	parts := make(map[string]*score)
	var order []string
	if !t.byConversation {
		order = categories[1:]
	}
	for _, c := range t.conversations {
		if t.byConversation {
			order = append(order, c.ID)
		}
		f, err := open(c)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", ranking, c.ID, err)
		}
		for _, q := range c.Questions {
			ids, err := f.find(ctx, q.Text)
			if err != nil {
				return fmt.Errorf("%s: %q: %w", ranking, q.Text, err)
			}
			part := categories[q.Category]
			if t.byConversation {
				part = c.ID
			}
			if parts[part] == nil {
				parts[part] = new(score)
			}
			parts[part].add(q, ids)
			total.add(q, ids)
		}
	}
	for _, name := range order {
		if s := parts[name]; s != nil {
			fmt.Fprintln(t.w, s.row(ranking, name))
		}
	}
	fmt.Fprintln(t.w, total.row(ranking, "all"))
	return nil
}
