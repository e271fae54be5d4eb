// Package daemon puts the parts together and runs them: a process that takes in what
// hooks tell, generates observations and answers questions over HTTP. It is the only
// package that knows which database, queue and provider there are; compose.go is
// where they meet.
//
// What a process is, the settings say (deployment.go): a person's own daemon, one
// for each data directory, on a SQLite file; or, where they name a Postgres database,
// one of a team's servers or workers, which know of each other by that database and
// keep nothing on disk. Settings that are missing, contradictory or point nowhere are
// a [SettingsError] that lists them all.
//
// Go code of this module, such as a test, can run it in-process:
//
//	cfg, err := daemon.LoadConfig(map[string]string{"CLAUDE_MEM_DATA_DIR": dir})
//	…
//	err = daemon.New(cfg, daemon.Options{}).Run(ctx) // until ctx is done
//
// A person's own daemon takes the lock of its data directory, opens everything,
// listens, and then publishes where. When ctx is done it stops in the opposite order:
// readiness turns 503, requests that run are finished, jobs are finished or handed
// back, the store is closed, the state files go, the lock last. A team's server goes
// on serving for a while between the first two, until balancers have turned away. What was acknowledged is on
// disk at any moment, so a kill loses nothing but time.
package daemon
