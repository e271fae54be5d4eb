package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"claude-mem/hooks"
	"claude-mem/hooks/install"
	"claude-mem/internal/config"
	"claude-mem/internal/instance"
)

func (c *console) installCommand() *cobra.Command {
	var dryRun bool
	var agents []string
	var server serverFlags
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Register hooks and MCP tools with your agents",
		Long: "Registers the hooks and the MCP server with the agents that are on this machine, or with those\n" +
			"that --agent names: Claude Code (settings.json, ~/.claude.json), Codex (hooks.json, config.toml),\n" +
			"Gemini CLI (settings.json).\n" +
			"Everything that is there stays, a copy of each file is kept beside it, and doing it again\n" +
			"changes nothing. Nothing is started.\n\n" +
			"With --server, hooks and commands talk to a team's server instead of a daemon of yours.\n" +
			"The key is checked there before anything is written. Other users of the machine can see\n" +
			"a command line, so rather pipe the key in (--key -) or set CLAUDE_MEM_SERVER_API_KEY.",
		Example: "  claude-mem install --dry-run\n  claude-mem install\n  claude-mem install --agent codex\n" +
			"  claude-mem install --server https://memory.example.com --key - <key.txt",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if server.key != "" && server.url == "" {
				return badUsage(cmd, "--key goes with --server")
			}
			hosts, err := chosenHosts(cmd, agents, hostsHere)
			if err != nil {
				return err
			}
			cfg, err := c.settings()
			if err != nil {
				return err
			}
			o, err := hookOptions(cfg)
			if err != nil {
				return err
			}
			plans, err := planEach(hosts, func(f install.File) (install.Plan, error) { return f.Install(o) })
			if err != nil {
				return err
			}
			if dryRun {
				c.showPlans(plans)
				return nil
			}
			if server.url != "" {
				if err := c.useServer(cmd, cfg, server); err != nil {
					return err
				}
			}
			return c.install(cfg, plans)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show the difference and change nothing")
	agentFlag(cmd, &agents)
	cmd.Flags().StringVar(&server.url, "server", "", "`URL` of a team's server to use")
	cmd.Flags().StringVar(&server.key, "key", "", "the `KEY` for --server; - reads it from standard input")
	return cmd
}

// install makes the edits and says what to do next.
func (c *console) install(cfg *config.Config, plans []hostPlan) error {
	for _, p := range plans {
		if err := p.plan.Apply(); err != nil {
			return err
		}
		if !p.plan.Changed() {
			c.say("%-10s %s registered already in %s", p.file.What, p.file.Verb, p.plan.Path)
			continue
		}
		c.say("%-10s registered in %s", p.file.What, p.plan.Path)
		if p.host.AsksAgain(p.plan) {
			c.say("           they are not what you agreed to before: %s asks again, and until then runs none that changed", p.host.Name)
		}
		if p.file.Path == p.host.Files[0].Path {
			c.say("           %s", p.host.Next)
		}
	}
	if o := cfg.Origin(config.DataDir); o.Source != "default" {
		c.warn("note: hooks use the profile %s only where the agent runs with %s set to it", cfg.Dirs.Data, config.DataDir)
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	c.notePrograms(exe)
	return nil
}

// notePrograms says what could be better about where this program lies, and the one for
// hooks beside it.
func (c *console) notePrograms(exe string) {
	if _, err := hookProgram(exe); err != nil {
		c.warn("note: %v, so hooks call %s, which takes longer", err, exe)
	}
	if _, err := exec.LookPath("claude-mem"); err != nil {
		c.warn("note: %s is not on your PATH: export PATH=\"%s:$PATH\"", exe, filepath.Dir(exe))
	}
}

func (c *console) uninstallCommand() *cobra.Command {
	var dryRun bool
	var agents []string
	cmd := &cobra.Command{
		Use:   "uninstall",
		Short: "Take hooks and MCP tools out of your agents' settings",
		Long: "Takes hooks and MCP server out of the files of all agents, or of those that --agent names, and\n" +
			"gives the files back as they were. What was remembered stays, and a daemon that runs keeps\n" +
			"running. A team's server that `install --server` set is no longer used, once no agent is left.",
		Example: "  claude-mem uninstall --dry-run\n  claude-mem uninstall\n  claude-mem uninstall --agent codex",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			hosts, err := chosenHosts(cmd, agents, allHosts)
			if err != nil {
				return err
			}
			plans, err := planEach(hosts, install.File.Uninstall)
			if err != nil {
				return err
			}
			if dryRun {
				c.showPlans(plans)
				return nil
			}
			return c.uninstall(plans, len(agents) == 0)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show the difference and change nothing")
	agentFlag(cmd, &agents)
	return cmd
}

// uninstall makes the edits. all says that no agent is left.
func (c *console) uninstall(plans []hostPlan, all bool) error {
	changed := false
	for _, p := range plans {
		if err := p.plan.Apply(); err != nil {
			return err
		}
		if p.plan.Changed() {
			c.say("%-10s taken out of %s", p.file.What, p.plan.Path)
			changed = true
		}
	}
	if all {
		if err := c.leaveServer(); err != nil {
			return err
		}
	}
	if !changed {
		c.say("Hooks      are not registered")
		return nil
	}
	c.say("           what was remembered stays; `claude-mem stop` stops the daemon")
	return nil
}

func (c *console) showPlans(plans []hostPlan) {
	for _, p := range plans {
		if p.plan.Changed() {
			fmt.Fprint(c.out, p.plan.Diff())
		} else if p.host.Here() {
			c.say("%s would stay as it is", p.plan.Path)
		}
	}
}

// hostPlan is the edit of one file.
type hostPlan struct {
	host install.Host
	file install.File
	plan install.Plan
}

// planEach works out the edits of all files, and makes none if one is impossible.
func planEach(hosts []install.Host, edit func(install.File) (install.Plan, error)) ([]hostPlan, error) {
	var plans []hostPlan
	for _, h := range hosts {
		for _, f := range h.Files {
			p, err := edit(f)
			if err != nil {
				return nil, err
			}
			plans = append(plans, hostPlan{h, f, p})
		}
	}
	return plans, nil
}

func agentFlag(cmd *cobra.Command, agents *[]string) {
	cmd.Flags().StringSliceVar(agents, "agent", nil, "only this `AGENT`: "+strings.Join(hooks.Agents(), ", ")+"; may be given several times")
}

// chosenHosts are the hosts that are named, else those that others chooses.
func chosenHosts(cmd *cobra.Command, names []string, others func([]install.Host) []install.Host) ([]install.Host, error) {
	all, err := findHosts()
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return others(all), nil
	}
	var chosen []install.Host
	for _, h := range all {
		if slices.Contains(names, h.Agent) {
			chosen = append(chosen, h)
		}
	}
	for _, name := range names {
		if !slices.Contains(hooks.Agents(), name) {
			return nil, badUsage(cmd, "--agent: %q is no agent; there is %s", name, strings.Join(hooks.Agents(), ", "))
		}
	}
	return chosen, nil
}

// hostsHere are those on this machine. Where there is none, Claude Code is
// registered with for the day it comes.
func hostsHere(all []install.Host) []install.Host {
	here := slices.DeleteFunc(slices.Clone(all), func(h install.Host) bool { return !h.Here() })
	if len(here) == 0 {
		return all[:1]
	}
	return here
}

func allHosts(all []install.Host) []install.Host { return all }

// findHosts lists the hosts there are for this user.
func findHosts() ([]install.Host, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, fmt.Errorf("find your home folder: %w", err)
	}
	return install.Hosts(install.Place{Home: home, Getenv: os.Getenv}), nil
}

// hookOptions say what to register, and that it is this program.
func hookOptions(cfg *config.Config) (install.Options, error) {
	exe, err := os.Executable()
	if err != nil {
		return install.Options{}, fmt.Errorf("find this program: %w", err)
	}
	hook, _ := hookProgram(exe) // one that does not run is as good as none
	return install.Options{Exe: exe, Hook: hook, FileContext: cfg.Bool(config.FileContext)}, nil
}

// hookProgram is the program that does nothing but hooks, or "" where it was not
// installed with the one at exe: then that does them, which takes longer. An error says
// why one that is there is of no use.
func hookProgram(exe string) (string, error) {
	path := instance.HookProgram(exe)
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case !fi.Mode().IsRegular():
		return "", fmt.Errorf("%s is no file", path)
	case runtime.GOOS != "windows" && fi.Mode()&0o111 == 0:
		return "", fmt.Errorf("%s may not be executed (chmod +x)", path)
	}
	return path, nil
}
