package cli

import (
	"runtime"

	"github.com/spf13/cobra"

	"claude-mem/internal/version"
)

func (c *console) versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  claude-mem version\n  claude-mem version --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := struct {
				Version  string `json:"version"`
				Go       string `json:"go"`
				Platform string `json:"platform"`
			}{version.String(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
			return c.print(asJSON, v, func(s screen) {
				s.printf("claude-mem %s (%s, %s)\n", v.Version, v.Go, v.Platform)
			})
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "completion bash|zsh|fish|powershell",
		Short:     "Print a completion script for a shell",
		Example:   "  source <(claude-mem completion bash)\n  claude-mem completion fish > ~/.config/fish/completions/claude-mem.fish",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			default:
				return root.GenPowerShellCompletionWithDesc(out)
			}
		},
	}
}

// IsHook reports whether the command line args is an agent's call of a hook, which
// main hands to package hooks before anything else. Somebody who asks for help is
// a person.
func IsHook(args []string) bool {
	return len(args) > 0 && args[0] == "hook" && (len(args) == 1 || args[1] != "--help" && args[1] != "-h")
}

// hookCommand stands for what main dispatches before this package is asked, so
// that it has a place in the help.
func hookCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "hook AGENT",
		Short: "Handle one lifecycle event of an agent (called by the agent itself)",
		Long: "Reads one event of the agent's lifecycle as JSON on standard input, records it, and\n" +
			"prints what the agent is to be told. Whatever happens, it exits 0 and never waits\n" +
			"past its deadline. `claude-mem install` registers it; nobody else needs to call it.",
		Example: "  claude-mem hook claude-code < event.json\n  claude-mem hook codex < event.json\n  claude-mem hook gemini < event.json",
		Args:    cobra.ArbitraryArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
}
