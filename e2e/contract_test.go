package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/internal/contract"
	"claude-mem/internal/recorded"
	"claude-mem/internal/testbin"
	"claude-mem/memory"
)

// deployment is a server that the recorded cases are replayed against: where it is,
// and the secrets of its keys by their names in package contract. The keys are made
// by whoever runs it, in a project and a sibling of it that hold nothing yet.
type deployment struct {
	Solo           bool              `json:"solo"`      // it is a person's own daemon
	Generates      bool              `json:"generates"` // a worker runs
	URL            string            `json:"url"`
	ProjectID      string            `json:"projectId"`
	OtherProjectID string            `json:"otherProjectId"`
	Keys           map[string]string `json:"keys"`
}

// TestContract replays what the original server was asked: of a person's own daemon,
// of a team's server, and, if CLAUDE_MEM_CONTRACT names a file that describes one, of
// a deployment elsewhere, be it ours or the original.
func TestContract(t *testing.T) {
	dir := filepath.Join(recorded.Dir(t), "contract")
	t.Run("solo", func(t *testing.T) {
		p := testbin.NewProfile(t, binary)
		p.Env = append(p.Env, config.GenerationDisabled+"=true")
		state := p.Serve()
		d := deployment{Solo: true, URL: fmt.Sprintf("http://%s:%d", state.Host, state.Port)}
		d.makeKeys(t, func(args ...string) []byte { return []byte(p.Must(args...).Stdout) })
		names := d.names(t)
		d.replay(t, dir, names, func(c contract.Case) bool { return !c.Worker })
		p.Must("stop")
		p.Env = p.Env[:len(p.Env)-1]
		state = p.Serve()
		d.URL = fmt.Sprintf("http://%s:%d", state.Host, state.Port)
		d.replay(t, dir, names, func(c contract.Case) bool { return c.Worker })
	})
	t.Run("team", func(t *testing.T) {
		team := newTeam(t, 1, 1)
		team.workers[0].end(syscall.SIGTERM)
		d := deployment{URL: team.servers[0].url()}
		d.makeKeys(t, team.run)
		names := d.names(t)
		d.replay(t, dir, names, func(c contract.Case) bool { return !c.Worker })
		team.workers[0].start()
		d.replay(t, dir, names, func(c contract.Case) bool { return c.Worker })
	})
	if path := os.Getenv("CLAUDE_MEM_CONTRACT"); path != "" {
		t.Run("elsewhere", func(t *testing.T) {
			d := described(t, path)
			d.replay(t, dir, d.names(t), func(c contract.Case) bool { return d.Generates && !c.Idle || !d.Generates && !c.Worker })
		})
	}
}

// replay asks the cases that are wanted and compares the answers.
func (d deployment) replay(t *testing.T, dir string, names contract.Names, wanted func(contract.Case) bool) {
	asked := 0
	for _, c := range contract.Cases() {
		if !wanted(c) {
			continue
		}
		asked++
		t.Run(c.Name, func(t *testing.T) {
			x, err := contract.Load(dir, c, names)
			if err != nil {
				t.Fatal(err)
			}
			status, body := d.ask(t, x)
			for _, difference := range c.For(d.Solo).Compare(x, status, body, names) {
				t.Error(difference)
			}
		})
	}
	if asked == 0 {
		t.Error("no case was replayed")
	}
}

// names are ours for what stands in the recordings.
func (d deployment) names(t *testing.T) contract.Names {
	t.Helper()
	names := contract.Names{contract.ProjectID: d.ProjectID, contract.OtherProjectID: d.OtherProjectID, contract.SessionID: d.session(t)}
	for _, k := range contract.Keys() {
		if d.Keys[k.Name] == "" {
			t.Fatalf("the deployment has no key %q", k.Name)
		}
		names[k.Secret] = d.Keys[k.Name]
	}
	return names
}

func described(t *testing.T, path string) (d deployment) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &d)
	}
	if err != nil {
		t.Fatalf("CLAUDE_MEM_CONTRACT: %v", err)
	}
	return d
}

// makeKeys makes the keys as an operator does.
func (d *deployment) makeKeys(t *testing.T, run func(args ...string) []byte) {
	t.Helper()
	d.Keys = make(map[string]string)
	projects := map[string]string{contract.ProjectID: "/src/contract", contract.OtherProjectID: "/src/sibling"}
	for _, k := range contract.Keys() {
		args := []string{"server", "api-key", "create", "--json", "--name", k.Name, "--scope", strings.Join(k.Scopes, ",")}
		if k.Project != "" {
			args = append(args, "--project", projects[k.Project])
		}
		if k.Expired {
			args = append(args, "--expires", "1ms")
		}
		var made madeKey
		if err := json.Unmarshal(run(args...), &made); err != nil {
			t.Fatal(err)
		}
		d.Keys[k.Name] = made.Key
		switch k.Project {
		case contract.ProjectID:
			d.ProjectID = made.ProjectID
		case contract.OtherProjectID:
			d.OtherProjectID = made.ProjectID
		}
		if k.Revoked {
			run("server", "api-key", "revoke", made.ID)
		}
	}
	time.Sleep(2 * time.Millisecond) // the key that expires has
}

// session starts the session that the cases find there.
func (d deployment) session(t *testing.T) string {
	t.Helper()
	s, err := client.New(d.URL, d.Keys["full"], client.Options{}).StartSession(t.Context(),
		memory.SessionInput{ProjectID: d.ProjectID, ExternalSessionID: contract.SessionExternalID})
	if err != nil {
		t.Fatal(err)
	}
	return s.ID
}

func (d deployment) ask(t *testing.T, x contract.Exchange) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), x.Request.Method, d.URL+x.Request.Path, strings.NewReader(x.Text()))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range x.Request.Headers {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body
}
