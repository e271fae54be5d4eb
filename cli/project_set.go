package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"claude-mem/memory"
)

// noLimit takes a budget of a project's own away.
const noLimit = "default"

func (c *console) projectCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "project",
		Short:   "See and change what a project wants of generation",
		Example: "  claude-mem project set --policy debounce\n  claude-mem project set --daily-tokens 200000",
		Args:    cobra.ArbitraryArgs,
		RunE:    group,
	}
	cmd.AddCommand(c.projectSetCommand())
	return cmd
}

func (c *console) projectSetCommand() *cobra.Command {
	var (
		f                      projectFlag
		policy, daily, monthly string
		asJSON                 bool
	)
	cmd := &cobra.Command{
		Use:   "set",
		Short: "Choose when observations are made in a project, and what they may cost",
		Long: "Changes what the flags name and shows how the project stands; \"default\" goes back to\n" +
			"the setting of the server. Needs a key with the scope admin.",
		Example: "  claude-mem project set\n  claude-mem project set --policy end-of-session --monthly-tokens 5000000\n" +
			"  claude-mem project set --daily-tokens default",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := c.openProject(cmd.Context(), f)
			if err != nil {
				return err
			}
			want, changed := p.Generation(), false
			if policy != "" {
				changed = true
				if want.Policy = memory.Policy(policy); policy == noLimit {
					want.Policy = ""
				}
				if want.Policy != "" && !slices.Contains(memory.Policies(), want.Policy) {
					return badUsage(cmd, "--policy: %q is none of %s", policy, policies())
				}
			}
			for _, b := range []struct {
				flag, text string
				to         **int64
			}{{"daily-tokens", daily, &want.DailyTokens}, {"monthly-tokens", monthly, &want.MonthlyTokens}} {
				if b.text == "" {
					continue
				}
				changed = true
				if *b.to, err = tokenBudget(b.text); err != nil {
					return badUsage(cmd, "--%s: %w", b.flag, err)
				}
			}
			if changed {
				if p.Project, err = p.SetGeneration(cmd.Context(), p.ID, want); err != nil {
					return err
				}
			}
			return c.print(asJSON, p.Generation(), func(s screen) { s.generation(p.Project) })
		},
	}
	f.register(cmd)
	cmd.Flags().StringVar(&policy, "policy", "", "per-event, debounce, end-of-session or default")
	cmd.Flags().StringVar(&daily, "daily-tokens", "", "tokens a day (UTC), 0 for none, or default")
	cmd.Flags().StringVar(&monthly, "monthly-tokens", "", "tokens a month (UTC), 0 for none, or default")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// tokenBudget reads a number of tokens; nil for the server's own.
func tokenBudget(text string) (*int64, error) {
	if text == noLimit {
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return nil, fmt.Errorf("%q is no number of tokens; use a whole number, or %s", text, noLimit)
	}
	return &n, nil
}

// generation prints what the project wants.
func (s screen) generation(p memory.Project) {
	g := p.Generation()
	budget := func(n *int64) string {
		if n == nil {
			return noLimit
		}
		return strconv.FormatInt(*n, 10)
	}
	policy := string(g.Policy)
	if policy == "" {
		policy = noLimit
	}
	s.printf("project         %s\npolicy          %s\ndaily tokens    %s\nmonthly tokens  %s\n",
		clean(p.Name), policy, budget(g.DailyTokens), budget(g.MonthlyTokens))
}

// policies lists what --policy takes.
func policies() string {
	var names []string
	for _, p := range memory.Policies() {
		names = append(names, string(p))
	}
	return strings.Join(append(names, noLimit), ", ")
}
