package recall

import (
	"context"
	"slices"
	"strings"

	"claude-mem/internal/tokens"
	"claude-mem/memory"
)

// FileInput asks what is known about a file.
type FileInput struct {
	Path  string
	Root  string   // the project's root, if it is known: stored paths are relative to it
	Limit int      // lines; 0 means 5
	Kinds []string // of the observations told; empty means all
	// TokenBudget is of the whole text; 0 means 500.
	TokenBudget int
	Disk        string // the project's root if its files can be seen here: see [MarkStale]
	// Told, if set, reports whether the session was told of an observation already.
	Told func(number int64) bool
}

// FileContext tells in a few lines what is known about a file, and nothing twice.
func (r *Recall) FileContext(ctx context.Context, s memory.Scope, in FileInput) (Context, error) {
	if in.Limit <= 0 {
		in.Limit = 5
	}
	if in.TokenBudget <= 0 {
		in.TokenBudget = 500
	}
	name := relative(in.Path, in.Root)
	if name == "" {
		return Context{}, nil
	}
	f := listed(in.Kinds)
	f.Files = []string{name}
	all, err := r.store.LastWritten(ctx, s, f, in.Limit*6)
	if err != nil {
		return Context{}, err
	}
	all = distinct(all, func(o memory.Observation) memory.Observation { return o })
	if in.Told != nil {
		all = slices.DeleteFunc(all, func(o memory.Observation) bool { return in.Told(o.Number) })
	}
	MarkStale(in.Disk, all)
	p := newPage(in.TokenBudget, "# What is remembered of "+clip(line(name), 200)+"\n")
	rows := p.section("")
	var out Context
	for _, o := range telling(all, in.Limit) {
		if p.add(rows, cite(o)+" "+date(o)+" "+line(o.Kind)+": "+clip(line(o.Title()), 130)+staleMark(o)+"\n") {
			out.Observations = append(out.Observations, o)
		}
	}
	out.Text = p.text()
	out.Tokens = tokens.Estimate(out.Text)
	return out, nil
}

// relative is a path as observations hold it: relative to the root. Of a path that
// lies elsewhere, such as in a worktree, the last three elements have to do.
func relative(name, root string) string {
	name, root = slashed(name), strings.TrimRight(slashed(root), "/")
	if in, ok := strings.CutPrefix(name, root+"/"); ok && root != "" {
		return in
	}
	if !strings.HasPrefix(name, "/") && !strings.Contains(name, ":/") {
		return strings.TrimPrefix(name, "./")
	}
	parts := strings.Split(strings.Trim(name, "/"), "/")
	return strings.Join(parts[max(len(parts)-3, 0):], "/")
}

func slashed(p string) string { return strings.ReplaceAll(strings.TrimSpace(p), `\`, "/") }
