package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/spf13/cobra"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/project"
	"claude-mem/internal/version"
	"claude-mem/mcp"
	"claude-mem/memory"
)

func (c *console) mcpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "mcp",
		Short: "Offer the memory as MCP tools on standard input and output (called by the agent itself)",
		Long: "Speaks the Model Context Protocol on standard input and output until its input ends:\n" +
			"the tools search, timeline and get_observations for the project of the current folder,\n" +
			"and some more. It is ready at once; the daemon is started when a tool is called.\n\n" +
			"`claude-mem install` registers it with the agents it knows. For another, register this\n" +
			"command with its absolute path and the argument mcp.",
		Example: "  claude-mem mcp\n  claude mcp add claude-mem -- claude-mem mcp",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, out := io.NopCloser(c.in), nopCloser{c.out}
			s := mcp.Local(&mcpDoor{console: c}, mcp.Options{Version: version.String()})
			err := s.Run(cmd.Context(), &sdk.IOTransport{Reader: in, Writer: out})
			if over := cmd.Context().Err() != nil || errors.Is(err, io.EOF); !over {
				return err
			}
			return nil // the agent is done with it
		},
	}
}

// nopCloser is a writer that stays open: the process's own output.
type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// mcpDoor opens the configured memory for each call of a tool. Settings and the
// daemon's port may have changed since the last one, and an agent's session is long.
type mcpDoor struct {
	*console

	mu   sync.Mutex
	last *client.Client
	key  string
}

// Open implements mcp.Door.
func (d *mcpDoor) Open(ctx context.Context) (mcp.Memory, error) {
	cfg, err := d.settings()
	if err != nil {
		return nil, err
	}
	cl, err := d.connectWith(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if cfg, err = d.settings(); err != nil { // a daemon that starts for the first time mints the key
		return nil, err
	}
	key := cfg.String(config.ServerAPIKey)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last == nil || d.last.URL() != cl.URL() || d.key != key {
		d.last, d.key = cl, key
	}
	return d.last, nil // with the connections it has
}

// Project implements mcp.Door. Without a name it is the project that the hooks of the
// same session record in.
func (d *mcpDoor) Project(ctx context.Context, m mcp.Memory, asked string) (string, error) {
	cfg, err := d.settings()
	if err != nil {
		return "", err
	}
	cwd, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the current folder: %w; name the project", err)
	}
	here := project.Resolve(project.Input{
		Override: cfg.String(config.ServerProjectID), ProjectDir: os.Getenv("CLAUDE_PROJECT_DIR"), CWD: cwd,
	}).Name
	if asked == "" {
		return here, nil
	}
	all, err := m.Projects(ctx)
	if err != nil {
		return "", err
	}
	p, err := pick(all, asked, here)
	if errors.Is(err, memory.ErrNotFound) && len(all) > 0 {
		return "", memory.Errorf(memory.CodeNotFound, "%w; leave project out for the current one, or take one of %s", err, names(all))
	}
	if err != nil {
		return "", err
	}
	return p.ID, nil
}
