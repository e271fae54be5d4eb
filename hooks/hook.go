package hooks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"claude-mem/internal/config"
	"claude-mem/internal/instance"
)

const (
	// hardLimit is when the process ends whatever it is at. Every host waits longer.
	hardLimit = 2 * time.Second
	// maxPayload bounds standard input. Hosts cut what tools print far below it; an
	// image may come near.
	maxPayload = 8 << 20
)

// Marker is set to 1 in the environment of whatever claude-mem starts, so that an
// agent that runs inside of it does not report to us what we did ourselves.
const Marker = "CLAUDE_MEM_INTERNAL"

// Params is all that a hook call depends on.
type Params struct {
	Agent   string // see Agents
	Stdin   io.Reader
	Stdout  io.Writer
	Environ []string // as os.Environ gives it

	// find and spawn reach for the daemon; nil means for real.
	find  func(config.Dirs) (instance.State, bool, error)
	spawn func(config.Dirs) error
}

// Main is `claude-mem hook ARGS…`. It returns when the hook is done; if that takes
// too long, for a read of standard input cannot be interrupted, it ends the process
// with 0.
func Main(args []string) {
	if len(args) == 0 {
		return
	}
	defer time.AfterFunc(hardLimit, func() { os.Exit(0) }).Stop()
	Run(context.Background(), Params{Agent: args[0], Stdin: os.Stdin, Stdout: os.Stdout, Environ: os.Environ()})
}

// Run does one hook call. It cannot fail: what goes wrong is logged at most.
func Run(ctx context.Context, p Params) {
	c := &call{params: p, env: environ(p.Environ), start: time.Now()}
	defer func() {
		if r := recover(); r != nil {
			c.debug("panic", fmt.Sprint(r))
		}
	}()
	if out := c.run(ctx); len(out) > 0 {
		_, _ = p.Stdout.Write(out) // a host that went away misses nothing
	}
}

// call is one hook call in progress.
type call struct {
	params Params
	env    environ
	start  time.Time
	cfg    *config.Config // set by run
	event  event
}

// run returns what to print.
func (c *call) run(ctx context.Context) []byte {
	if c.env.get(Marker) != "" {
		return nil
	}
	h := hostOf(c.params.Agent)
	if h == nil {
		return nil
	}
	var err error
	// An error names settings that now have their defaults: good enough for a hook.
	c.cfg, err = config.Load(config.Options{Environ: c.params.Environ})
	if err != nil {
		c.debug("settings", err.Error())
	}
	if c.cfg.Bool(config.Disable) {
		return nil
	}
	payload, err := readPayload(c.params.Stdin)
	if err != nil {
		c.debug("input", err.Error())
		return nil
	}
	d := &Decoder{host: h, cfg: c.cfg, resolve: resolveWith(c.cfg, h.projectDir(c.env))}
	ev, record, reason, err := d.decode(payload)
	c.event = ev
	switch {
	case err != nil:
		c.debug("input", err.Error())
		return nil
	case reason != "":
		c.debug("skipped", reason)
		return nil
	}
	ctx, cancel := context.WithDeadline(ctx, c.start.Add(ev.deadline()))
	defer cancel()
	text := c.deliver(ctx, record)
	if text == "" {
		return nil
	}
	return h.answer(ev, text)
}

func readPayload(r io.Reader) ([]byte, error) {
	payload, err := io.ReadAll(io.LimitReader(r, maxPayload+1))
	if err != nil {
		return nil, err
	}
	if len(payload) > maxPayload {
		return nil, errors.New("the payload is too large")
	}
	return payload, nil
}

// environ is an environment in the form of os.Environ.
type environ []string

// get returns the last value of a variable, as a process would see it.
func (e environ) get(name string) string {
	for i := len(e) - 1; i >= 0; i-- {
		if k, v, ok := strings.Cut(e[i], "="); ok && k == name {
			return v
		}
	}
	return ""
}
