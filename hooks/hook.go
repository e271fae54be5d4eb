package hooks

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"claude-mem/internal/config"
	"claude-mem/internal/instance"
	"claude-mem/internal/project"
	"claude-mem/memory"
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
	Far     Sender   // nil: a call that needs it is not done

	// find and spawn reach for the daemon; nil means for real.
	find  func(config.Dirs) (instance.State, bool, error)
	spawn func(config.Dirs) error
}

// Sender hands a record to a server that is not on this machine, over TLS. It is
// not in this package because what it takes would slow every other hook down.
type Sender func(ctx context.Context, url, key string, r memory.HookRecord) (memory.HookAnswer, error)

// Try runs the hook that a command line, with the program's name first, calls for. It
// reports false, having touched nothing, if that is no hook, or one for [MainFar].
func Try(argv []string) (done bool) {
	// No agent at all, or a call for help, is for those who explain.
	if len(argv) < 3 || argv[1] != "hook" || argv[2] == "" || argv[2][0] == '-' {
		return false
	}
	return Main(argv[2:])
}

// Main is `claude-mem hook ARGS…`. It returns when the hook is done; if that takes
// too long, for a read of standard input cannot be interrupted, it ends the process
// with 0. It reports false, having touched nothing, if the server is one that only
// [MainFar] reaches.
func Main(args []string) (done bool) { return MainFar(args, nil) }

// MainFar is Main for a program that can reach every server.
func MainFar(args []string, far Sender) (done bool) {
	if len(args) == 0 {
		return true
	}
	defer time.AfterFunc(hardLimit, func() { os.Exit(0) }).Stop()
	return Run(context.Background(), Params{Agent: args[0], Stdin: os.Stdin, Stdout: os.Stdout, Environ: os.Environ(), Far: far})
}

// Run does one hook call. It cannot fail: what goes wrong is logged at most. It
// reports false, having touched nothing, if the call needs p.Far and that is nil.
func Run(ctx context.Context, p Params) (done bool) {
	c := &call{params: p, env: environ(p.Environ), start: time.Now()}
	defer func() {
		if r := recover(); r != nil {
			c.debug("panic", fmt.Sprint(r))
			done = true
		}
	}()
	if out := c.run(ctx); len(out) > 0 {
		_, _ = p.Stdout.Write(out) // a host that went away misses nothing
	}
	return !c.undone
}

// call is one hook call in progress.
type call struct {
	params Params
	env    environ
	start  time.Time
	cfg    *config.Config // set by run
	event  event
	undone bool // it needs params.Far

	tree <-chan memory.WorkingTree // set at the start of a session
}

// lookAt begins to look at the working tree that a session starts in, while the
// daemon is found or started.
func lookAt(ctx context.Context, dir string) <-chan memory.WorkingTree {
	found := make(chan memory.WorkingTree, 1)
	go func() { found <- project.LookAt(ctx, dir) }()
	return found
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
	if c.params.Far == nil && far(cmp.Or(c.cfg.String(config.ServerURL), config.BaseURL(c.cfg.String(config.ServerHost), 0))) {
		c.undone = true
		return nil
	}
	payload, err := c.read(h)
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
	if record.Want.Session {
		c.tree = lookAt(ctx, cmp.Or(h.projectDir(c.env), ev.cwd))
	}
	text := c.deliver(ctx, record)
	if text == "" {
		return nil
	}
	return h.answer(ev, text)
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
