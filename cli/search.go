package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"claude-mem/client"
	"claude-mem/internal/project"
	"claude-mem/memory"
)

const (
	// maxListed is how many things the server lists at once.
	maxListed = 100
	// maxOffset is how many it skips at most.
	maxOffset = 1<<31 - 1
	// maxContextTokens is the largest budget of a text.
	maxContextTokens = 20000
)

func (c *console) searchCommand() *cobra.Command {
	var (
		f            projectFlag
		in           client.SearchRequest
		since, until string
		asJSON       bool
	)
	cmd := &cobra.Command{
		Use:   "search TEXT…",
		Short: "Find memories by any words",
		Long: "Finds memories by any words. Nothing in the text is syntax: paths, identifiers and\n" +
			"quotes are only words. The best match comes first. Times are understood: yesterday, last\n" +
			"week, on 7 July 2023, in May. For a word that no memory has, the nearest is looked for.",
		Example: "  claude-mem search why does the resume test wait for input\n" +
			"  claude-mem search --file parser.go --since 7d utf-8\n" +
			"  claude-mem search --project api --json retry budget",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in.Query = strings.Join(args, " ")
			if strings.TrimSpace(in.Query) == "" {
				return badUsage(cmd, "say what to search for")
			}
			err := cmp.Or(between(cmd, "limit", in.Limit, 1, maxListed), between(cmd, "offset", in.Offset, 0, maxOffset))
			if err != nil {
				return err
			}
			if in.Since, err = moment(since); err != nil {
				return badUsage(cmd, "--since: %w", err)
			}
			if in.Until, err = moment(until); err != nil {
				return badUsage(cmd, "--until: %w", err)
			}
			return c.search(cmd, f, in, asJSON)
		},
	}
	f.register(cmd)
	fs := cmd.Flags()
	fs.IntVarP(&in.Limit, "limit", "n", 10, "how many to show, at most 100")
	fs.IntVar(&in.Offset, "offset", 0, "how many to skip")
	fs.StringSliceVar(&in.Kinds, "kind", nil, "only of these kinds, such as bugfix or summary")
	fs.StringSliceVar(&in.Concepts, "concept", nil, "only about these concepts")
	fs.StringSliceVar(&in.Files, "file", nil, "only about these files; the end of a path will do")
	fs.StringVar(&since, "since", "", "not older than: 2026-01-31, 12h or 7d")
	fs.StringVar(&until, "until", "", "older than: 2026-01-31, 12h or 7d")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (c *console) search(cmd *cobra.Command, f projectFlag, in client.SearchRequest, asJSON bool) error {
	p, err := c.openProject(cmd.Context(), f)
	if err != nil {
		return err
	}
	in.ProjectID = p.ID
	found, err := p.Search(cmd.Context(), in)
	if err == nil && len(found.Observations) == 0 {
		err = p.emptyError(cmd.Context())
	}
	if err != nil {
		return err
	}
	return c.print(asJSON, found, func(s screen) { s.found(p.Name, in, found) })
}

// found lists what a search found in the project.
func (s screen) found(name string, in client.SearchRequest, r client.SearchResponse) {
	for _, w := range r.Respelled {
		s.printf("%s\n\n", clean(w.Notice()))
	}
	if len(r.Observations) == 0 && in.Offset > 0 {
		s.printf("Of what is remembered of %s nothing more matches.\n", clean(name))
	} else if len(r.Observations) == 0 {
		s.printf("Nothing that is remembered of %s matches.\n", clean(name))
		if strange := strangeKinds(in.Kinds); strange != "" {
			s.printf("Note: %s.\n", strange)
		}
	}
	for i, hit := range r.Observations {
		if i > 0 {
			s.printf("\n")
		}
		s.entry(hit.Observation)
	}
	if r.Semantic == client.SemanticUnavailable {
		s.printf("\n%s\n", s.paint(dim, "Searched by words only: search by meaning is not available now."))
	}
}

func (c *console) contextCommand() *cobra.Command {
	var (
		f      projectFlag
		tokens int
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "context [TEXT…]",
		Short: "Show what the next session would be told",
		Long: "Shows the text that a new session in this project starts with. With a text, shows\n" +
			"what would be told about that instead.",
		Example: "  claude-mem context\n  claude-mem context --tokens 500 --project api\n  claude-mem context release process",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := between(cmd, "tokens", tokens, 0, maxContextTokens); err != nil {
				return err
			}
			p, err := c.openProject(cmd.Context(), f)
			if err != nil {
				return err
			}
			var answer client.ContextResponse
			if query := strings.Join(args, " "); query != "" {
				answer, err = p.Context(cmd.Context(), client.ContextRequest{ProjectID: p.ID, Query: query, TokenBudget: tokens})
			} else {
				in := client.SessionContextRequest{ProjectID: p.ID, TokenBudget: tokens}
				if f.name == "" { // the project is that of the current folder
					in.Tree = project.LookAt(cmd.Context(), ".")
				}
				answer, err = p.SessionContext(cmd.Context(), in)
			}
			if err == nil && answer.Context == "" {
				err = p.emptyError(cmd.Context())
			}
			if err != nil {
				return err
			}
			return c.print(asJSON, answer, func(s screen) {
				if answer.Context == "" {
					s.printf("Nothing that is remembered of %s %s.\n", clean(p.Name), unfit(len(args) > 0, tokens))
					return
				}
				s.text(0, answer.Context)
			})
		},
	}
	f.register(cmd)
	cmd.Flags().IntVar(&tokens, "tokens", 0, "budget of the text, at most 20000; 0 means CLAUDE_MEM_CONTEXT_TOKENS")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// unfit says why a context is empty.
func unfit(asked bool, tokens int) string {
	switch {
	case asked && tokens > 0:
		return fmt.Sprintf("matches, or fits into %d tokens", tokens)
	case asked:
		return "matches"
	case tokens > 0:
		return fmt.Sprintf("fits into %d tokens", tokens)
	}
	return "is told: see the settings whose names begin with CLAUDE_MEM_CONTEXT_"
}

func (c *console) timelineCommand() *cobra.Command {
	var (
		f             projectFlag
		in            client.TimelineRequest
		before, after int
		asJSON        bool
	)
	cmd := &cobra.Command{
		Use:   "timeline NUMBER|TEXT…",
		Short: "Show what happened around a memory",
		Long: "Shows what happened before and after a memory, oldest first. The memory is named by\n" +
			"its number, or found as the best match of a text.",
		Example: "  claude-mem timeline 41\n  claude-mem timeline --before 10 --after 3 time zones in the report",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := cmp.Or(between(cmd, "before", before, 0, maxListed), between(cmd, "after", after, 0, maxListed)); err != nil {
				return err
			}
			in.Before, in.After = &before, &after
			if n, ok := number(args[0]); ok && len(args) == 1 {
				in.Anchor = n
			} else {
				in.Query = strings.Join(args, " ")
			}
			p, err := c.openProject(cmd.Context(), f)
			if err != nil {
				return err
			}
			in.ProjectID = p.ID
			line, err := p.Timeline(cmd.Context(), in)
			if errors.Is(err, memory.ErrNotFound) && in.Anchor != 0 {
				return noMemory(args[0] + " of " + clean(p.Name))
			}
			if errors.Is(err, memory.ErrNotFound) { // nothing matches the text
				line, err = client.TimelineResponse{Observations: []memory.Observation{}}, nil
			}
			if err == nil && len(line.Observations) == 0 {
				err = p.emptyError(cmd.Context())
			}
			if err != nil {
				return err
			}
			return c.print(asJSON, line, func(s screen) {
				if len(line.Observations) == 0 {
					s.printf("Nothing that is remembered of %s matches.\n", clean(p.Name))
				}
				s.timeline(line)
			})
		},
	}
	f.register(cmd)
	cmd.Flags().IntVar(&before, "before", 5, "how many older ones to show, at most 100")
	cmd.Flags().IntVar(&after, "after", 5, "how many newer ones to show, at most 100")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// timeline prints one line for each observation and marks the anchor.
func (s screen) timeline(t client.TimelineResponse) {
	kinds := 0 // columns
	for _, o := range t.Observations {
		kinds = max(kinds, len(clean(o.Kind)))
	}
	for _, o := range t.Observations {
		mark, st := " ", style("")
		if o.Number == t.Anchor {
			mark, st = ">", bold
		}
		head := mark + " #" + strconv.FormatInt(o.Number, 10)
		kind := fmt.Sprintf("%-*s", kinds, clean(o.Kind))
		title := s.line(28+kinds+len(stale(o)), o.Title())
		s.printf("%-7s %s  %s  %s%s\n", head, s.paint(dim, when(o.OccurredAt)), s.paint(yellow, kind), s.paint(st, title), s.paint(dim, stale(o)))
	}
}

func (c *console) showCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "show NUMBER…",
		Short:   "Show memories in full",
		Long:    "Shows memories in full, by their number (41 or #41) or id, whatever project they are of.",
		Example: "  claude-mem show 41\n  claude-mem show 41 57 --json",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cl, err := c.connect(cmd.Context())
			if err != nil {
				return err
			}
			found, err := cl.ObservationsBatch(cmd.Context(), namedMemories(args))
			if err != nil {
				return err
			}
			if err := c.print(asJSON, client.ObservationsAnswer{Observations: found}, func(s screen) {
				for i, o := range found {
					if i > 0 {
						s.printf("\n")
					}
					s.whole(o)
					s.places(cmd.Context(), cl, o)
				}
			}); err != nil {
				return err
			}
			return missing(args, found)
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// namedMemories asks for memories by how people name them: by number or id.
func namedMemories(args []string) (in client.ObservationsRequest) {
	for _, arg := range args {
		if n, ok := number(arg); ok {
			in.Numbers = append(in.Numbers, n)
		} else {
			in.IDs = append(in.IDs, arg)
		}
	}
	return in
}

// places says what a memory took the place of, and what took its own. What the server
// does not tell is left out: the memory itself is what was asked for.
func (s screen) places(ctx context.Context, cl *client.Client, o memory.Observation) {
	if o.SupersededBy != "" {
		if by, err := cl.Memory(ctx, string(o.SupersededBy)); err == nil {
			s.printf("\n    %s #%d\n", s.paint(dim, "replaced by:"), by.Number)
		}
	}
	whole, err := cl.MemoryAnswer(ctx, o.ID)
	if err != nil || len(whole.Supersedes) == 0 {
		return
	}
	s.printf("\n    %s\n", s.paint(dim, "replaces:"))
	for _, old := range whole.Supersedes {
		s.printf("      #%d  %s\n", old.Number, s.line(12, old.Title))
	}
}

// missing complains of what was asked for and not found.
func missing(asked []string, found []memory.Observation) error {
	there := map[string]bool{}
	for _, o := range found {
		there[strconv.FormatInt(o.Number, 10)], there[o.ID] = true, true
	}
	var gone []string
	for _, a := range asked {
		if !there[strings.TrimPrefix(a, "#")] {
			gone = append(gone, a)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return noMemory(strings.Join(gone, ", "))
}

func noMemory(which string) error {
	return memory.Errorf(memory.CodeNotFound, "there is no memory %s; numbers stand in what `claude-mem search` prints", which)
}

// number reads how people cite a memory: 41 or #41.
func number(arg string) (int64, bool) {
	n, err := strconv.ParseInt(strings.TrimPrefix(arg, "#"), 10, 64)
	return n, err == nil && n > 0
}

// moment reads a point in time: a date, a date with time, or how long ago.
func moment(text string) (memory.Epoch, error) {
	if text == "" {
		return 0, nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", time.DateTime, time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return memory.EpochOf(t), nil
		}
	}
	ago, err := duration(text)
	if err != nil || ago <= 0 {
		return 0, memory.Errorf(memory.CodeValidation, "%q is no time; use a date such as 2026-01-31, or 12h or 7d for how long ago", text)
	}
	return memory.Now().Add(-ago), nil
}

// duration is time.ParseDuration with days: 90d.
func duration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(text)
}
