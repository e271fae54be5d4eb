package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/instance"
	"claude-mem/internal/testbin"
)

// project is the name that everything is filed under.
const project = "recorded"

// profile is a throw-away memory with a daemon, the tools of one agent, and the key of
// its HTTP API.
type profile struct {
	binary string
	env    []string
	tools  *sdk.ClientSession
	url    string
	key    string
	stored int64 // memories
}

// remember builds the program, replays the files, and connects to the tools as an
// agent does.
func remember(ctx context.Context, dir string, files []string) (*profile, error) {
	binary, err := testbin.Build(dir)
	if err != nil {
		return nil, err
	}
	p := &profile{binary: binary, env: []string{
		"HOME=" + dir, "PATH=" + os.Getenv("PATH"), config.DataDir + "=" + filepath.Join(dir, "memory"), config.ServerProjectID + "=" + project,
	}}
	if err := p.run(ctx, append([]string{"replay"}, files...)...); err != nil {
		return nil, err
	}
	cfg, err := config.Load(config.Options{Environ: p.env})
	if err != nil {
		return nil, err
	}
	state, _, err := instance.Find(cfg.Dirs)
	if err != nil {
		return nil, err
	}
	p.url, p.key = fmt.Sprintf("http://%s:%d", state.Host, state.Port), cfg.String(config.ServerAPIKey)
	stats, err := client.New(p.url, p.key, client.Options{}).Stats(ctx, project)
	if err == nil {
		p.stored = stats.Books.Observations
		p.tools, err = sdk.NewClient(&sdk.Implementation{Name: "bench", Version: "1"}, nil).
			Connect(ctx, &sdk.CommandTransport{Command: p.command(ctx, "mcp")}, nil)
	}
	if err != nil {
		return nil, errors.Join(err, p.run(ctx, "stop"))
	}
	return p, nil
}

func (p *profile) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.binary, args...)
	cmd.Env = p.env
	return cmd
}

func (p *profile) run(ctx context.Context, args ...string) error {
	if out, err := p.command(ctx, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("claude-mem %s: %w\n%s", args[0], err, out)
	}
	return nil
}

func (p *profile) close(ctx context.Context) error {
	return errors.Join(p.tools.Close(), p.run(ctx, "stop"))
}

// call calls a tool and returns what the model reads.
func (p *profile) call(ctx context.Context, tool string, args map[string]any) (string, error) {
	res, err := p.tools.CallTool(ctx, &sdk.CallToolParams{Name: tool, Arguments: args})
	if err != nil {
		return "", fmt.Errorf("%s: %w", tool, err)
	}
	var b strings.Builder
	for _, part := range res.Content {
		if text, ok := part.(*sdk.TextContent); ok {
			b.WriteString(text.Text)
		}
	}
	if res.IsError {
		return "", fmt.Errorf("%s: %s", tool, b.String())
	}
	return b.String(), nil
}

// ask sends a request to the HTTP API and returns the JSON of its answer.
func (p *profile) ask(ctx context.Context, method, path string, body any) (string, error) {
	in, err := json.Marshal(body)
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, method, p.url+path, bytes.NewReader(in))
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+p.key)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, path, res.Status, out)
	}
	return string(out), err
}
