package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	neturl "net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"claude-mem/client"
	"claude-mem/hooks/spool"
	"claude-mem/internal/config"
	"claude-mem/internal/instance"
	"claude-mem/memory"
)

// The settings that make a person's hooks and commands talk to a team's server.

// beforeServer is added to the settings file's name for what the two settings were
// before `install --server`.
const beforeServer = ".before-server"

const (
	// serverWithin bounds the questions that a key is checked by.
	serverWithin = 15 * time.Second
	// maxKeyBytes bounds a key that is read from standard input.
	maxKeyBytes = 4 << 10
)

// hookScopes is what a key of a developer needs.
func hookScopes() []string {
	return []string{memory.ScopeEventsWrite, memory.ScopeSessionsWrite, memory.ScopeObservationsRead, memory.ScopeJobsRead}
}

// serverFlags are what `install` is told of a team's server.
type serverFlags struct{ url, key string }

// useServer checks the server and the key, and writes both into the settings.
// Nothing is written unless all is well.
func (c *console) useServer(cmd *cobra.Command, cfg *config.Config, f serverFlags) error {
	url, err := serverURL(f.url)
	if err != nil {
		return badUsage(cmd, "--server: %w", err)
	}
	key, err := c.serverKey(cfg, url, f.key)
	if err != nil {
		return badUsage(cmd, "--server needs a key: %w", err)
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), serverWithin)
	defer cancel()
	if err := checkServer(ctx, client.New(url, key, client.Options{}), url); err != nil {
		return err
	}
	if err := rememberServer(cfg); err != nil {
		return err
	}
	path := cfg.Dirs.SettingsFile()
	if err := config.SetAllInFile(path, map[string]string{config.ServerURL: url, config.ServerAPIKey: key}); err != nil {
		return err
	}
	c.say("Server     %s takes the key; both are in %s", url, path)
	for _, name := range []string{config.ServerURL, config.ServerAPIKey} {
		if cfg.Origin(name).Source == "environment" && cfg.String(name) != "" {
			c.warn("note: %s in the environment wins over the settings file wherever it is set", name)
		}
	}
	if strings.HasPrefix(url, "http:") && !onLoopback(url) {
		c.warn("note: %s is not encrypted: whoever sees the traffic sees the key and what is remembered; use https", url)
	}
	if state, running, err := instance.Find(cfg.Dirs); err == nil && running {
		c.warn("note: %s", localUnused(state.PID))
	}
	return nil
}

// localUnused says what becomes of a daemon beside a team's server.
func localUnused(pid int) string {
	return fmt.Sprintf("a local daemon runs too (pid %d) and is not used: hooks and commands talk to the server", pid)
}

// serverURL checks the address and takes off what does not matter.
func serverURL(text string) (string, error) {
	u, err := neturl.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("expected an address such as https://memory.example.com, without user, query or fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

func onLoopback(url string) bool {
	u, err := neturl.Parse(url)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// serverKey is the key that is given, read from standard input, in the environment,
// or known for that server already.
func (c *console) serverKey(cfg *config.Config, url, given string) (string, error) {
	if given == "-" {
		data, err := io.ReadAll(io.LimitReader(c.in, maxKeyBytes))
		if err != nil {
			return "", fmt.Errorf("read the key from standard input: %w", err)
		}
		given = string(data)
	} else if given == "" && (cfg.Origin(config.ServerAPIKey).Source == "environment" || cfg.String(config.ServerURL) == url) {
		given = cfg.String(config.ServerAPIKey)
	}
	given = strings.TrimSpace(given)
	if given == "" || strings.ContainsAny(given, " \t\r\n") {
		return "", fmt.Errorf("pipe it in with --key -, set %s, or give it with --key KEY", config.ServerAPIKey)
	}
	return given, nil
}

// checkServer asks whether a claude-mem answers, and whether it lets the key do what
// hooks and commands do. What it sends is refused as incomplete, or reads.
func checkServer(ctx context.Context, cl *client.Client, url string) error {
	if _, err := cl.Healthz(ctx); err != nil {
		return fmt.Errorf("no claude-mem server answers at %s, nothing was changed: %s", url, oneLine(err))
	}
	probes := map[string]func() error{
		memory.ScopeEventsWrite:      func() error { _, err := cl.Hook(ctx, memory.HookRecord{}); return err },
		memory.ScopeSessionsWrite:    func() error { _, err := cl.StartSession(ctx, memory.SessionInput{}); return err },
		memory.ScopeObservationsRead: func() error { _, err := cl.Projects(ctx); return err },
		memory.ScopeJobsRead:         func() error { _, err := cl.Jobs(ctx, client.JobFilter{Limit: 1}); return err },
	}
	var missing []string
	for _, scope := range hookScopes() {
		err := probes[scope]()
		switch {
		case err == nil, errors.Is(err, memory.ErrValidation):
		case errors.Is(err, memory.ErrForbidden):
			missing = append(missing, scope)
		case errors.Is(err, memory.ErrUnauthorized):
			return fmt.Errorf("%s takes no key like this one, nothing was changed: check that it is the whole key", url)
		default:
			return fmt.Errorf("%s cannot check the key, nothing was changed: %s", url, oneLine(err))
		}
	}
	create := "claude-mem server api-key create --name NAME --scope " + strings.Join(hookScopes(), ",")
	switch len(missing) {
	case 0:
		return nil
	case len(probes):
		return fmt.Errorf("%s refuses the key (unknown, expired or revoked), nothing was changed: have one made there with `%s`", url, create)
	}
	return fmt.Errorf("the key lacks the scope %s at %s, nothing was changed: have one made there with `%s`",
		strings.Join(missing, " and "), url, create)
}

// serverBefore is what the settings file said before `install --server`.
type serverBefore struct {
	URL string `json:"serverUrl"`
	Key string `json:"serverApiKey"`
}

// rememberServer keeps what the settings file says, for uninstall to put back. What
// is kept already came first.
func rememberServer(cfg *config.Config) error {
	path := cfg.Dirs.SettingsFile() + beforeServer
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var b serverBefore
	for name, value := range map[string]*string{config.ServerURL: &b.URL, config.ServerAPIKey: &b.Key} {
		if cfg.Origin(name).Source == "file" {
			*value = cfg.String(name)
		}
	}
	data, err := json.Marshal(b)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.Dirs.Config, 0o700); err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	return config.WriteFile(path, data)
}

// leaveServer puts back what `install --server` changed, and says so.
func (c *console) leaveServer() error {
	cfg, err := c.settings()
	if err != nil {
		return err
	}
	url, err := restoreServer(cfg)
	if err != nil || url == "" {
		return err
	}
	c.say("Server     %s is no longer used", url)
	if st, err := waiting(cfg, url); err == nil && st.Records > 0 {
		c.warn("note: %d records wait for it in %s; `claude-mem install --server %s` lets hooks deliver them", st.Records, cfg.Dirs.Spool(), url)
	}
	return nil
}

// restoreServer puts back what `install --server` changed. It returns the address
// that is no longer used, or "".
func restoreServer(cfg *config.Config) (url string, err error) {
	path := cfg.Dirs.SettingsFile() + beforeServer
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	var b serverBefore
	if err == nil {
		err = json.Unmarshal(data, &b)
	}
	if err != nil {
		return "", fmt.Errorf("read what the settings were before: %w; set %s and remove %s yourself", err, config.ServerURL, path)
	}
	url = cfg.String(config.ServerURL)
	err = config.SetAllInFile(cfg.Dirs.SettingsFile(), map[string]string{config.ServerURL: b.URL, config.ServerAPIKey: b.Key})
	if err != nil {
		return "", err
	}
	return url, os.Remove(path)
}

// waiting counts what hooks keep for the configured server.
func waiting(cfg *config.Config, url string) (spool.Stats, error) {
	return spool.For(cfg.Dirs.Spool(), url).Stats()
}

// remoteReport is how things stand between this profile and a team's server.
type remoteReport struct {
	Origin   string `json:"origin"`             // where its address was set
	Waiting  int64  `json:"waiting"`            // records that hooks keep for it
	Refused  int64  `json:"refused"`            // records lost because that was full
	Rejected int64  `json:"rejected"`           // records that it called wrong
	LocalPID int    `json:"localPid,omitempty"` // a local daemon that runs and is not used
}

func newRemoteReport(cfg *config.Config, url string) *remoteReport {
	r := &remoteReport{Origin: cfg.Origin(config.ServerURL).String()}
	if st, err := waiting(cfg, url); err == nil { // doctor says what is wrong with it
		r.Waiting, r.Refused, r.Rejected = st.Records, st.Refused, st.Rejected
	}
	return r
}

// remote prints what there is to know of a team's server from this side.
func (s screen) remote(r *remoteReport) {
	if r == nil {
		return
	}
	s.printf("  server   a team's, set by %s\n", r.Origin)
	if r.Waiting > 0 {
		s.printf("  kept     %s\n", s.paint(yellow, fmt.Sprintf("%d records for it, until it answers", r.Waiting)))
	}
	if r.Refused > 0 {
		s.printf("  lost     %s\n", s.paint(red, fmt.Sprintf("%d records, because the spool or the disk was full", r.Refused)))
	}
	if r.Rejected > 0 {
		s.printf("  aside    %s\n", s.paint(yellow, fmt.Sprintf("%d records that it called wrong", r.Rejected)))
	}
	if r.LocalPID != 0 {
		s.printf("  note     %s\n", s.paint(yellow, localUnused(r.LocalPID)))
	}
}
