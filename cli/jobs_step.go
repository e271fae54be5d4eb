package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"claude-mem/client"
	"claude-mem/memory"
)

// Values of jobStep.Outcome.
const (
	stepRequeued  = "requeued"
	stepQueued    = "already queued"
	stepCancelled = "cancelled"
	stepWas       = "already cancelled"
	stepRefused   = "refused"
)

// jobStep is what became of one job, in the words of `jobs retry --json`.
type jobStep struct {
	ID           string           `json:"id"`
	Action       string           `json:"action"` // retry | cancel
	Outcome      string           `json:"outcome"`
	Status       memory.JobStatus `json:"status,omitempty"`
	Attempts     int              `json:"attempts"`
	RetriedCount int              `json:"retriedCount,omitempty"`
	Error        string           `json:"error,omitempty"` // why it was refused
}

func (c *console) jobsRetryCommand() *cobra.Command {
	var (
		f              jobScope
		failed, asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "retry [ID…]",
		Short: "Put failed or cancelled jobs back to queued",
		Long: "Puts failed or cancelled jobs back to queued, with no attempts used. One that waits\n" +
			"already is left as it is; one in progress or completed is refused.",
		Example: "  claude-mem server jobs retry 0195f0e2-7c1b-7000-8000-3b1f2d4c5e6f\n  claude-mem server jobs retry --failed --project api",
		RunE: func(cmd *cobra.Command, ids []string) error {
			if failed == (len(ids) > 0) {
				return badUsage(cmd, "name the jobs by id, or mean all that failed with --failed")
			}
			cl, err := f.open(cmd, c)
			if err != nil {
				return err
			}
			if failed {
				if ids, err = f.failedIDs(cmd.Context(), cl); err != nil {
					return err
				}
			}
			steps, err := jobSteps{f, cl, retryJob}.run(cmd.Context(), ids)
			return errors.Join(c.stepped(asJSON, steps), err)
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&failed, "failed", false, "all that failed")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func (c *console) jobsCancelCommand() *cobra.Command {
	var (
		f      jobScope
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "cancel ID…",
		Short: "Make sure that nothing more comes of jobs",
		Long: "Cancels jobs, also those in progress: their worker writes nothing any more. A completed\n" +
			"one is refused.",
		Example: "  claude-mem server jobs cancel 0195f0e2-7c1b-7000-8000-3b1f2d4c5e6f",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, ids []string) error {
			cl, err := f.open(cmd, c)
			if err != nil {
				return err
			}
			steps, err := jobSteps{f, cl, cancelJob}.run(cmd.Context(), ids)
			return errors.Join(c.stepped(asJSON, steps), err)
		},
	}
	f.register(cmd)
	jsonFlag(cmd, &asJSON)
	return cmd
}

// failedIDs lists all jobs of the scope that failed, before any of them is touched:
// the list changes under whoever puts them back.
func (f *jobScope) failedIDs(ctx context.Context, cl *client.Client) (ids []string, err error) {
	filter := client.JobFilter{Status: memory.JobFailed, Limit: 200}
	for {
		list, err := f.list(ctx, cl, filter)
		if err != nil {
			return nil, err
		}
		for _, j := range list.Jobs {
			ids = append(ids, j.ID)
		}
		if len(list.Jobs) < filter.Limit {
			return ids, nil
		}
		filter.Offset += filter.Limit
	}
}

// jobSteps does the same to every one of some jobs.
type jobSteps struct {
	scope jobScope
	cl    *client.Client
	do    func(ctx context.Context, cl *client.Client, id string) (jobStep, error)
}

// run tells what became of each. What is refused does not keep the others from it.
func (j jobSteps) run(ctx context.Context, ids []string) ([]jobStep, error) {
	steps := make([]jobStep, 0, len(ids))
	for _, id := range ids {
		err := j.scope.holds(ctx, j.cl, id)
		var s jobStep
		if err == nil {
			s, err = j.do(ctx, j.cl, id)
		}
		switch {
		case errors.Is(err, memory.ErrNotFound), errors.Is(err, memory.ErrConflict):
			s.Outcome, s.Error = stepRefused, err.Error()
		case err != nil:
			return steps, err
		}
		s.ID = id
		steps = append(steps, s)
	}
	return steps, nil
}

// stepped prints the steps; it fails if one of them was refused.
func (c *console) stepped(asJSON bool, steps []jobStep) error {
	err := c.print(asJSON, steps, func(s screen) {
		for _, one := range steps {
			s.jobStep(one)
		}
		if len(steps) == 0 {
			s.printf("No job has failed.\n")
		}
	})
	if err == nil && slices.ContainsFunc(steps, func(s jobStep) bool { return s.Outcome == stepRefused }) {
		err = errReported
	}
	return err
}

func (s screen) jobStep(j jobStep) {
	if j.Outcome == stepRefused {
		s.printf("%s  %s\n", clean(j.ID), s.paint(red, clean(j.Error)))
		return
	}
	s.printf("%s  %s\n", clean(j.ID), j.Outcome)
}

func retryJob(ctx context.Context, cl *client.Client, id string) (jobStep, error) {
	out, err := cl.RetryJob(ctx, id)
	s := jobStep{Action: "retry", Outcome: stepRequeued, Status: out.GenerationJob.Status, Attempts: out.GenerationJob.Attempts, RetriedCount: out.RetriedCount}
	if out.AlreadyQueued {
		s.Outcome = stepQueued
	}
	return s, err
}

func cancelJob(ctx context.Context, cl *client.Client, id string) (jobStep, error) {
	out, err := cl.CancelJob(ctx, id)
	s := jobStep{Action: "cancel", Outcome: stepCancelled, Status: out.GenerationJob.Status, Attempts: out.GenerationJob.Attempts}
	if out.AlreadyCancelled {
		s.Outcome = stepWas
	}
	return s, err
}

// divergence names what the queue and the store see differently. A moment lies
// between the two counts, so a busy server may show a little of it.
func (s screen) divergence(stats client.Stats) {
	held := make(map[memory.Lane]int64, len(stats.Transport))
	for _, t := range stats.Transport {
		held[t.Lane] = t.Waiting + t.Active
	}
	for _, l := range stats.Lanes {
		n, known := held[l.Lane]
		switch owed := l.Queued + l.Processing; {
		case !known:
		case owed > n:
			s.printf("%s\n", s.paint(yellow, fmt.Sprintf("lane %s: %d jobs are owed and the queue holds %d messages; a worker announces the others again", l.Lane, owed, n)))
		case owed < n:
			s.printf("%s\n", s.paint(dim, fmt.Sprintf("lane %s: the queue holds %d messages for %d jobs that are owed; the others are dropped as they come", l.Lane, n, owed)))
		}
	}
}
