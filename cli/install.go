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
		Short: "Register hooks and MCP tools with Claude Code",
		Long: "Registers the hooks in Claude Code's settings and the MCP server among those of its user\n" +
			"(~/.claude.json). Everything that is there stays, a copy of each file is kept beside it,\n" +
			"and doing it again changes nothing. Nothing is started.\n\n" +
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
			plan, err := planFor(func(f claudeFiles) (p plans, err error) {
				if p.hooks, err = install.Install(f.settings, o); err == nil {
					p.server, err = install.AddServer(f.state, o)
				}
				return p, err
			})
			if err != nil {
				return err
			}
			if dryRun {
				c.showPlan(plan.hooks)
				c.showPlan(plan.server)
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
func (c *console) install(cfg *config.Config, plan plans) error {
	if err := plan.apply(); err != nil {
		return err
	}
	if plan.hooks.Changed() {
		c.say("Hooks      registered in %s", plan.hooks.Path)
		c.say("           a Claude Code that runs now sees them after a restart; `claude-mem doctor` checks them")
	} else {
		c.say("Hooks      are registered already in %s", plan.hooks.Path)
	}
	if plan.server.Changed() {
		c.say("MCP        registered in %s", plan.server.Path)
	} else {
		c.say("MCP        is registered already in %s", plan.server.Path)
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
		Short: "Take hooks and MCP tools out of Claude Code's settings",
		Long: "Takes hooks and MCP server out of Claude Code's files and gives them back as they were. What\n" +
			"was remembered stays, and a daemon that runs keeps running. A team's server that\n" +
			"`install --server` set is no longer used.",
		Example: "  claude-mem uninstall --dry-run\n  claude-mem uninstall",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			plan, err := planFor(func(f claudeFiles) (p plans, err error) {
				if p.hooks, err = install.Uninstall(f.settings); err == nil {
					p.server, err = install.RemoveServer(f.state)
				}
				return p, err
			})
			if err != nil {
				return err
			}
			if dryRun {
				c.showPlan(plan.hooks)
				c.showPlan(plan.server)
				return nil
			}
			if err := plan.apply(); err != nil {
				return err
			}
			if err := c.leaveServer(); err != nil {
				return err
			}
			if plan.server.Changed() {
				c.say("MCP        taken out of %s", plan.server.Path)
			}
			if !plan.hooks.Changed() {
				c.say("Hooks      are not registered in %s", plan.hooks.Path)
				return nil
			}
			c.say("Hooks      taken out of %s", plan.hooks.Path)
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

// plans are the edits that belong together.
type plans struct{ hooks, server install.Plan }

// apply makes them, that of the hooks first: they matter more.
func (p plans) apply() error {
	if err := p.hooks.Apply(); err != nil {
		return err
	}
	return p.server.Apply()
}

// claudeFiles are the files of this user's Claude Code that are edited.
type claudeFiles struct{ settings, state string }

// findClaude says where they are.
func findClaude() (claudeFiles, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return claudeFiles{}, fmt.Errorf("find your home folder: %w", err)
	}
	configDir := os.Getenv("CLAUDE_CONFIG_DIR")
	return claudeFiles{install.ClaudeSettings(configDir, home), install.ClaudeState(configDir, home)}, nil
}

// planFor works out edits of the files of this user's Claude Code.
func planFor(edit func(claudeFiles) (plans, error)) (plans, error) {
	files, err := findClaude()
	if err != nil {
		return plans{}, err
	}
	return edit(files)
}

// hookOptions say what to register, and that it is this program.
func hookOptions(cfg *config.Config) (install.Options, error) {
	exe, err := os.Executable()
	if err != nil {
		return install.Options{}, fmt.Errorf("find this program: %w", err)
	}
	return install.Options{Exe: exe, FileContext: cfg.Bool(config.FileContext)}, nil
}
