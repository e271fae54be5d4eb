// Package memory is the domain of claude-mem: what a coding agent did, what is
// remembered of it, and whose it is. It imports the standard library only, so
// that every other room may speak its words.
//
// The nouns, from the outside in:
//
//   - A [Team] owns projects, a [Project] owns everything else. Together they are
//     the tenant [Scope] that every stored row carries and every query filters on.
//   - A [Session] is one conversation with an agent.
//   - An [Event] is one thing the agent did. Events never change.
//   - A [Job] says that an observation is owed. It is the canonical state of
//     generation; a queue [Message] is only a wake-up call for it.
//   - An [Observation] is what is remembered. A session's summary is one too.
//
// The JSON form of each type is the wire contract: a field that is absent is
// null there and the zero value here (see [Opt] and [Epoch]).
package memory
