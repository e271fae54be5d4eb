// Package llm is what all providers share that ask a language model. An engine
// (anthropic, gemini, openai) implements [Model], which is the wire and nothing
// else; [New] makes a provider of it:
//
//	events ── prompt ── Model.Complete ── classify ── observations, a reason for none, or a typed error
//
// The prompt is bounded in bytes and in estimated tokens (prompt.go, event.go,
// field.go). All that comes from a session is escaped, so that none of it can pass
// for our own markup, and the model is told that it is data.
//
// The answer is text of a stranger. It is read by a scanner that takes any input in
// linear time (answer.go, scan.go), never by an XML parser; every field is bounded
// and cleaned (draft.go). What kind of answer it is decides what becomes of the job
// (classify.go):
//
//	observations   stored
//	skip           completed as skipped, with the model's reason
//	empty, prose   asked once more, told what was wrong; then failed
//	truncated      whole blocks are stored; without any it is as prose
//	drifted        stored where the meaning is clear; else as prose
//	refusal        failed, with the reason
//
// What the HTTP side has in common is in http.go and status.go: one table from
// status and error body to the classes of failure.
package llm
