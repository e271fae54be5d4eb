package cli

import (
	"fmt"
	"net"
	"strconv"
	"time"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/memory"
)

// What the commands about the daemon say of a team's servers.

// ownSettings loads the settings of a profile that has a daemon of its own. A team's
// processes are started and ended by whatever looks after services on the machine.
func (c *console) ownSettings() (*config.Config, error) {
	cfg, err := c.settings()
	if err == nil && cfg.String(config.ServerDatabaseURL) != "" {
		err = fmt.Errorf("%s is set (%s), so this profile has no daemon of its own but is a team's server: "+
			"have a service manager run `claude-mem server run` and `claude-mem server worker start`",
			config.ServerDatabaseURL, cfg.Origin(config.ServerDatabaseURL))
	}
	return cfg, err
}

// transport prints where the queue is, if it is a server of its own.
func (s screen) transport(r *client.RedisHealth) {
	if r == nil {
		return
	}
	word := r.Status
	if word != "ok" {
		word = s.paint(red, "does not answer")
	}
	at := clean(r.Host) // the path of a socket, if there is no port
	if r.Port != 0 {
		at = net.JoinHostPort(at, strconv.Itoa(r.Port))
	}
	s.printf("  queue    Redis at %s, prefix %s, %s\n", at, clean(r.Prefix), word)
}

// maxWorkersShown is how many workers are listed one by one.
const maxWorkersShown = 8

// workers prints who generates for a team. A person's own daemon does so itself.
func (s screen) workers(h *client.Health) {
	if h.Queue.Redis == nil {
		return
	}
	s.printf("  workers  %d alive\n", len(h.Workers))
	for _, w := range h.Workers[:min(len(h.Workers), maxWorkersShown)] {
		up := time.Duration(w.SeenAt-w.StartedAt) * time.Millisecond
		s.printf("           %s pid %d, %s, up %s", clean(w.Host), w.PID, clean(w.Version), max(up, 0).Round(time.Second))
		for _, p := range w.Paused {
			s.printf("; %s", s.paint(yellow, paused(p)))
		}
		s.printf("\n")
	}
}

// paused says what a worker leaves undone, and why.
func paused(p memory.LanePause) string {
	if p.Class == memory.PauseBudget {
		return fmt.Sprintf("projects that wait for a budget: %d", p.Projects)
	}
	return fmt.Sprintf("%s paused: %s", p.Lane, clean(p.Class))
}
