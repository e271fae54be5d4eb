// Package postgres keeps the memory of a team in a Postgres database, version 13
// or later, that any number of servers and workers share.
//
// # Transactions
//
// What is told to a server is nearly always new, and asks for no answer but that it
// is stored. So a transaction begins as a draft, without a connection: its events
// are taken for new, and when its function has returned they are stored, with jobs
// and audit rows, together with the drafts of others: as many as wait share one
// commit and two round trips. An event that was there after all, or a draft that
// cannot be stored, is found out before anything is committed: the first has its
// transaction run again with a connection that knows, the second fails alone. See
// draft.go, writer.go and group.go.
//
// Any other transaction has a connection of its own, from its first question on. It
// costs a round trip for each answer that its caller waits for, and none besides:
// BEGIN travels with the first statement, what nobody waits for with the next one or
// with COMMIT. The price of both is that the failure of a statement may be told by a
// later call, at the latest by [Store.InTx].
//
// The isolation is READ COMMITTED: what has to hold between transactions is held
// by unique keys and conditional updates. Deadlocks, serialisation failures and
// connections lost before COMMIT make InTx run its function again; a connection
// lost during COMMIT is memory.ErrUnavailable, as nobody knows what became of it.
//
// # Keys
//
// Every request asks for its key, and no answer may be older than the question. So
// those who ask while a statement is under way share the next one: see keys.go.
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
// say in what is found. See index.go, search.go and search_newest.go.
package postgres
