package cli

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"claude-mem/daemon"
	"claude-mem/memory"
)

// defaultGrace is longer than any hook lives.
const defaultGrace = "5m"

func (c *console) keysCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "keys",
		Short:   "Renew keys of the HTTP API",
		Example: "  claude-mem server keys rotate",
		Args:    cobra.ArbitraryArgs,
		RunE:    group,
	}
	cmd.AddCommand(c.keysRotateCommand())
	return cmd
}

// rotatedKey is what `keys rotate --json` prints. The key itself is in it only if
// it is not in the settings file now.
type rotatedKey struct {
	ID     string `json:"id"`
	Key    string `json:"key,omitempty"`
	Name   string `json:"name"`
	Prefix string `json:"prefix"`
}

func (c *console) keysRotateCommand() *cobra.Command {
	var (
		team, grace string
		asJSON      bool
	)
	cmd := &cobra.Command{
		Use:   "rotate [ID]",
		Short: "Give a key another secret, while hooks keep working",
		Long: "Gives a key another secret. Without an id it is the one that this user's hooks present,\n" +
			"and the settings file gets the new secret; with an id the new secret is printed, once.\n" +
			"The old secret opens for a while longer, so that nothing that is under way is refused.",
		Example: "  claude-mem server keys rotate\n  claude-mem server keys rotate --grace 0s\n" +
			"  claude-mem server keys rotate 0195f0e2-7c1b-7000-8000-3b1f2d4c5e6f --grace 24h --json",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := duration(grace)
			if err != nil || d < 0 || d > daemon.MaxGrace {
				return badUsage(cmd, "--grace: %q is no duration up to 30d; use 5m, 12h or 7d", grace)
			}
			r := daemon.RotateRequest{TeamID: team, Grace: d}
			if len(args) > 0 {
				r.KeyID = args[0]
			}
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			secret, key, err := daemon.RotateKey(cmd.Context(), cfg, r)
			if errors.Is(err, memory.ErrNotFound) && r.KeyID != "" {
				return memory.Errorf(memory.CodeNotFound, "there is no key %s; `claude-mem server api-key list` shows them", r.KeyID)
			}
			if err != nil {
				return err
			}
			out := rotatedKey{key.ID, secret, key.Name, key.Prefix}
			if r.KeyID == "" {
				out.Key = ""
			}
			return c.print(asJSON, out, func(s screen) { c.rotated(s, out, d) })
		},
	}
	cmd.Flags().StringVar(&team, "team", "", "id of the team that the key belongs to (default: the local one)")
	cmd.Flags().StringVar(&grace, "grace", defaultGrace, "how long the old secret opens as well, such as 5m or 1d; 0s ends it at once")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (c *console) rotated(s screen, k rotatedKey, grace time.Duration) {
	if k.Key == "" {
		s.printf("key %s (%s) has a new secret; it is in the settings file\n", clean(k.Name), k.ID)
	} else {
		s.printf("%s\n", k.Key)
		c.warn("key %s (%s) has a new secret; keep it, it is not shown again", clean(k.Name), k.ID)
	}
	if grace > 0 {
		c.warn("the old secret opens until %s", when(memory.Now().Add(grace)))
	}
}
