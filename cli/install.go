package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"claude-mem/hooks/install"
	"claude-mem/internal/config"
)

func (c *console) installCommand() *cobra.Command {
	var dryRun bool
	var server serverFlags
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Register the hooks with Claude Code",
		Long: "Registers the hooks in Claude Code's settings. Everything that is there stays, a copy of\n" +
			"the file is kept beside it, and doing it again changes nothing. Nothing is started.\n\n" +
			"With --server, hooks and commands talk to a team's server instead of a daemon of yours.\n" +
			"The key is checked there before anything is written. Other users of the machine can see\n" +
			"a command line, so rather pipe the key in (--key -) or set CLAUDE_MEM_SERVER_API_KEY.",
		Example: "  claude-mem install --dry-run\n  claude-mem install\n" +
			"  claude-mem install --server https://memory.example.com --key - <key.txt",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if server.key != "" && server.url == "" {
				return badUsage(cmd, "--key goes with --server")
			}
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			o, err := hookOptions(cfg)
			if err != nil {
				return err
			}
			plan, err := planFor(func(path string) (install.Plan, error) { return install.Install(path, o) })
			if err != nil {
				return err
			}
			if dryRun {
				c.showPlan(plan)
				return nil
			}
			if server.url != "" {
				if err := c.useServer(cmd, cfg, server); err != nil {
					return err
				}
			}
			return c.install(cfg, plan)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show the difference and change nothing")
	cmd.Flags().StringVar(&server.url, "server", "", "`URL` of a team's server to use")
	cmd.Flags().StringVar(&server.key, "key", "", "the `KEY` for --server; - reads it from standard input")
	return cmd
}

// install makes the edit and says what to do next.
func (c *console) install(cfg *config.Config, plan install.Plan) error {
	changed := plan.Changed()
	if err := plan.Apply(); err != nil {
		return err
	}
	if changed {
		c.say("Hooks      registered in %s", plan.Path)
		c.say("           a Claude Code that runs now sees them after a restart; `claude-mem doctor` checks them")
	} else {
		c.say("Hooks      are registered already in %s", plan.Path)
	}
	if o := cfg.Origin(config.DataDir); o.Source != "default" {
		c.warn("note: hooks use the profile %s only where Claude Code runs with %s set to it", cfg.Dirs.Data, config.DataDir)
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	if _, err := exec.LookPath("claude-mem"); err != nil {
		c.warn("note: %s is not on your PATH: export PATH=\"%s:$PATH\"", exe, filepath.Dir(exe))
	}
	return nil
}

func (c *console) uninstallCommand() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "uninstall",
		Short: "Take the hooks out of Claude Code's settings",
		Long: "Takes the hooks out of Claude Code's settings and gives the file back as it was. What was\n" +
			"remembered stays, and a daemon that runs keeps running. A team's server that\n" +
			"`install --server` set is no longer used.",
		Example: "  claude-mem uninstall --dry-run\n  claude-mem uninstall",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			plan, err := planFor(install.Uninstall)
			if err != nil {
				return err
			}
			if dryRun {
				c.showPlan(plan)
				return nil
			}
			changed := plan.Changed()
			if err := plan.Apply(); err != nil {
				return err
			}
			if err := c.leaveServer(); err != nil {
				return err
			}
			if !changed {
				c.say("Hooks      are not registered in %s", plan.Path)
				return nil
			}
			c.say("Hooks      taken out of %s", plan.Path)
			c.say("           what was remembered stays; `claude-mem stop` stops the daemon")
			return nil
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show the difference and change nothing")
	return cmd
}

func (c *console) showPlan(plan install.Plan) {
	if !plan.Changed() {
		c.say("%s would stay as it is", plan.Path)
		return
	}
	fmt.Fprint(c.out, plan.Diff())
}

// planFor works out an edit of the settings file of this user's Claude Code.
func planFor(edit func(path string) (install.Plan, error)) (install.Plan, error) {
	path, err := claudeSettings()
	if err != nil {
		return install.Plan{}, err
	}
	return edit(path)
}

func claudeSettings() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find your home folder: %w", err)
	}
	return install.ClaudeSettings(os.Getenv("CLAUDE_CONFIG_DIR"), home), nil
}

// hookOptions say what to register, and that it is this program.
func hookOptions(cfg *config.Config) (install.Options, error) {
	exe, err := os.Executable()
	if err != nil {
		return install.Options{}, fmt.Errorf("find this program: %w", err)
	}
	return install.Options{Exe: exe, FileContext: cfg.Bool(config.FileContext)}, nil
}
