package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"claude-mem/internal/version"
	"claude-mem/memory"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// errReported makes a command fail whose output has said already what is wrong.
var errReported = errors.New("reported")

// usageError is a mistake in the command line itself.
type usageError struct {
	err     error
	command string // whose --help helps
}

func (e *usageError) Error() string { return e.err.Error() }

func (e *usageError) Unwrap() error { return e.err }

// Run executes the command line args, without the program's name, and returns the
// exit code. The context ends the command early, as an interrupt does.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := &console{in: stdin, out: stdout, err: stderr}
	root := c.commands()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)

	var usage *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errReported):
		return exitFailed
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "claude-mem: %s; see `%s --help`\n", oneLine(err), usage.command)
		return exitUsage
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(stderr, "claude-mem: interrupted")
		return exitFailed
	case errors.Is(err, memory.ErrUnauthorized), errors.Is(err, memory.ErrForbidden):
		fmt.Fprintf(stderr, "claude-mem: %s; `claude-mem config get server_api_key --show-origin` says which key was used\n", oneLine(err))
		return exitFailed
	default:
		fmt.Fprintf(stderr, "claude-mem: %s\n", oneLine(err))
		return exitFailed
	}
}

// oneLine keeps the promise that an error is one line.
func oneLine(err error) string {
	return strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}

// Commands is the tree of commands, to make documentation from.
func Commands() *cobra.Command {
	return (&console{in: strings.NewReader(""), out: io.Discard, err: io.Discard}).commands()
}

func (c *console) commands() *cobra.Command {
	root := &cobra.Command{
		Use:   "claude-mem",
		Short: "A memory for coding agents",
		Long: "claude-mem remembers what your coding agent did, and tells the next session.\n\n" +
			"Hooks record a session, a daemon turns it into short observations, and a new\n" +
			"session starts with those that matter. Nothing leaves this machine unless you say so.",
		Example:           "  claude-mem install\n  claude-mem search \"why did the release fail\"\n  claude-mem doctor",
		Version:           version.String(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:              cobra.ArbitraryArgs,
		RunE:              group,
	}
	root.SetVersionTemplate("claude-mem {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if strings.HasPrefix(err.Error(), "unknown shorthand flag") { // a text or number may be meant
			err = fmt.Errorf("%w; put -- before what begins with a dash and is no flag", err)
		}
		return &usageError{err, cmd.CommandPath()}
	})
	root.PersistentFlags().StringVar(&c.dataDir, "data-dir", "", "profile to use; overrides CLAUDE_MEM_DATA_DIR")
	root.AddCommand(
		c.searchCommand(), c.contextCommand(), c.timelineCommand(), c.showCommand(), c.forgetCommand(), c.sessionsCommand(), c.statsCommand(),
		c.usageCommand(), c.projectCommand(), c.replayCommand(), c.exportCommand(), c.importCommand(),
		c.reindexCommand(),
		c.startCommand(), c.stopCommand(), c.restartCommand(), c.statusCommand(), c.serverCommand(),
		c.installCommand(), c.uninstallCommand(), c.doctorCommand(), c.configCommand(),
		c.versionCommand(), completionCommand(), hookCommand(), c.mcpCommand(),
	)
	usageErrors(root)
	return root
}

// group is what a command does that only holds others: help, or a complaint about
// the word that is none of them.
func group(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	cmd.SuggestionsMinimumDistance = 2 // cobra sets this only where it complains itself
	msg := fmt.Sprintf("there is no command %q", cmd.CommandPath()+" "+args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		msg += fmt.Sprintf(" (did you mean %q?)", near[0])
	}
	return &usageError{errors.New(msg), cmd.CommandPath()}
}

// usageErrors makes mistakes of usage of what argument checks complain of, and shows
// what the command takes: the checks themselves only count.
func usageErrors(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return badUsage(cmd, "it takes other arguments: %s", cmd.UseLine())
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		usageErrors(sub)
	}
}

// between complains of a flag whose number is not from low to high.
func between(cmd *cobra.Command, flag string, n, low, high int) error {
	if n < low || n > high {
		return badUsage(cmd, "--%s is %d; it must be from %d to %d", flag, n, low, high)
	}
	return nil
}

// notBoth complains of two flags that rule each other out.
func notBoth(cmd *cobra.Command, one, other string) error {
	if cmd.Flags().Changed(one) && cmd.Flags().Changed(other) {
		return badUsage(cmd, "--%s and --%s rule each other out; give one of them", one, other)
	}
	return nil
}

// badUsage is a mistake that a command finds itself.
func badUsage(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...), cmd.CommandPath()}
}
