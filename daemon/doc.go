// Package daemon puts the parts together and runs them: one process per data
// directory that takes in what hooks tell, generates observations and answers
// questions over HTTP. It is the only package that knows which database, queue and
// provider there are; compose.go is where they meet.
//
// Another Go program can run it in-process:
//
//	cfg, err := daemon.LoadConfig(map[string]string{"CLAUDE_MEM_DATA_DIR": dir})
//	…
//	err = daemon.New(cfg, daemon.Options{}).Run(ctx) // until ctx is done
//
// Run takes the lock of the data directory, opens everything, listens, and then
// publishes where. When ctx is done it stops in the opposite order: readiness
// turns 503, requests that run are finished, jobs are finished or handed back, the
// store is closed, the state files go, the lock last. What was acknowledged is on
// disk at any moment, so a kill loses nothing but time.
package daemon
