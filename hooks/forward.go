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
