package recall

import (
	"context"
	"slices"
	"strings"

	"claude-mem/internal/lexical"
	"claude-mem/memory"
	"claude-mem/storage"
)

const (
	// maxBranchSessions is how far back sessions of the same branch are looked for.
	maxBranchSessions = 60
	// sessionsOfBranch is how many of them count, the newest.
	sessionsOfBranch = 3
	// maxTopicTerms bounds the words of a topic, whose first ones say most.
	maxTopicTerms = 6
	// maxFilesAsked is how many changed files are asked about.
	maxFilesAsked = 8
)

// causes are what bears on what a session is about to work on, by why it does, each
// list with the best first.
type causes struct {
	files  []memory.Observation // was done to the files that are changed now
	branch []memory.Observation // was done or said about the branch
	topic  []memory.Observation // resembles the topic of the last session
}

// inTurn takes from each list in turn, each observation once.
func (c causes) inTurn(limit int) (out []memory.Observation) {
	for i := 0; len(out) < limit; i++ {
		more := false
		for _, list := range [][]memory.Observation{c.files, c.branch, c.topic} {
			if i >= len(list) {
				continue
			}
			more = true
			if !hasNumber(out, list[i].Number) && len(out) < limit {
				out = append(out, list[i])
			}
		}
		if !more {
			break
		}
	}
	return distinct(out, func(o memory.Observation) memory.Observation { return o })
}

func hasNumber(all []memory.Observation, n int64) bool {
	return slices.ContainsFunc(all, func(o memory.Observation) bool { return o.Number == n })
}

// ofFiles finds the newest that tell of changed files.
func (r *Recall) ofFiles(ctx context.Context, s memory.Scope, in SessionContextInput, limit int) ([]memory.Observation, error) {
	if len(in.Tree.Changed) == 0 || limit == 0 {
		return nil, nil
	}
	f := in.listed()
	f.Files = in.Tree.Changed[:min(len(in.Tree.Changed), maxFilesAsked)]
	all, err := r.store.LastWritten(ctx, s, f, limit*2)
	return telling(distinct(all, func(o memory.Observation) memory.Observation { return o }), limit), err
}

// ofBranch finds what the last sessions on this branch did, and then what names the
// branch's words in its title or files. A branch that everything happens on says
// nothing.
func (r *Recall) ofBranch(ctx context.Context, s memory.Scope, in SessionContextInput, limit int) ([]memory.Observation, error) {
	if slices.Contains([]string{"", "main", "master", "trunk", "develop", "dev"}, in.Tree.Branch) || limit == 0 {
		return nil, nil
	}
	sessions, err := r.store.Sessions(ctx, s, storage.Page{Limit: maxBranchSessions})
	if err != nil {
		return nil, err
	}
	var out []memory.Observation
	found := 0
	for _, session := range sessions {
		if session.Branch() != in.Tree.Branch {
			continue
		}
		if found++; found > sessionsOfBranch {
			break
		}
		f := in.listed()
		f.SessionID = session.ID
		did, err := r.store.Observations(ctx, s, f, storage.Page{Limit: limit * 2})
		if err != nil {
			return nil, err
		}
		out = append(out, telling(did, max(limit/sessionsOfBranch, 1))...)
	}
	words := branchWords(in.Tree.Branch)
	if len(words) == 0 {
		return out, nil
	}
	hits, err := r.Search(ctx, s, SearchInput{Query: strings.Join(words, " "), Filter: in.listed(), Limit: limit, brief: true})
	for _, h := range hits {
		text := " " + lexical.Index(h.Title()+"\n"+strings.Join(h.Metadata.FilesModified, "\n")) + " "
		if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, " "+w+" ") }) {
			out = append(out, h.Observation)
		}
	}
	return out, err
}

// branchWords are the words of a branch's name that say what it is about.
func branchWords(branch string) []string {
	apart := strings.NewReplacer("/", " ", "-", " ", "_", " ", ".", " ", "#", " ").Replace(branch)
	return slices.DeleteFunc(lexical.Terms(apart), func(w string) bool {
		generic := []string{"fix", "fixes", "bugfix", "hotfix", "feat", "feature", "chore", "docs", "refactor", "test", "wip", "release", "user"}
		return slices.Contains(generic, w) || strings.Trim(w, "0123456789") == ""
	})
}

// ofTopic finds what resembles the newest summary, but not what its own session did:
// the index has that.
func (r *Recall) ofTopic(ctx context.Context, s memory.Scope, in SessionContextInput, last []memory.Observation, limit int) ([]memory.Observation, error) {
	if len(last) == 0 || limit == 0 {
		return nil, nil
	}
	terms := lexical.Terms(last[0].Title())
	terms = terms[:min(len(terms), maxTopicTerms)]
	if len(terms) < 2 {
		return nil, nil
	}
	topic := strings.Join(terms, " ")
	hits, err := r.Search(ctx, s, SearchInput{Query: topic, Filter: in.listed(), Limit: limit, brief: true})
	if err != nil {
		return nil, err
	}
	own := func(h storage.Hit) bool {
		return h.SessionID != "" && h.SessionID == last[0].SessionID || !belongs(h.Observation, topic, terms, DefaultThreshold)
	}
	return observations(slices.DeleteFunc(hits, own)), nil
}

func observations(hits []storage.Hit) []memory.Observation {
	out := make([]memory.Observation, len(hits))
	for i, h := range hits {
		out[i] = h.Observation
	}
	return out
}
