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
	// tidyWords is how many words one transaction looks at, some microseconds each.
	tidyWords = 200
	// tidyTeams is how many teams, or projects of one, are listed at once.
	tidyTeams = 100
)

// tidy removes what is too old to be kept and what is of no use any more, now and then,
// until ctx is done. Each server of a team does: whoever comes second finds less to do, or
// nothing.
func (p *parts) tidy(ctx context.Context, cfg *Config) {
	keep := time.Duration(cfg.Int(config.AuditRetention)) * 24 * time.Hour
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		if keep > 0 {
			n, err := dropAudit(ctx, p.store, memory.Now().Add(-keep))
			p.tidied(ctx, "audit log", n, err)
		}
		n, err := dropWords(ctx, p.store)
		p.tidied(ctx, "words that no memory holds", n, err)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// tidied tells of what was removed, or why not.
func (p *parts) tidied(ctx context.Context, what string, n int64, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil:
		p.log.Warn("what is not kept any more cannot be removed; it is tried again", "what", what, "in", tidyEvery, "err", err)
	case n > 0:
		p.log.Info("what is not kept any more was removed", "what", what, "rows", n)
	}
}

// dropAudit removes the entries of all teams that were made before a time, a few in
// each transaction, and says how many.
func dropAudit(ctx context.Context, store storage.Store, before memory.Epoch) (total int64, err error) {
	err = eachTeam(ctx, store, func(team memory.Scope) error {
		for n := int64(tidyRows); n == tidyRows; total += n {
			err := store.InTx(ctx, func(tx storage.Tx) (err error) {
				n, err = tx.DropAudit(ctx, team, before, tidyRows)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return total, err
}

// dropWords removes the words of all projects that no observation holds any more, looking
// at a few in each transaction, and says how many.
func dropWords(ctx context.Context, store storage.Store) (total int64, err error) {
	err = eachTeam(ctx, store, func(team memory.Scope) error {
		for page := (storage.Page{Limit: tidyTeams}); ; page.Offset += page.Limit {
			projects, err := store.Projects(ctx, team, page)
			if err != nil {
				return err
			}
			for _, project := range projects {
				n, err := dropWordsOf(ctx, store, team, project.ID)
				total += n
				if err != nil {
					return err
				}
			}
			if len(projects) < page.Limit {
				return nil
			}
		}
	})
	return total, err
}

func dropWordsOf(ctx context.Context, store storage.Store, team memory.Scope, projectID string) (total int64, err error) {
	for last := ""; ; {
		var n int64
		after := last
		err := store.InTx(ctx, func(tx storage.Tx) (err error) {
			last, n, err = tx.DropWords(ctx, team, projectID, after, tidyWords)
			return err
		})
		total += n
		if err != nil || last == "" {
			return total, err
		}
	}
}

// eachTeam calls fn for every team.
func eachTeam(ctx context.Context, store storage.Store, fn func(team memory.Scope) error) error {
	for last := ""; ; {
		teams, err := store.TeamsAfter(ctx, last, tidyTeams)
		if err != nil {
			return err
		}
		for _, t := range teams {
			last = t.ID
			if err := fn(memory.Scope{TeamID: t.ID}); err != nil {
				return err
			}
		}
		if len(teams) < tidyTeams {
			return nil
		}
	}
}
