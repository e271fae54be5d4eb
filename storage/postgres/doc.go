// Package postgres keeps the memory of a team in a Postgres database, version 13
// or later, that any number of servers and workers share.
//
// # Transactions
//
// A transaction costs a round trip for each answer that its caller waits for, and
// none besides: BEGIN travels with the first statement, what nobody waits for
// (audit rows, the job of an event that is new) with the next one or with COMMIT.
// Storing an event with its job is two round trips, storing five hundred by
// [storage.PutEvents] is too. The price is that the failure of such a statement is
// told by a later call, at the latest by [Store.InTx].
//
// The isolation is READ COMMITTED: what has to hold between transactions is held
// by unique keys and conditional updates. Deadlocks, serialisation failures and
// connections lost before COMMIT make InTx run its function again; a connection
// lost during COMMIT is memory.ErrUnavailable, as nobody knows what became of it.
//
// # Messages
//
// What a transaction enqueues is published after it committed. If that fails, or
// the process dies in between, the job row says that it is still owed: see
// OwedJobs. [Store.Notify] and [Store.Listen] tell processes of each other's jobs
// that ended, so that whoever waits for one need not ask again and again.
//
// # Search
//
// Observations carry a tsvector of the terms that internal/lexical makes, stemmed
// by ourselves, so that neither the server's dictionaries nor its locale have a
// say in what is found. See index.go and search.go.
package postgres
