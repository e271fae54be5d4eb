package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"claude-mem/daemon"
	"claude-mem/memory"
)

func (c *console) apiKeyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "api-key",
		Short: "Make, list and revoke keys of the HTTP API",
		Long: "Makes, lists and revokes keys of the HTTP API. It works on the database itself, a person's\n" +
			"own or the one that CLAUDE_MEM_SERVER_DATABASE_URL names, whether anything else runs or\n" +
			"not, and takes effect at once.",
		Example: "  claude-mem server api-key create --name ci --scope memories:read\n  claude-mem server api-key list",
		Args:    cobra.ArbitraryArgs,
		RunE:    group,
	}
	cmd.AddCommand(c.keyCreateCommand(), c.keyListCommand(), c.keyRevokeCommand())
	return cmd
}

// createdKey is what `api-key create --json` prints, the only time that the key
// itself is shown.
type createdKey struct {
	ID        string       `json:"id"`
	Key       string       `json:"key"`
	Name      string       `json:"name"`
	TeamID    string       `json:"teamId"`
	ProjectID string       `json:"projectId"` // for a key of the whole team, a project that it may name
	Bound     bool         `json:"projectBound"`
	Scopes    []string     `json:"scopes"`
	ExpiresAt memory.Epoch `json:"expiresAtEpoch"`
}

func (c *console) keyCreateCommand() *cobra.Command {
	var (
		in      daemon.KeyRequest
		expires string
		asJSON  bool
	)
	cmd := &cobra.Command{
		Use:   "create --name NAME --scope SCOPE,…",
		Short: "Make a key and print it, once",
		Long: "Makes a key and prints it, once: only its SHA-256 is kept. It is good for the database\n" +
			"that the settings choose, which may be empty: a team and a project that are not there are\n" +
			"made. Without --team it belongs to the local team; without --project it reaches every\n" +
			"project of the team, as the key of somebody's hooks should, and the project printed is the\n" +
			"team's local one, for clients that have to name one.\n\n" +
			"Scopes: " + strings.Join(memory.KeyScopes(), ", ") + ".",
		Example: "  claude-mem server api-key create --name ci --scope memories:read\n" +
			"  claude-mem server api-key create --name bot --scope events:write,observations:read --expires 90d --json",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkKeyRequest(cmd, in, expires); err != nil {
				return err
			}
			if expires != "" {
				d, _ := duration(expires) // checked above
				in.Expires = memory.Now().Add(d)
			}
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			key, err := daemon.CreateKey(cmd.Context(), cfg, in)
			if err != nil {
				return err
			}
			made := createdKey{key.ID, key.Secret, key.Name, key.TeamID, key.Project.ID, key.ProjectID != "", key.Scopes, key.ExpiresAt}
			return c.print(asJSON, made, func(s screen) {
				s.printf("%s\n", made.Key)
				c.warn("key %s (%s) made in %s; keep it, it is not shown again", made.Name, made.ID, key.Database)
			})
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&in.Name, "name", "", "what to call the key")
	fs.StringSliceVar(&in.Scopes, "scope", nil, "what it may do, separated by commas")
	fs.StringVar(&in.Team, "team", "", "id or name of the team it belongs to (default: the local one)")
	fs.StringVar(&in.Project, "project", "", "name or id of the only project it reaches")
	fs.StringVar(&expires, "expires", "", "how long it is valid, such as 90d or 12h (default: for ever)")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func checkKeyRequest(cmd *cobra.Command, in daemon.KeyRequest, expires string) error {
	if strings.TrimSpace(in.Name) == "" {
		return badUsage(cmd, "name the key with --name")
	}
	if len(in.Scopes) == 0 {
		return badUsage(cmd, "say what it may do with --scope: %s", strings.Join(memory.KeyScopes(), ", "))
	}
	for _, s := range in.Scopes {
		if !slices.Contains(memory.KeyScopes(), s) {
			return badUsage(cmd, "there is no scope %q; there are %s", s, strings.Join(memory.KeyScopes(), ", "))
		}
	}
	if expires == "" {
		return nil
	}
	if d, err := duration(expires); err != nil || d <= 0 {
		return badUsage(cmd, "--expires: %q is no duration; use 90d or 12h", expires)
	}
	return nil
}

func (c *console) keyListCommand() *cobra.Command {
	var (
		team   string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the keys of a team, revoked ones too",
		Example: "  claude-mem server api-key list\n  claude-mem server api-key list --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			keys, err := daemon.Keys(cmd.Context(), cfg, team)
			if err != nil {
				return err
			}
			if keys == nil {
				keys = []memory.APIKey{}
			}
			return c.print(asJSON, keys, func(s screen) { s.keys(keys) })
		},
	}
	cmd.Flags().StringVar(&team, "team", "", "id or name of the team (default: the local one)")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (s screen) keys(keys []memory.APIKey) {
	if len(keys) == 0 {
		s.printf("There are no keys.\n")
	}
	now := memory.Now()
	for _, k := range keys {
		state := "valid"
		switch {
		case k.RevokedAt != 0:
			state = "revoked " + when(k.RevokedAt)
		case !k.Usable(now):
			state = "expired " + when(k.ExpiresAt)
		case k.ExpiresAt != 0:
			state = "until " + when(k.ExpiresAt)
		}
		s.printf("%s  %s…  %s  %s  %s\n", k.ID, clean(k.Prefix), s.paint(bold, clean(k.Name)), strings.Join(k.Scopes, ","), s.paint(dim, state))
	}
}

func (c *console) keyRevokeCommand() *cobra.Command {
	var (
		team   string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:     "revoke ID",
		Short:   "End a key at once",
		Example: "  claude-mem server api-key revoke 0195f0e2-7c1b-7000-8000-3b1f2d4c5e6f",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			key, err := daemon.RevokeKey(cmd.Context(), cfg, team, args[0])
			if errors.Is(err, memory.ErrNotFound) {
				return memory.Errorf(memory.CodeNotFound, "there is no key %s; `claude-mem server api-key list` shows them", args[0])
			}
			if err != nil {
				return err
			}
			v := struct {
				ID     string `json:"id"`
				Status string `json:"status"`
			}{key.ID, "revoked"}
			return c.print(asJSON, v, func(s screen) { s.printf("key %s (%s) is revoked\n", clean(key.Name), key.ID) })
		},
	}
	cmd.Flags().StringVar(&team, "team", "", "id or name of the team (default: the local one)")
	jsonFlag(cmd, &asJSON)
	return cmd
}
