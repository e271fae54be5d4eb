package config

import (
	"os"
	"strconv"
	"strings"
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
	if port == 0 {
		port = DefaultPort()
	}
	c.values[ServerURL] = value{BaseURL(host, port), Origin{"default", "of " + ServerDatabaseURL}}
}

// BaseURL is where a server that listens on host at port is reached from this machine,
// such as http://127.0.0.1:37877. Package net has all of this, but a hook would have
// to wait for what that initialises.
func BaseURL(host string, port int) string {
	if strings.Trim(host, "0.:") == "" { // everywhere, in whichever form: 0.0.0.0, ::
		host = "127.0.0.1"
	}
	if strings.ContainsAny(host, ":%") {
		host = "[" + host + "]"
	}
	return "http://" + host + ":" + strconv.Itoa(port)
}
