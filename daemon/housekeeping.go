package daemon

import (
	"context"
	"time"

	"claude-mem/internal/config"
	"claude-mem/memory"
	"claude-mem/storage"
)

const (
	// tidyEvery is how often it is looked for what is too old to be kept.
	tidyEvery = time.Hour
	// tidyRows is how many rows one transaction removes: others wait for it.
	tidyRows = 500
	// tidyTeams is how many teams are listed at once.
	tidyTeams = 100
)

// tidy removes what is too old to be kept, now and then, until ctx is done. Each
// server of a team does: whoever comes second finds less to do, or nothing.
func (p *parts) tidy(ctx context.Context, cfg *Config) {
	keep := time.Duration(cfg.Int(config.AuditRetention)) * 24 * time.Hour
	if keep == 0 {
		return
	}
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		n, err := dropAudit(ctx, p.store, memory.Now().Add(-keep))
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			p.log.Warn("the audit log cannot be shortened; it is tried again", "in", tidyEvery, "err", err)
		case n > 0:
			p.log.Info("what was too old is gone from the audit log", "entries", n)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// dropAudit removes the entries of all teams that were made before a time, a few in
// each transaction, and says how many.
func dropAudit(ctx context.Context, store storage.Store, before memory.Epoch) (total int64, err error) {
	for last := ""; ; {
		teams, err := store.TeamsAfter(ctx, last, tidyTeams)
		if err != nil {
			return total, err
		}
		for _, t := range teams {
			last = t.ID
			for n := int64(tidyRows); n == tidyRows; total += n {
				err := store.InTx(ctx, func(tx storage.Tx) (err error) {
					n, err = tx.DropAudit(ctx, memory.Scope{TeamID: t.ID}, before, tidyRows)
					return err
				})
				if err != nil {
					return total, err
				}
			}
		}
		if len(teams) < tidyTeams {
			return total, nil
		}
	}
}
