// Package hooks is what an agent host runs when something happens: it reads the
// host's JSON, makes a [memory.HookRecord] of it, hands that to the daemon in one
// request, and prints what the host should tell the model.
//
// The agent waits for every hook, hundreds of times a day, so the rules are:
//
//   - One process start and at most one request. Nothing here opens a database,
//     parses a command line or compiles an expression.
//   - Never in the way. Whatever stands on standard input and whatever is broken,
//     a hook exits 0, prints nothing or one JSON object, and writes to no standard
//     error. Debugging goes to a file (CLAUDE_MEM_LOG_LEVEL=debug, logs/hooks.log).
//   - Never late. Each event has a deadline for the daemon ([event.deadline]); past
//     it the record goes to the spool. Past [hardLimit] the process ends.
//   - Never lossy. What the daemon did not acknowledge is spooled; what it calls
//     wrong is kept aside there. Telling the same thing twice is harmless, because
//     each event carries the host's id of the tool call, or a hash.
//
// One file per host turns its payload into an [event] and an answer into its JSON
// (claudecode.go, codex.go, gemini.go); everything after that is the same for all
// hosts: record.go says what is recorded, filter.go what is not, deliver.go who gets it.
//
// What is imported here is started before every hook, so it is little: no net/http
// (see post.go), no net (see dial_unix.go). Hosts call package program, which holds
// nothing but this; in the whole program, package early runs a hook before the rest
// is initialised at all.
//
// The sub-packages are program, early, spool, which keeps records while no daemon takes them, and
// install, which registers the hooks with the host.
package hooks
