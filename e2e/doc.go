// Package e2e tests the real binary from outside: it is built once, run as
// people and agents run it, and killed as machines kill it.
//
// CLAUDE_MEM_CRASH_KILLS sets how many times the crash test kills the daemon;
// the default of 200 is what a run of the whole suite affords.
package e2e
