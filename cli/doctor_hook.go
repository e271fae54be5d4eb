package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/memory"
)

const (
	// slowHook is when a person begins to notice that hooks are there.
	slowHook = 150 * time.Millisecond
	// hookWithin bounds the trial.
	hookWithin = 5 * time.Second
)

// checkRoundTrip times what an agent waits for at every tool call: the start of a
// hook, and its request. Nothing is stored: the hook gets an event that nobody
// records, and the request tells nothing of a session that is there already.
func (d *doctor) checkRoundTrip(ctx context.Context) {
	if d.cl == nil {
		return
	}
	if d.cfg.String(config.ServerDatabaseURL) != "" && d.cfg.String(config.ServerAPIKey) == "" {
		d.report("hook", suspect, "there is no key in the settings; a team's server needs none, hooks and commands on this machine do",
			"claude-mem server api-key create, and set "+config.ServerAPIKey)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, hookWithin)
	defer cancel()
	start, err := d.timeHook(ctx)
	if err != nil {
		d.report("hook", wrong, oneLine(err), "install claude-mem again: ./install.sh")
		return
	}
	request, err := d.timeRequest(ctx)
	switch {
	case errors.Is(err, memory.ErrUnauthorized), errors.Is(err, memory.ErrForbidden):
		d.report("hook", wrong, "the server refuses the key in the settings: "+oneLine(err),
			"check "+config.ServerAPIKey+" ("+d.cfg.Origin(config.ServerAPIKey).String()+"); without it, claude-mem restart mints a new one")
		return
	case err != nil:
		d.report("hook", wrong, oneLine(err), "claude-mem restart")
		return
	}
	detail := fmt.Sprintf("%s to start and %s for its request", round(start), round(request))
	if start+request > slowHook {
		d.report("hook", suspect, detail+"; an agent waits for that at every tool call", "look for what slows the start of programs, such as a virus scanner")
		return
	}
	d.ok("hook", detail)
}

func round(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

// timeHook runs one hook as the host does.
func (d *doctor) timeHook(ctx context.Context) (time.Duration, error) {
	exe, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("find this program: %w", err)
	}
	var stderr bytes.Buffer
	program, _ := hookProgram(exe) // what is wrong with it is said of the binary
	cmd := exec.CommandContext(ctx, cmp.Or(program, exe), "hook", "claude-code")
	cmd.Stdin = strings.NewReader(`{"hook_event_name":"Notification","session_id":"claude-mem-doctor","cwd":"/"}`)
	cmd.Stderr = &stderr
	if d.c.dataDir != "" {
		cmd.Env = append(os.Environ(), config.DataDir+"="+d.cfg.Dirs.Data)
	}
	began := time.Now()
	out, err := cmd.Output()
	took := time.Since(began)
	switch {
	case err != nil:
		return took, fmt.Errorf("the hook failed, which it never may: %w", err)
	case len(out) > 0 || stderr.Len() > 0:
		return took, errors.New("the hook printed something where it has nothing to say")
	}
	return took, nil
}

// timeRequest tells the server of a session that it knows, or just counts where
// there is none.
func (d *doctor) timeRequest(ctx context.Context) (time.Duration, error) {
	record, found, err := knownSession(ctx, d.cl)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if found {
		_, err = d.cl.Hook(ctx, record)
	} else {
		_, err = d.cl.Stats(ctx, "")
	}
	return time.Since(began), err
}

// knownSession is a record without an event, of the newest session there is.
func knownSession(ctx context.Context, cl *client.Client) (r memory.HookRecord, found bool, err error) {
	projects, err := cl.Projects(ctx)
	if err != nil {
		return r, false, err
	}
	for _, p := range projects {
		sessions, err := cl.Sessions(ctx, p.ID, 1, 0)
		if err != nil {
			return r, false, err
		}
		if len(sessions) == 0 || sessions[0].ExternalSessionID == "" {
			continue
		}
		return memory.HookRecord{
			Project: p.ID, SessionID: string(sessions[0].ExternalSessionID),
			PlatformSource: string(sessions[0].PlatformSource), OccurredAt: sessions[0].StartedAt,
		}, true, nil
	}
	return r, false, nil
}
