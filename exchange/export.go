package exchange

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"claude-mem/internal/version"
	"claude-mem/memory"
	"claude-mem/storage"
)

// pageRows is how many rows are held at a time: an event may be large.
const pageRows = 100

// Source is what an export reads: a view of a store, see storage.Store.View.
type Source interface {
	storage.ExchangeReader
	Team(ctx context.Context, id string) (memory.Team, error)
	Books(ctx context.Context, s memory.Scope) (memory.Books, error)
	Counts(ctx context.Context, s memory.Scope) (memory.Counts, error)
	Jobs(ctx context.Context, s memory.Scope, f storage.JobFilter, p storage.Page) ([]memory.Job, int64, error)
}

// ExportOptions say what to export.
type ExportOptions struct {
	// Project is the id or name of the only project to export, or the end of its name
	// where that is a path; "" means all there is.
	Project string
	// Progress, if set, is called now and then with how many rows of about how many are written.
	Progress func(done, total int64)
}

// exporter writes one file.
type exporter struct {
	src    Source
	enc    *json.Encoder
	notify func(done, total int64)
	total  int64 // about
	counts Counts
}

// Export writes what the source holds and returns how much that is.
func Export(ctx context.Context, src Source, w io.Writer, o ExportOptions) (Counts, error) {
	out := bufio.NewWriterSize(w, 1<<16)
	ex := &exporter{src: src, enc: json.NewEncoder(out), notify: o.Progress}
	ex.enc.SetEscapeHTML(false)
	if ex.notify == nil {
		ex.notify = func(int64, int64) {}
	}
	scopes, err := scopesOf(ctx, src, o.Project)
	if err != nil {
		return Counts{}, err
	}
	h := Header{Format: Format, Version: Version, Product: version.String(), CreatedAt: memory.Now()}
	if o.Project != "" {
		h.Project = memory.Opt(scopes[0].ProjectID)
	}
	if err := ex.write(line{Header: &h}); err != nil {
		return Counts{}, err
	}
	if err := ex.estimate(ctx, scopes); err != nil {
		return Counts{}, err
	}
	for _, s := range scopes {
		if err := ex.tenant(ctx, s); err != nil {
			return Counts{}, err
		}
	}
	if err := ex.write(line{End: &End{ex.counts}}); err != nil {
		return Counts{}, err
	}
	if err := out.Flush(); err != nil {
		return Counts{}, fmt.Errorf("write the export: %w", err)
	}
	return ex.counts, nil
}

func (ex *exporter) write(l line) error {
	if err := ex.enc.Encode(l); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return nil
}

// estimate counts what is to be written.
func (ex *exporter) estimate(ctx context.Context, scopes []memory.Scope) error {
	for _, s := range scopes {
		c, err := ex.src.Counts(ctx, s)
		if err != nil {
			return err
		}
		b, err := ex.src.Books(ctx, s)
		if err != nil {
			return err
		}
		_, jobs, err := ex.src.Jobs(ctx, s, storage.JobFilter{}, storage.Page{Limit: 1})
		if err != nil {
			return err
		}
		ex.total += 1 + c.Projects + c.Sessions + c.Events + jobs + b.Observations
	}
	return nil
}

// tenant writes all of a scope. What a row belongs to comes before it.
func (ex *exporter) tenant(ctx context.Context, s memory.Scope) error {
	if err := ex.tenantRows(ctx, s); err != nil {
		return err
	}
	err := walk("", func(after string) ([]memory.Session, error) { return ex.src.SessionsAfter(ctx, s, after, pageRows) },
		func(row memory.Session) string { return row.ID },
		func(rows []memory.Session) error { return each(ex, rows, &ex.counts.Sessions, sessionLine) })
	if err != nil {
		return err
	}
	err = walk("", func(after string) ([]memory.Event, error) { return ex.src.EventsAfter(ctx, s, after, pageRows) },
		func(row memory.Event) string { return row.ID },
		func(rows []memory.Event) error { return each(ex, rows, &ex.counts.Events, eventLine) })
	if err != nil {
		return err
	}
	err = walk("", func(after string) ([]memory.Job, error) { return ex.src.JobsAfter(ctx, s, after, pageRows) },
		func(row memory.Job) string { return row.ID },
		func(rows []memory.Job) error { return ex.jobs(ctx, s, rows) })
	if err != nil {
		return err
	}
	return walk(0, func(after int64) ([]memory.Observation, error) {
		return ex.src.ObservationsAfter(ctx, s, after, pageRows)
	}, func(row memory.Observation) int64 { return row.Number },
		func(rows []memory.Observation) error { return ex.observations(ctx, s, rows) })
}

// tenantRows writes the team and its projects.
func (ex *exporter) tenantRows(ctx context.Context, s memory.Scope) error {
	t, err := ex.src.Team(ctx, s.TeamID)
	if err != nil {
		return err
	}
	ex.counts.Teams++
	if err := ex.write(line{Team: &t}); err != nil {
		return err
	}
	return projects(ctx, ex.src, s, func(p memory.Project) error {
		ex.counts.Projects++
		return ex.write(line{Project: &p})
	})
}

// jobs writes jobs, except those that make vectors.
func (ex *exporter) jobs(ctx context.Context, s memory.Scope, rows []memory.Job) error {
	var batches []string
	for _, j := range rows {
		if j.Kind == memory.KindBatch {
			batches = append(batches, j.ID)
		}
	}
	members := map[string][]storage.BatchMember{}
	if len(batches) > 0 {
		all, err := ex.src.BatchMembers(ctx, s, batches)
		if err != nil {
			return err
		}
		for _, m := range all {
			members[m.JobID] = append(members[m.JobID], m)
		}
	}
	for _, j := range rows {
		if j.Kind == memory.KindReindex {
			ex.total--
			continue
		}
		if err := ex.write(jobLine(j, members[j.ID])); err != nil {
			return err
		}
		ex.counts.Jobs++
	}
	ex.notify(ex.counts.Total(), ex.total)
	return nil
}

// observations writes observations with their sources.
func (ex *exporter) observations(ctx context.Context, s memory.Scope, rows []memory.Observation) error {
	ids := make([]string, len(rows))
	for i, o := range rows {
		ids[i] = o.ID
	}
	all, err := ex.src.SourcesOf(ctx, s, ids)
	if err != nil {
		return err
	}
	sources := map[string][]memory.Source{}
	for _, src := range all {
		sources[src.ObservationID] = append(sources[src.ObservationID], src)
	}
	return each(ex, rows, &ex.counts.Observations, func(o memory.Observation) line {
		return line{Observation: &observation{o, sources[o.ID]}}
	})
}

// each writes a line for every row.
func each[T any](ex *exporter, rows []T, n *int64, make func(T) line) error {
	for _, r := range rows {
		if err := ex.write(make(r)); err != nil {
			return err
		}
		*n++
	}
	ex.notify(ex.counts.Total(), ex.total)
	return nil
}

// walk calls fn with one page after the other until there are no more.
func walk[K, T any](after K, list func(after K) ([]T, error), key func(T) K, fn func([]T) error) error {
	for {
		rows, err := list(after)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := fn(rows); err != nil {
			return err
		}
		after = key(rows[len(rows)-1])
	}
}
