package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"claude-mem/client"
	"claude-mem/hooks"
	"claude-mem/internal/config"
	"claude-mem/internal/project"
	"claude-mem/memory"
)

func (c *console) replayCommand() *cobra.Command {
	var (
		name         string
		wait, asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "replay FILE…",
		Short: "Feed recorded hook events through the hooks",
		Long: "Feeds recorded streams of hook events, one JSON object per line as an agent hands them\n" +
			"to a hook, through the same code as live ones; - is standard input. They are filed\n" +
			"under --project, else under the repository of the recorded folder if that is on this\n" +
			"machine, else under the project of the current folder. A recording may be replayed\n" +
			"again, also after an interruption: nothing is stored twice. Exits 1 when an event\n" +
			"was refused or the books do not close.",
		Example: "  claude-mem replay session.jsonl\n" +
			"  claude-mem replay --project api recordings/*.jsonl\n" +
			"  zcat old.jsonl.gz | claude-mem replay -",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			files, err := recordings(args, c.in)
			if err != nil {
				return err
			}
			r, err := c.newReplay(cmd.Context(), name)
			if err != nil {
				return err
			}
			if err := r.run(cmd.Context(), files); err != nil {
				return err
			}
			if wait {
				if err := r.settle(cmd.Context()); err != nil {
					return err
				}
			}
			if err := r.addUp(cmd.Context()); err != nil {
				return err
			}
			if err := c.print(asJSON, r.report, r.report.print); err != nil {
				return err
			}
			if !r.report.good() {
				return errReported
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&name, "project", "p", "", "file everything under this project")
	cmd.Flags().BoolVar(&wait, "wait", true, "wait until the memories that are owed are written")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// replay sends recorded events in order and keeps count of what became of them.
type replay struct {
	c       *console
	cl      *client.Client
	cfg     *config.Config
	name    string // --project; "" chooses by the recording
	here    string // the current folder's project
	decoder *hooks.Decoder
	folders map[string]project.Identity // by recorded folder
	before  map[string]memory.Books     // by project name, as they stood at its first event
	report  replayReport
}

func (c *console) newReplay(ctx context.Context, name string) (*replay, error) {
	cfg, err := c.settings()
	if err != nil {
		return nil, err
	}
	here, err := currentProject(cfg)
	if err != nil {
		return nil, err
	}
	cl, err := c.connectWith(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if name != "" {
		if name, err = nameOf(ctx, cl, name); err != nil {
			return nil, err
		}
	}
	r := &replay{
		c: c, cl: cl, cfg: cfg, name: name, here: here,
		folders: map[string]project.Identity{}, before: map[string]memory.Books{},
		report: replayReport{Skipped: map[string]int{}},
	}
	r.decoder, err = hooks.NewDecoder(hooks.DecoderOptions{Agent: hooks.ClaudeCode, Config: cfg, Resolve: r.projectOf})
	return r, err
}

// nameOf completes what --project says to the name of a project that is there, or
// of the repository at that path; else it names a new project.
func nameOf(ctx context.Context, cl *client.Client, asked string) (string, error) {
	projects, err := cl.Projects(ctx)
	if err != nil {
		return "", err
	}
	p, err := pick(projects, asked, "")
	switch {
	case err == nil:
		return p.Name, nil
	case !errors.Is(err, memory.ErrNotFound):
		return "", err
	case isPath(asked):
		return project.Resolve(project.Input{CWD: asked}).Name, nil
	}
	return asked, nil
}

// projectOf chooses the project of an event that was recorded in a folder.
func (r *replay) projectOf(cwd string) project.Identity {
	if id, ok := r.folders[cwd]; ok {
		return id
	}
	id := project.Resolve(project.Input{Override: r.cfg.String(config.ServerProjectID), CWD: cwd})
	switch {
	case r.name != "":
		id.Name = r.name
	case !isPath(cwd):
		id.Name = r.here
	}
	r.folders[cwd] = id
	return id
}

// run sends all recordings.
func (r *replay) run(ctx context.Context, files []recording) error {
	p := newProgress(r.c.err, totalSize(files), "replaying")
	defer p.done()
	var done int64
	for i, f := range files {
		p.label(f.name)
		sent := r.report.Events
		err := f.each(func(line []byte, number int, read int64) error {
			p.to(done + read)
			p.mentionSometimes("%s: line %d", f.name, number)
			return r.line(ctx, line)
		})
		if err != nil {
			return fmt.Errorf("%w; run the same command again to go on: nothing is stored twice", err)
		}
		done += max(f.size, 0)
		p.mention("[%d/%d] %s: %d events", i+1, len(files), f.name, r.report.Events-sent)
	}
	return nil
}

// line sends one event. What the server refuses is counted and does not stop the
// replay; a server that is gone does.
func (r *replay) line(ctx context.Context, line []byte) error {
	r.report.Lines++
	record, reason, err := r.decoder.Decode(line)
	if err != nil {
		r.report.refuse(err)
		return nil
	}
	if reason != "" {
		r.report.Skipped[reason]++
		return nil
	}
	if _, seen := r.before[record.Project]; !seen {
		if r.before[record.Project], err = r.books(ctx, record.Project); err != nil {
			return err
		}
		r.report.Projects = append(r.report.Projects, record.Project)
	}
	answer, err := r.cl.Hook(ctx, record)
	switch {
	case err == nil:
		r.report.count(record, answer)
	case refused(err):
		r.report.refuse(err)
	default:
		return err
	}
	return nil
}

// refused reports whether the fault is the record's own.
func refused(err error) bool {
	switch memory.CodeOf(err) {
	case memory.CodeValidation, memory.CodeBadRequest, memory.CodeTooLarge, memory.CodeConflict:
		return true
	}
	return false
}

// books is the account of the project, or of all that a key bound to one reaches.
func (r *replay) books(ctx context.Context, name string) (memory.Books, error) {
	stats, err := r.cl.Stats(ctx, name)
	if errors.Is(err, memory.ErrForbidden) {
		stats, err = r.cl.Stats(ctx, "")
	}
	return stats.Books, err
}

const (
	// settleEvery is how often to ask how much is still owed.
	settleEvery = 150 * time.Millisecond
	// settlePatience is how long nothing may change before waiting is given up.
	settlePatience = time.Minute
)

// settle waits until nothing is owed any more in the projects of the replay.
func (r *replay) settle(ctx context.Context) error {
	owed, err := r.owed(ctx)
	if err != nil || owed == 0 {
		return err
	}
	p := newProgress(r.c.err, owed, "writing memories")
	defer p.done()
	total, changed := owed, time.Now()
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		now, err := r.owed(ctx)
		if err != nil || now == 0 {
			return err
		}
		if now != owed {
			owed, changed = now, time.Now()
		}
		if time.Since(changed) > settlePatience {
			return fmt.Errorf("%d memories are still owed and none was written for %s; `claude-mem status` says why", owed, settlePatience)
		}
		total = max(total, owed)
		p.to(total - owed)
		p.mentionSometimes("%d memories are still to be written", owed)
	}
}

// owed is how many jobs of the replay's projects are open.
func (r *replay) owed(ctx context.Context) (int64, error) {
	var n int64
	for _, name := range r.report.Projects {
		books, err := r.books(ctx, name)
		if err != nil {
			return 0, err
		}
		n += books.Queued + books.Processing
	}
	return n, nil
}

// addUp counts what became of the jobs since the replay began.
func (r *replay) addUp(ctx context.Context) error {
	r.report.Closed = true
	for _, name := range r.report.Projects {
		now, err := r.books(ctx, name)
		if err != nil {
			return err
		}
		r.report.Closed = r.report.Closed && now.Closed()
		r.report.Jobs.add(now, r.before[name])
	}
	return nil
}
