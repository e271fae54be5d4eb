// Package early runs a hook before the rest of the program is initialised.
//
// The program is one binary, and a hook needs the smallest part of it. Yet by the
// time main runs, every package has been initialised: the database, TLS, the
// terminal, the command line. That takes half as long again as all that the hook does.
//
// The order is the language's: of the packages whose imports are initialised, the
// first by its import path is next. This package imports hooks and nothing else of
// weight, so its turn comes before theirs, and it ends the process when the hook is
// done. If its turn came later, a hook would be slower and no different.
//
// Hosts call package program where it is installed; this is for where it is not.
// Only main imports it.
package early

import (
	"os"

	"claude-mem/hooks"
)

//nolint:gochecknoinits // this is the one place that gains by it
func init() {
	if hooks.Try(os.Args) { // anything else is left to main
		os.Exit(0)
	}
}
