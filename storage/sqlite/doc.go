// Package sqlite keeps the memory of a solo developer in one SQLite file.
//
// # Writing
//
// All writes go through one goroutine that owns the one writing connection (see
// writer.go). It runs the waiting transactions of many callers inside one SQLite
// transaction, each in a savepoint of its own, and commits them together, so that
// the price of a durable commit (synchronous=FULL) is shared. A caller's
// [Store.InTx] returns when that commit is on disk.
//
// # Reading
//
// Reads use a pool of read-only connections beside the writer; in WAL mode they
// never wait for it. The same methods (type reads) serve the pool and, inside a
// transaction, the writer's connection.
//
// # Search
//
// Observations are indexed in an FTS5 table under their number, in terms that
// internal/lexical makes. See search.go.
//
// # Files
//
// The database is created with mode 0600 in a directory of mode 0700. Before an
// existing database is migrated, a copy is left beside it (see migrate.go).
package sqlite
