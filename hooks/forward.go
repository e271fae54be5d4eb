package hooks

import (
	"context"
	"fmt"
	"time"

	"claude-mem/hooks/spool"
	"claude-mem/internal/config"
	"claude-mem/memory"
)

// spool is where the records for the server wait, each server's apart.
func (c *call) spool() *spool.Spool {
	return spool.For(c.cfg.Dirs.Spool(), c.cfg.String(config.ServerURL))
}

// away notes that the configured server did not take a record, for a reason that
// may pass. An outage is one line in the log, whatever happens during it.
func (c *call) away(cause error) {
	url := c.cfg.String(config.ServerURL)
	if url == "" || wrong(cause) {
		return
	}
	first, err := c.spool().Away()
	if err != nil {
		c.debug("spool", err.Error())
	}
	if first {
		c.log("warn", "server away", cause.Error()+"; what happens until it answers is kept in the spool")
	}
}

// back notes that the configured server took a record.
func (c *call) back() {
	if url := c.cfg.String(config.ServerURL); url != "" && c.spool().Back() {
		c.log("info", "server back", url)
	}
}

// forwardFor is how long a hook goes on beginning to forward one more record.
const forwardFor = 50 * time.Millisecond

// forward tells a configured server, which has just answered, a few of the records
// that wait for it: it cannot read our disk as a local daemon does.
func (c *call) forward(ctx context.Context, url string) {
	if c.cfg.String(config.ServerURL) == "" {
		return
	}
	soon, cancel := context.WithTimeout(ctx, forwardFor)
	defer cancel()
	taken, err := c.spool().Forward(soon, func(r memory.HookRecord) (rejected, err error) {
		if _, err = c.send(ctx, url, r, false); wrong(err) {
			return err, nil
		}
		return nil, err
	})
	if err != nil {
		c.debug("forward", err.Error())
	}
	if taken > 0 {
		c.debug("forwarded", fmt.Sprint(taken))
	}
}
