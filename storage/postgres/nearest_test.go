package postgres

import (
	"log/slog"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"claude-mem/internal/id"
	"claude-mem/internal/testenv"
	"claude-mem/memory"
	"claude-mem/storage"
)

// placed stores n observations with vectors of two dimensions that turn away from (1, 0)
// one after the other, and returns their numbers.
func placed(t *testing.T, s *Store, scope memory.Scope, n int) (numbers []int64) {
	t.Helper()
	var vectors []storage.Vector
	err := s.InTx(t.Context(), func(tx storage.Tx) error {
		numbers, vectors = nil, nil
		for i := range n {
			o, _, err := tx.PutObservation(t.Context(), memory.Observation{
				ID: id.New(), TeamID: scope.TeamID, ProjectID: scope.ProjectID, Kind: memory.KindManual, Content: id.New(),
				OccurredAt: 1, CreatedAt: 1, UpdatedAt: 1,
			})
			if err != nil {
				return err
			}
			numbers = append(numbers, o.Number)
			vectors = append(vectors, storage.Vector{Number: o.Number, Values: []byte{byte(100 - i%100), 1 + byte(i%100)}})
		}
		return tx.PutVectors(t.Context(), scope, "m", vectors...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return numbers
}

// wantNearest asks for the nearest three. Where it can be, it has to be Postgres that
// finds them.
func wantNearest(t *testing.T, s *Store, scope memory.Scope, can bool, want []int64) {
	t.Helper()
	got, ok, err := s.Nearest(t.Context(), scope, "m", []int8{127, 0}, 3)
	if err != nil || ok != can || ok && !slices.Equal(got, want) {
		t.Errorf("%v, %v, %v; want %v, %v", got, ok, err, want, can)
	}
	info, err := s.Info(t.Context())
	if err != nil || (info.Pgvector != "") != can {
		t.Errorf("it says %+v, %v", info, err)
	}
}

func TestPgvectorIsUsedWhereItIs(t *testing.T) {
	server := testenv.SharedPostgres(t)
	s := open(t, Options{})
	scope := tenant(t, s)
	numbers := placed(t, s, scope, 5)
	wantNearest(t, s, scope, server.Pgvector(t), numbers[:3])
	// What is new is found without being told of.
	more := placed(t, s, scope, 1)
	wantNearest(t, s, scope, server.Pgvector(t), []int64{more[0], numbers[0], numbers[1]})
	wantNearest(t, s, memory.Scope{TeamID: scope.TeamID, ProjectID: "another"}, server.Pgvector(t), nil)
	wantNearest(t, s, memory.Scope{TeamID: "another", ProjectID: scope.ProjectID}, server.Pgvector(t), nil)
}

// Whether the extension is missing or may not be made, the store opens and works.
func TestWithoutTheRightToPgvector(t *testing.T) {
	server := testenv.SharedPostgres(t)
	address, err := url.Parse(server.Database(t, testenv.Template{}))
	if err != nil {
		t.Fatal(err)
	}
	// Roles are of the whole server, so this one has a name of its own.
	role := "plain_" + address.Path[1:]
	admin, err := pgx.Connect(t.Context(), address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(t.Context())
	_, err = admin.Exec(t.Context(), `CREATE ROLE `+role+` LOGIN PASSWORD 'plain'; GRANT CREATE ON SCHEMA public TO `+role)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword(role, "plain")
	s, err := Open(t.Context(), address.String(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	scope := tenant(t, s)
	placed(t, s, scope, 3)
	wantNearest(t, s, scope, false, nil)
}

func TestPgvectorMayBeDropped(t *testing.T) {
	server := testenv.SharedPostgres(t)
	address := server.Database(t, migrated)
	s, err := Open(t.Context(), address, Options{Logger: slog.New(slog.DiscardHandler)}) // it warns
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	scope := tenant(t, s)
	numbers := placed(t, s, scope, 3)
	wantNearest(t, s, scope, server.Pgvector(t), numbers)
	exec(t, s, `DROP EXTENSION IF EXISTS vector CASCADE`)
	if _, ok, err := s.Nearest(t.Context(), scope, "m", []int8{1, 0}, 3); ok || err != nil {
		t.Errorf("without the extension: %v, %v", ok, err)
	}
	placed(t, s, scope, 1) // as before
	wantNearest(t, s, scope, false, nil)

	again, err := Open(t.Context(), address, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	exec(t, s, `DELETE FROM observation_vectors WHERE number NOT IN (SELECT unnest($1::bigint[]))`, numbers)
	wantNearest(t, again, scope, server.Pgvector(t), numbers)
}

func TestManyVectorsAreCopiedMeanwhile(t *testing.T) {
	server := testenv.SharedPostgres(t)
	s := open(t, Options{})
	scope := tenant(t, s)
	numbers := placed(t, s, scope, 2*copyBatch+10)
	want := []int64{numbers[500], numbers[400], numbers[300]} // of equals the last
	ask := func() bool {
		t.Helper()
		got, ok, err := s.Nearest(t.Context(), scope, "m", []int8{127, 0}, 3)
		if err != nil || ok && !slices.Equal(got, want) {
			t.Fatalf("%v, %v, want %v", got, err, want)
		}
		return ok
	}
	if ask() {
		t.Error("it waited for a long copy")
	}
	if server.Pgvector(t) {
		for !ask() {
			select {
			case <-t.Context().Done():
				t.Fatal(t.Context().Err())
			case <-time.After(10 * time.Millisecond):
			}
		}
	} else if ask() {
		t.Error("there is nothing that could")
	}
}

// Where a program is faster with the vectors in memory, it is left to it.
func TestLargeProjectsAreNotCompared(t *testing.T) {
	server := testenv.SharedPostgres(t)
	s := open(t, Options{})
	s.directions.most = 8
	scope, other := tenant(t, s), tenant(t, s)
	numbers := placed(t, s, scope, 4) // of two dimensions
	wantNearest(t, s, scope, server.Pgvector(t), numbers[:3])
	placed(t, s, scope, 1)
	placed(t, s, other, 1)
	for range 2 {
		if _, ok, err := s.Nearest(t.Context(), scope, "m", []int8{127, 0}, 3); ok || err != nil {
			t.Errorf("%v, %v", ok, err)
		}
	}
	if _, ok, err := s.Nearest(t.Context(), other, "m", []int8{127, 0}, 3); ok != server.Pgvector(t) || err != nil {
		t.Errorf("a small one: %v, %v", ok, err)
	}
}

func TestHalfvec(t *testing.T) {
	if got := halfvec([]int8{-128, 0, 127}); got != "[-128,0,127]" {
		t.Error(got)
	}
}
