package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"claude-mem/internal/id"
	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/recall/meaning"
	"claude-mem/storage"
)

// compared is how many vectors are in the project that is asked about.
const compared = 100_000

// direction is a model that answers each question with one vector.
type direction []float32

func (direction) Model() string { return "m" }
func (d direction) Embed(context.Context, []string) (providers.Embedding, error) {
	return providers.Embedding{Vectors: [][]float32{d}}, nil
}

// own hides that a store can compare vectors itself.
type own struct{ meaning.Store }

// BenchmarkNearest is what a search by meaning costs on Postgres besides the model: by
// pgvector, and in turn with it by the program, from memory.
func BenchmarkNearest(b *testing.B) {
	for _, dims := range []int{256, 768} {
		b.Run(fmt.Sprintf("vectors=%d/dims=%d", compared, dims), func(b *testing.B) {
			server := testenv.SharedPostgres(b)
			if !server.Pgvector(b) {
				b.Fatal("Postgres has no pgvector: install it to compare")
			}
			url := server.Database(b, testenv.Template{})
			store, err := Open(b.Context(), url, Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer store.Close()
			store.directions.most = math.MaxInt64
			r := rand.New(rand.NewPCG(1, 2))
			scope := putDirections(b, store, url, r, dims)
			q := make(direction, dims)
			for d := range q {
				q[d] = r.Float32() - 0.5
			}
			for ready := false; !ready; time.Sleep(100 * time.Millisecond) {
				if _, ready, err = store.Nearest(b.Context(), scope, q.Model(), make([]int8, dims), 1); err != nil {
					b.Fatal(err)
				}
			}
			execute(b, url, `VACUUM ANALYZE observation_directions`)

			ways := map[string]*meaning.Index{"pgvector-": meaning.New(store, q, meaning.Options{}), "memory-": meaning.New(own{store}, q, meaning.Options{})}
			took := map[string][]time.Duration{}
			ask := func() {
				for way, x := range ways {
					at := time.Now()
					if got, err := x.Nearest(b.Context(), scope, "question", 40); err != nil || len(got) != 40 {
						b.Fatal(way, len(got), err)
					}
					took[way] = append(took[way], time.Since(at))
				}
			}
			for err := meaning.ErrUnavailable; errors.Is(err, meaning.ErrUnavailable); { // until all is read
				_, err = ways["memory-"].Nearest(b.Context(), scope, "question", 1)
			}
			for b.Loop() {
				ask()
			}
			for way, s := range took {
				slices.Sort(s)
				b.ReportMetric(s[len(s)/2].Seconds()*1e3, way+"p50-ms")
				b.ReportMetric(s[len(s)*99/100].Seconds()*1e3, way+"p99-ms")
			}
		})
	}
}

// putDirections makes a project of observations that have nothing but vectors, at random.
func putDirections(b *testing.B, store storage.Store, url string, r *rand.Rand, dims int) (s memory.Scope) {
	b.Helper()
	err := store.InTx(b.Context(), func(tx storage.Tx) error {
		t, err := tx.EnsureTeam(b.Context(), memory.Team{ID: id.New(), Name: "t", CreatedAt: 1})
		if err != nil {
			return err
		}
		p, err := tx.EnsureProject(b.Context(), memory.Project{ID: id.New(), TeamID: t.ID, Name: "p", CreatedAt: 1, UpdatedAt: 1})
		s = p.Scope()
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	execute(b, url, `INSERT INTO observations (id, team_id, project_id, kind, occurred_at, created_at, updated_at, content, metadata, terms)
		SELECT n::text, $1, $2, 'manual', 1, 1, 1, '', '{}', '' FROM generate_series(1, $3::int) n`, s.TeamID, s.ProjectID, compared)
	conn, err := pgx.Connect(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(b.Context()))
	n := 0
	rows := pgx.CopyFromFunc(func() ([]any, error) {
		if n++; n > compared {
			return nil, nil
		}
		v := make([]byte, dims)
		for d := range v {
			v[d] = byte(r.UintN(256))
		}
		return []any{n, s.TeamID, s.ProjectID, "m", v}, nil
	})
	columns := []string{"number", "team_id", "project_id", "model", "vector"}
	if _, err := conn.CopyFrom(b.Context(), pgx.Identifier{"observation_vectors"}, columns, rows); err != nil {
		b.Fatal(err)
	}
	execute(b, url, `VACUUM ANALYZE`)
	return s
}

func execute(b *testing.B, url, statement string, args ...any) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(b.Context()))
	if _, err := conn.Exec(b.Context(), statement, args...); err != nil {
		b.Fatal(err)
	}
}
