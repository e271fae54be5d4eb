package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/memory"
)

const (
	// lookIndexed is how often to look how far indexing has come.
	lookIndexed = 200 * time.Millisecond
	// stuckFor is how long nothing may come of it until waiting is given up.
	stuckFor = time.Minute
)

func (c *console) reindexCommand() *cobra.Command {
	var (
		f      projectFlag
		wait   bool
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "reindex",
		Short: "Make older memories findable by meaning",
		Long: "Has the embedding model of CLAUDE_MEM_EMBEDDINGS_URL read the memories of a project that it\n" +
			"has not read yet, so that searches find them by meaning, too. What is written from now on it\n" +
			"reads by itself. The daemon does it; to interrupt this command only ends the waiting.",
		Example: "  claude-mem reindex\n  claude-mem reindex --project api --wait=false",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := c.openProject(cmd.Context(), f)
			if err != nil {
				return err
			}
			done, err := p.Reindex(cmd.Context(), p.ID)
			if err == nil && done.Model == "" {
				err = memory.Errorf(memory.CodeConflict, "the server has no embedding model; set %s and %s where it runs, and restart it",
					config.EmbeddingsURL, config.EmbeddingsModel)
			}
			if err == nil && wait {
				done, err = c.awaitIndexed(cmd.Context(), p, done)
			}
			if err != nil {
				return err
			}
			return c.print(asJSON, done, func(s screen) {
				s.printf("%d of %d memories of %s can be found by meaning (%s).\n", done.Indexed, done.Observations, clean(p.Name), clean(done.Model))
				if done.Result != "" && done.Indexed < done.Observations {
					s.text(0, "The run: "+done.Result)
				}
			})
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&wait, "wait", true, "wait until it is done")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// awaitIndexed shows how far it has come until all is done or nothing more comes.
func (c *console) awaitIndexed(ctx context.Context, p openedProject, now client.Reindexed) (client.Reindexed, error) {
	bar := newProgress(c.err, now.Observations, "reindex")
	defer bar.done()
	tick := time.NewTicker(lookIndexed)
	defer tick.Stop()
	for moved := time.Now(); now.Indexed < now.Observations; {
		select {
		case <-ctx.Done():
			return now, ctx.Err()
		case <-tick.C:
		}
		next, err := p.Indexed(ctx, p.ID)
		if err != nil {
			return now, err
		}
		if next.Indexed > now.Indexed {
			moved = time.Now()
		}
		now = next
		switch {
		case now.Job == memory.JobFailed && now.Indexed < now.Observations:
			return now, memory.Errorf(memory.CodeUnavailable, "%d of %d are done, and the run failed: %s", now.Indexed, now.Observations, now.Result)
		case now.Indexed >= now.Observations || now.Job.Terminal():
			return now, nil
		case now.Waiting != "":
			return now, memory.Errorf(memory.CodeUnavailable, "%d of %d are done; it waits, and goes on by itself: %s",
				now.Indexed, now.Observations, now.Waiting)
		case time.Since(moved) > stuckFor:
			return now, memory.Errorf(memory.CodeUnavailable,
				"%d of %d are done and no more comes: `claude-mem server jobs failed` and the log say why", now.Indexed, now.Observations)
		}
		bar.to(now.Indexed)
	}
	return now, nil
}
