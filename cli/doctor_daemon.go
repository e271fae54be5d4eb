package cli

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"strings"
	"time"

	"claude-mem/client"
	"claude-mem/daemon"
	"claude-mem/internal/config"
	"claude-mem/internal/instance"
	"claude-mem/internal/version"
)

// The checks of what runs.

// checkDaemon makes sure that there is a daemon, of this version and this user.
func (d *doctor) checkDaemon(ctx context.Context) {
	if url := d.cfg.String(config.ServerURL); url != "" {
		d.cl = client.New(url, d.cfg.String(config.ServerAPIKey), client.Options{})
		detail := "none needed: " + url + " is the server (" + d.cfg.Origin(config.ServerURL).String() + ")"
		if state, running, err := instance.Find(d.cfg.Dirs); err == nil && running {
			d.report("daemon", suspect, detail+"; "+localUnused(state.PID), "claude-mem stop; or claude-mem uninstall and install, to use it")
			return
		}
		d.ok("daemon", detail)
		return
	}
	state, started, err := d.c.ensureDaemon(ctx, d.cfg)
	if err != nil {
		d.report("daemon", wrong, oneLine(err), "claude-mem server run")
		return
	}
	d.state = state
	// It may have minted the key just now.
	if cfg, err := d.c.settings(); err == nil {
		d.cfg = cfg
	}
	d.cl = localClient(d.cfg, state)
	detail := fmt.Sprintf("pid %d", state.PID)
	if started {
		detail += ", was not running and is now"
	}
	if state.Version != version.String() {
		d.report("daemon", suspect, fmt.Sprintf("%s, but of version %s", detail, state.Version), "claude-mem restart")
		return
	}
	d.ok("daemon", detail)
}

// checkDeployment asks whether a daemon or server could run with these settings: what
// is missing, contradictory or out of reach.
func (d *doctor) checkDeployment(ctx context.Context) {
	err := daemon.CheckSettings(ctx, d.cfg)
	team := d.cfg.String(config.ServerDatabaseURL) != ""
	switch {
	case err != nil:
		d.report("deployment", wrong, oneLine(err), "mend these settings; nothing is started with them")
	case team:
		d.ok("deployment", "a team's, on Postgres and Redis; both answer")
	}
}

// checkHealth asks the server who it is and how it fares.
func (d *doctor) checkHealth(ctx context.Context) {
	if d.cl == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, healthWithin)
	defer cancel()
	alive, err := d.cl.Healthz(ctx)
	if err != nil {
		d.report("port", wrong, oneLine(err), d.mend())
		d.cl = nil
		return
	}
	d.checkPort(alive)
	health, err := d.cl.Health(ctx)
	if err != nil {
		d.report("health", wrong, oneLine(err), d.mend())
		return
	}
	if health.Status != "ok" {
		d.report("health", wrong, health.Status+": "+strings.Join(health.Reasons, "; "), d.mendHealth(health.Reasons))
	} else {
		d.ok("health", fmt.Sprintf("up %s", time.Duration(health.Uptime)*time.Second))
	}
	if s := health.Storage; s != nil {
		d.ok("storage", fmt.Sprintf("%s, schema %d, %s", s.Driver, s.SchemaVersion, size(s.SizeBytes)))
	}
	d.checkGeneration(health.Queue.Lanes)
	d.checkSpool(health.Spool)
}

// mend is what to do about a server that does not do as it should.
func (d *doctor) mend() string {
	if url := d.cfg.String(config.ServerURL); url != "" {
		return "tell whoever runs " + url + "; hooks keep what happens until it answers"
	}
	return "claude-mem restart"
}

// checkPort compares who listens with who should.
func (d *doctor) checkPort(alive client.Alive) {
	if url := d.cfg.String(config.ServerURL); url != "" {
		d.ok("port", url+" answers")
		return
	}
	me, err := user.Current()
	if err == nil && alive.User != "" && alive.User != me.Uid && !d.state.Listening() {
		d.report("port", suspect, "the server runs as another user", "check "+config.ServerURL)
		return
	}
	if !d.state.Listening() {
		d.ok("port", d.cl.URL())
		return
	}
	wanted := d.cfg.Int(config.ServerPort)
	if wanted == 0 {
		wanted = config.DefaultPort()
	}
	if wanted != d.state.Port {
		d.ok("port", fmt.Sprintf("%d, because %d was taken; clients find it by themselves", d.state.Port, wanted))
		return
	}
	d.ok("port", fmt.Sprint(d.state.Port))
}

// checkGeneration says why nothing is made of what is stored, if that is so.
func (d *doctor) checkGeneration(lanes []client.LaneHealth) {
	name := d.cfg.String(config.ServerProvider)
	if d.cfg.Bool(config.GenerationDisabled) {
		d.report("provider", suspect, config.GenerationDisabled+" is on: memories are owed but not made", "unset it and claude-mem restart")
		return
	}
	for _, l := range lanes {
		if l.Paused != "" {
			d.report("provider", wrong, fmt.Sprintf("%s: lane %s is paused: %s", name, l.Lane, l.Paused), "mend the provider's key or quota; it resumes by itself")
			return
		}
	}
}

func (d *doctor) checkSpool(sp *client.SpoolState) {
	switch {
	case sp == nil:
	case sp.Refused > 0:
		d.report("spool", wrong, fmt.Sprintf("%d records were lost because it or the disk was full; %s wait", sp.Refused, size(sp.Bytes)),
			"keep the daemon running: claude-mem start; then empty "+d.cfg.Dirs.Spool())
	case sp.Rejected > 0:
		d.report("spool", suspect, fmt.Sprintf("%d records could not be taken in and are kept aside", sp.Rejected), "look at them in "+d.cfg.Dirs.Spool())
	case sp.Files > 0:
		d.ok("spool", fmt.Sprintf("%d files, %s, wait to be taken in", sp.Files, size(sp.Bytes)))
	default:
		d.ok("spool", "empty")
	}
}

// checkWaiting counts what hooks keep on disk for a team's server.
func (d *doctor) checkWaiting() {
	url := d.cfg.String(config.ServerURL)
	if url == "" {
		return
	}
	st, err := waiting(d.cfg, url)
	switch {
	case err != nil:
		d.report("waiting", wrong, oneLine(err), "")
	case st.Refused > 0:
		d.report("waiting", wrong, fmt.Sprintf("%d records for the server were lost because the spool or the disk was full", st.Refused),
			"mend the server; then look into "+d.cfg.Dirs.Spool())
	case st.Rejected > 0:
		d.report("waiting", suspect, fmt.Sprintf("the server called %d records wrong; they are kept aside", st.Rejected), "look at them below "+d.cfg.Dirs.Spool())
	case st.Records > 0:
		d.report("waiting", suspect, fmt.Sprintf("%d records (%s) for the server", st.Records, size(st.Bytes)), "hooks deliver them once it answers")
	default:
		d.ok("waiting", "nothing is kept back from the server")
	}
}

// checkDatabase reads the whole database. A server elsewhere has its own doctor.
func (d *doctor) checkDatabase(ctx context.Context) {
	if d.cfg.String(config.ServerURL) != "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, databaseWithin)
	defer cancel()
	began := time.Now()
	err := daemon.CheckStorage(ctx, d.cfg)
	switch took := time.Since(began).Round(time.Millisecond); {
	case errors.Is(err, context.DeadlineExceeded):
		d.report("database", suspect, fmt.Sprintf("too large to be checked within %s", databaseWithin), "")
	case err != nil:
		d.report("database", wrong, oneLine(err), d.mendDatabase(err))
	default:
		d.ok("database", fmt.Sprintf("sound (checked in %s)", took))
	}
}

// databaseWithin bounds the check of a large database.
const databaseWithin = 30 * time.Second
