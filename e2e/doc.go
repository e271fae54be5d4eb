// Package e2e tests the real binary from outside: it is built once, run as
// people and agents run it, and killed as machines kill it.
//
// CLAUDE_MEM_CRASH_KILLS sets how many times the crash test kills the daemon;
// the default of 200 is what a run of the whole suite affords. For a team's servers
// and workers, CLAUDE_MEM_FAULT_ROUNDS sets how often one of them, Redis or Postgres is
// killed (10), and CLAUDE_MEM_FAULT_AWAY for how long Redis stays away (3s).
package e2e
