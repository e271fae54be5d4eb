// Package cli is the command line of claude-mem: everything but `hook`, which
// main dispatches before this package is asked.
//
// [Run] executes one command line. Every command prints what it was asked for on
// standard output (with --json as one JSON value), and an error in one line on
// standard error that says what to do. The exit code is 0 when it did what was
// asked, 1 when it could not or found something wrong, 2 when it was asked
// wrongly.
//
// Commands that need the daemon talk to it over HTTP and start it when it is not
// running. The exceptions are those that must work when it cannot start (doctor,
// config, install) and those that mint what HTTP callers need (server api-key),
// which open the store through package daemon.
//
// One file holds one command, or one group of them; what commands share is in
// console.go (settings, output), connect.go (the daemon), project.go (which
// project is meant), screen.go and print.go (text for terminals).
package cli
