package postgres

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"claude-mem/memory"
	"claude-mem/storage"
)

var _ storage.NearestFinder = (*Store)(nil)

// Nearest implements [storage.NearestFinder] where pgvector is usable. What is new is
// copied first; while that is much it is done in the background, and ok is false. So it
// is where there are more vectors than Postgres compares in good time.
func (s *Store) Nearest(ctx context.Context, scope memory.Scope, model string, direction []int8, n int) (numbers []int64, ok bool, err error) {
	d, p := s.directions, part{scope, model}
	if d.isOff() || len(direction) == 0 || len(direction) > maxDims {
		return nil, false, nil
	}
	ok, err = d.catchUp(ctx, p, len(direction))
	if ok && err == nil {
		numbers, err = d.nearest(ctx, p, direction, n)
	}
	if e, failed := errors.AsType[*pgconn.PgError](err); failed && ctx.Err() == nil {
		d.fail(ctx, e)
		return nil, false, nil
	}
	return numbers, ok, err
}

func (d *directions) isOff() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.off
}

// fail notes that Postgres refused. If what it lacks is the table, the type or the
// right, it is not asked again.
func (d *directions) fail(ctx context.Context, e *pgconn.PgError) {
	const syntaxOrAccess = "42"
	if class(e) != syntaxOrAccess {
		d.log.DebugContext(ctx, "Postgres did not compare vectors", "error", e)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.off {
		d.off = true
		d.log.WarnContext(ctx, "vectors are no longer compared by Postgres, but here", "reason", e)
	}
}

// catchUp makes sure that all that is stored is copied. It reports whether it is: of a
// part too large to be compared nothing is.
func (d *directions) catchUp(ctx context.Context, p part, dims int) (bool, error) {
	type state struct{ last, fresh, missing int64 }
	d.mu.Lock()
	known := d.copied[p]
	d.mu.Unlock()
	if known.large {
		return false, nil
	}
	from, most := max(known.last-copyAgain, 0), d.most/int64(dims)
	now, err := one(ctx, d.q, "state", func(r pgx.Rows) (s state, err error) {
		return s, r.Scan(&s.last, &s.fresh, &s.missing)
	}, sql(`SELECT COALESCE(MAX(v.seq), 0), COUNT(*) FILTER (WHERE v.seq > ?), COUNT(*) FILTER (WHERE d.seq IS NULL)
		FROM (SELECT seq FROM observation_vectors WHERE `, known.last).
		inTeam(p.scope).and("model = ?", p.model).and("seq > ?", from).and("octet_length(vector) BETWEEN 1 AND ?", maxDims).
		add(` LIMIT ?) v LEFT JOIN observation_directions d ON d.seq = v.seq`, most+copyAgain+1))
	if err != nil {
		return false, err
	}
	count := known.count + now.fresh
	switch {
	case count > most:
		d.note(p, extent{large: true})
		return false, nil
	case now.missing > copyBatch:
		d.fill(p, from)
		return false, nil
	case now.missing > 0:
		if _, err := d.copy(ctx, p, from); err != nil {
			return false, err
		}
	}
	d.note(p, extent{last: max(known.last, now.last), count: count})
	return true, nil
}

// note remembers what is copied of a part.
func (d *directions) note(p part, e extent) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.copied) >= maxParts {
		clear(d.copied)
	}
	d.copied[p] = e
}

// copy copies a batch of the vectors after one that are not yet, and returns them.
func (d *directions) copy(ctx context.Context, p part, after int64) ([]int64, error) {
	return all(ctx, d.q, value[int64], sql(`INSERT INTO observation_directions
		(seq, number, team_id, project_id, model, dims, direction, length)
		SELECT seq, number, team_id, project_id, model, octet_length(vector), direction, sqrt(-(direction <#> direction))
		FROM (SELECT *, ARRAY(SELECT (get_byte(vector, i) + 128) % 256 - 128 FROM generate_series(0, octet_length(vector) - 1) i)::halfvec AS direction
			FROM (SELECT * FROM observation_vectors v WHERE `).inTeam(p.scope).and("model = ?", p.model).and("seq > ?", after).
		and("octet_length(vector) BETWEEN 1 AND ?", maxDims).
		and("NOT EXISTS (SELECT 1 FROM observation_directions d WHERE d.seq = v.seq)").
		add(` ORDER BY seq LIMIT ?) owed OFFSET 0) made ON CONFLICT DO NOTHING RETURNING seq`, copyBatch))
}

// fill copies what is owed in the background, a batch at a time, one project after the
// other. What ends it does no harm: the next search goes on.
func (d *directions) fill(p part, after int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.filling || d.ctx.Err() != nil {
		return
	}
	d.filling = true
	d.done.Go(func() {
		var err error
		for batch := []int64{after}; err == nil && len(batch) > 0; {
			after = slices.Max(batch)
			batch, err = d.copy(d.ctx, p, after)
		}
		if err != nil && d.ctx.Err() == nil {
			d.log.WarnContext(d.ctx, "vectors not copied for pgvector", "error", err)
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.filling = false
	})
}

// nearest compares all of the part. What points away is not near.
func (d *directions) nearest(ctx context.Context, p part, direction []int8, n int) ([]int64, error) {
	q := sql(`SELECT number FROM (SELECT number, (direction <#> (SELECT ?::text::halfvec)) / length AS distance
		FROM observation_directions WHERE `, halfvec(direction)).
		inTeam(p.scope).and("model = ?", p.model).and("dims = ?", len(direction)).and("length > 0").
		add(` ORDER BY distance, number DESC`).page(storage.Page{Limit: n}).add(`) nearest WHERE distance < 0 ORDER BY distance, number DESC`)
	return all(ctx, d.q, value[int64], q)
}

// halfvec is a vector as pgvector reads it.
func halfvec(v []int8) string {
	text := make([]byte, 0, 5*len(v)+1)
	for _, x := range v {
		text = strconv.AppendInt(append(text, ','), int64(x), 10)
	}
	text[0] = '['
	return string(append(text, ']'))
}
