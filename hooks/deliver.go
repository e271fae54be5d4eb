package hooks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"claude-mem/internal/config"
	"claude-mem/internal/instance"
	"claude-mem/memory"
)

// pollEvery is how often a session start looks whether the daemon is there yet.
const pollEvery = 5 * time.Millisecond

// deliver hands the record to the server and returns the text it answers with. A
// record that is not acknowledged is spooled, and a daemon that does not run is
// started. Only the start of a session waits for that: what the daemon knows is
// wanted there and then.
func (c *call) deliver(ctx context.Context, r memory.HookRecord) string {
	patient := c.event.kind == kindSessionStart
	target, up := c.server()
	if !up && patient {
		target, up = c.await(ctx)
	}
	if up {
		if c.tree != nil {
			tree := <-c.tree // soon: what it takes is bounded
			r.Want.Tree = &tree
		}
		answer, err := c.send(ctx, target, r, patient)
		if err == nil {
			c.debug("delivered", "")
			c.back()
			c.forward(ctx, target)
			return answer.Context
		}
		c.debug("failed", err.Error())
		c.keep(r, err)
		c.away(err)
		return ""
	}
	c.keep(r, nil)
	// After the record is safe; whoever asked for a context only is not worth it.
	if !patient && stores(r) {
		c.startDaemon()
	}
	return ""
}

// server returns where to send. Unless a server is configured, that is the daemon
// of this profile, if one listens.
func (c *call) server() (url string, up bool) {
	if url := c.cfg.String(config.ServerURL); url != "" {
		return url, true
	}
	find := c.params.find
	if find == nil {
		find = instance.Find
	}
	state, running, err := find(c.cfg.Dirs)
	if err != nil {
		c.debug("daemon", err.Error())
	}
	if !running || !state.Listening() {
		return "", false
	}
	return state.URL(), true
}

// await starts the daemon and waits until it listens or ctx is done.
func (c *call) await(ctx context.Context) (url string, up bool) {
	started := c.startDaemon()
	for {
		select {
		case <-ctx.Done():
			return "", false
		case <-time.After(pollEvery):
		}
		if url, up := c.server(); up {
			// A daemon that started for the first time has only now written the key.
			if cfg, err := config.Load(config.Options{Environ: c.params.Environ}); err == nil {
				c.cfg = cfg
			}
			return url, true
		}
		if !started {
			return "", false
		}
	}
}

// startDaemon starts a daemon and does not wait for it. false means that there is none
// to wait for, because the program could not be started.
func (c *call) startDaemon() bool {
	spawn := c.params.spawn
	if spawn == nil {
		spawn = func(dirs config.Dirs) error {
			exe, err := os.Executable()
			if err != nil {
				return err
			}
			_, err = instance.Spawn(dirs, instance.Program(exe), c.params.Environ)
			return err
		}
	}
	err := spawn(c.cfg.Dirs)
	if err != nil {
		c.debug("daemon", err.Error())
	}
	return err == nil
}

// send makes the one request. At the start of a session a server that is not ready
// is asked again: nothing is written twice by that.
func (c *call) send(ctx context.Context, url string, r memory.HookRecord, patient bool) (memory.HookAnswer, error) {
	to := post
	if far(url) {
		if to = c.params.Far; to == nil { // a daemon at an address that its settings do not tell
			to = nowhere
		}
	}
	for {
		answer, err := to(ctx, url, c.cfg.String(config.ServerAPIKey), r)
		if err == nil || !patient || !errors.Is(err, memory.ErrUnavailable) || ctx.Err() != nil {
			return answer, err
		}
		select {
		case <-ctx.Done():
			return answer, err
		case <-time.After(pollEvery):
		}
	}
}

// nowhere is a Sender for want of one.
func nowhere(_ context.Context, url, _ string, _ memory.HookRecord) (memory.HookAnswer, error) {
	return memory.HookAnswer{}, memory.Errorf(memory.CodeUnavailable, "%s takes a program that can look it up", url)
}

// far reports whether the server takes more than [post] can do: TLS, or the look-up of
// a name. What is no address at all is for post to refuse.
func far(url string) bool {
	if strings.HasPrefix(url, "http://") {
		host, _ := splitBase(url)
		return host != "" && !near(host)
	}
	return strings.HasPrefix(strings.ToLower(url), "https:")
}

// stores reports whether the record tells anything, rather than only asks.
func stores(r memory.HookRecord) bool { return r.Event != nil || r.Summarize || r.EndSession }

// keep puts a record that was not acknowledged on disk. cause is why; nil means
// that nobody was there.
func (c *call) keep(r memory.HookRecord, cause error) {
	if !stores(r) {
		return
	}
	r.Want = memory.HookContext{} // nobody will be there to be told
	s := c.spool()
	var err error
	if wrong(cause) {
		err = s.Reject(r, cause.Error())
	} else {
		err = s.Append(r)
	}
	if err != nil {
		c.debug("spool", err.Error())
		return
	}
	c.debug("spooled", fmt.Sprint(cause))
}

// wrong reports whether the server calls the record itself wrong, so that telling
// it again is of no use. A key that is refused is not: somebody may mend it.
func wrong(err error) bool {
	switch memory.CodeOf(err) {
	case memory.CodeValidation, memory.CodeBadRequest, memory.CodeNotFound, memory.CodeConflict, memory.CodeTooLarge:
		return err != nil
	}
	return false
}
