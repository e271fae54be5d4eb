package config

import (
	"net"
	"net/netip"
	"os"
	"strconv"
)

const (
	basePort  = 37877
	portUsers = 100 // users of one machine whose ports differ
)

// DefaultPort is where the current user's daemon or server listens when no port is
// configured.
func DefaultPort() int {
	return basePort + max(os.Getuid(), 0)%portUsers // Getuid is -1 on Windows
}

// pointAtTeam makes the server of a team that these very settings describe the one
// that hooks and commands talk to, unless another was chosen: there is no daemon of
// this user's to be found or started.
func (c *Config) pointAtTeam() {
	if c.String(ServerDatabaseURL) == "" || c.String(ServerURL) != "" {
		return
	}
	host, port := c.String(ServerHost), c.Int(ServerPort)
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = "127.0.0.1" // where everywhere is, seen from this machine
	}
	if port == 0 {
		port = DefaultPort()
	}
	c.values[ServerURL] = value{"http://" + net.JoinHostPort(host, strconv.Itoa(port)), Origin{"default", "of " + ServerDatabaseURL}}
}
