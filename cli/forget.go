package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"claude-mem/client"
	"claude-mem/memory"
)

// forgetFlags say what is to go, besides numbers.
type forgetFlags struct {
	project projectFlag
	before  string
	match   string
	yes     bool
	asJSON  bool
}

func (c *console) forgetCommand() *cobra.Command {
	var f forgetFlags
	cmd := &cobra.Command{
		Use:   "forget [NUMBER…]",
		Short: "Remove memories for good",
		Long: "Removes memories for good: those with the numbers, or those of the project that are\n" +
			"older than --before and hold the text of --match, or with --project alone everything\n" +
			"that is remembered of it, recorded events too. Without --yes nothing is removed; what\n" +
			"would be is shown. Memories that say the same go together.",
		Example: "  claude-mem forget 41 57\n  claude-mem forget 41 --yes\n  claude-mem forget --match staging.example.com --yes\n" +
			"  claude-mem forget --project api --before 90d\n  claude-mem forget --project /home/me/old-project --yes",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkForget(cmd); err != nil {
				return err
			}
			chosen := f.before != "" || f.match != ""
			switch {
			case len(args) > 0 && (chosen || f.project.name != ""):
				return badUsage(cmd, "name memories by their numbers, or by --project, --before and --match, not both")
			case len(args) > 0:
				return c.forgetNumbers(cmd.Context(), args, f)
			case chosen:
				before, err := moment(f.before)
				if err != nil {
					return badUsage(cmd, "--before: %w", err)
				}
				return c.forgetMatching(cmd.Context(), client.ForgetRequest{Before: before, Match: f.match, DryRun: !f.yes}, f)
			case f.project.name != "":
				return c.forgetProject(cmd.Context(), f)
			}
			return badUsage(cmd, "say what to forget: numbers, --before, --match or --project")
		},
	}
	f.project.register(cmd)
	fs := cmd.Flags()
	fs.StringVar(&f.before, "before", "", "what happened before: 2026-01-31, 12h or 90d ago")
	fs.StringVar(&f.match, "match", "", "what holds this text, case aside; nothing in it is syntax")
	fs.BoolVarP(&f.yes, "yes", "y", false, "remove, rather than show what would be removed")
	fs.Bool("dry-run", true, "show what would be removed; this is the default, and --yes ends it")
	jsonFlag(cmd, &f.asJSON)
	return cmd
}

// checkForget refuses flags that contradict each other, and empty ones: a variable of
// a script that is not set must not mean all of the project.
func checkForget(cmd *cobra.Command) error {
	for _, flag := range []string{"before", "match"} {
		if f := cmd.Flags().Lookup(flag); f.Changed && strings.TrimSpace(f.Value.String()) == "" {
			return badUsage(cmd, "--%s is empty; name what to forget", flag)
		}
	}
	return notBoth(cmd, "yes", "dry-run")
}

// forgetNumbers forgets memories one by one, or none if one of them is not there.
func (c *console) forgetNumbers(ctx context.Context, args []string, f forgetFlags) error {
	cl, err := c.connect(ctx)
	if err != nil {
		return err
	}
	found, err := cl.ObservationsBatch(ctx, namedMemories(args))
	if err != nil {
		return err
	}
	if err := missing(args, found); err != nil {
		return err
	}
	out := client.Forgotten{DryRun: !f.yes, Count: len(found)}
	for _, o := range found {
		out.Observations = append(out.Observations, client.Cited{ID: o.ID, Number: o.Number, Title: o.Title()})
	}
	if f.yes {
		out.Count = 0
		for _, o := range found {
			n, err := cl.DeleteMemory(ctx, o.ID)
			if err != nil && memory.CodeOf(err) != memory.CodeNotFound { // gone with one before that says the same
				return err
			}
			out.Count += n
		}
	}
	return c.print(f.asJSON, out, func(s screen) { s.forgotten(out) })
}

func (c *console) forgetMatching(ctx context.Context, in client.ForgetRequest, f forgetFlags) error {
	p, err := c.openProject(ctx, f.project)
	if err != nil {
		return err
	}
	out, err := p.Forget(ctx, p.ID, in)
	if err != nil {
		return err
	}
	return c.print(f.asJSON, out, func(s screen) {
		if out.Count == 0 {
			s.printf("There is nothing to forget: of %s %s.\n", clean(p.Name), f.without())
			return
		}
		s.forgotten(out)
	})
}

// without says what was not found.
func (f forgetFlags) without() string {
	text := "no memory"
	if f.before != "" {
		text += " is from before " + clean(f.before)
	}
	if f.match != "" && f.before != "" {
		text += " and"
	}
	if f.match != "" {
		text += fmt.Sprintf(" holds the text %q", clean(f.match))
	}
	return text
}

// forgetProject forgets all that there is of a project.
func (c *console) forgetProject(ctx context.Context, f forgetFlags) error {
	p, err := c.openProject(ctx, f.project)
	if err != nil {
		return err
	}
	if !f.yes {
		stats, err := p.Stats(ctx, p.ID)
		if err != nil {
			return err
		}
		return c.print(f.asJSON, stats, func(s screen) {
			s.printf("Everything that is remembered of %s would be forgotten:\n%d memories, %d events, %d sessions and all jobs.\n",
				clean(p.Name), stats.Books.Observations, stats.Events, stats.Sessions)
			s.printf("%s\n", nothingRemoved)
		})
	}
	gone, err := p.PurgeProject(ctx, p.ID)
	if err != nil {
		return err
	}
	return c.print(f.asJSON, gone, func(s screen) {
		s.printf("Forgotten of %s: %d memories, %d events, %d sessions, %d jobs.\n",
			clean(p.Name), gone.Observations, gone.Events, gone.Sessions, gone.Jobs)
	})
}

const nothingRemoved = "Nothing was removed; add --yes to remove it."

// forgotten tells what is gone, or would be.
func (s screen) forgotten(f client.Forgotten) {
	for _, o := range f.Observations {
		head := fmt.Sprintf("#%d", o.Number)
		s.printf("%-7s %s\n", head, s.line(8, o.Title))
	}
	if more := f.Count - len(f.Observations); more > 0 {
		s.printf("%-7s and %s\n", "", count(more, "more memory", "more memories"))
	}
	switch {
	case f.Count == 0:
		s.printf("There is nothing to forget.\n")
	case f.DryRun:
		s.printf("%s would be forgotten. %s\n", count(f.Count, "memory", "memories"), nothingRemoved)
	default:
		s.printf("%s forgotten.\n", count(f.Count, "memory", "memories"))
	}
}

// count says how many there are of something.
func count(n int, one, many string) string {
	if n == 1 {
		many = one
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", n, many))
}
