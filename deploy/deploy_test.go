package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"claude-mem/cli"
	"claude-mem/internal/config"
	"claude-mem/internal/testbin"
)

// entrypoint is the program in the image.
const entrypoint = "/claude-mem"

// service is what is looked at of a service in compose.yaml.
type service struct {
	Image       string
	Build       struct{ Context, Dockerfile string }
	Command     []string
	Environment map[string]string
	Ports       []string
	Volumes     []string
	ReadOnly    bool     `yaml:"read_only"`
	CapDrop     []string `yaml:"cap_drop"`
	SecurityOpt []string `yaml:"security_opt"`
	Healthcheck struct {
		Test    []string
		Disable bool
	}
}

// ours reports whether the service runs the image that we build.
func (s service) ours() bool { return s.Build.Dockerfile != "" }

type composition struct {
	Services map[string]service
	Volumes  map[string]any
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func compose(t *testing.T) (c composition) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, "compose.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// instructions are the lines of the Dockerfile's last stage, continuations joined.
func instructions(t *testing.T) (out [][2]string) {
	t.Helper()
	text := strings.ReplaceAll(read(t, "Dockerfile"), "\\\n", " ")
	for line := range strings.Lines(text) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case name == "" || strings.HasPrefix(name, "#"):
			continue
		case name == "FROM":
			out = nil
		}
		out = append(out, [2]string{name, strings.TrimSpace(rest)})
	}
	return out
}

func instruction(t *testing.T, name string) string {
	t.Helper()
	for _, in := range instructions(t) {
		if in[0] == name {
			return in[1]
		}
	}
	t.Fatalf("the image has no %s", name)
	return ""
}

// words reads the exec form of an instruction.
func words(t *testing.T, text string) (out []string) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%s is not in exec form: %v", text, err)
	}
	return out
}

// exists checks that claude-mem has the command with these flags.
func exists(t *testing.T, args ...string) {
	t.Helper()
	var out, stderr bytes.Buffer
	code := cli.Run(context.Background(), append(slices.Clone(args), "--help"), strings.NewReader(""), &out, &stderr)
	var path []string
	for _, a := range args {
		if strings.HasPrefix(a, "-") {
			break
		}
		path = append(path, a)
	}
	usage := "Usage:\n  claude-mem " + strings.Join(path, " ") + " "
	if code != 0 || !strings.Contains(strings.ReplaceAll(out.String(), "\n\n", " \n\n"), usage) {
		t.Errorf("claude-mem %s: exit code %d, %s%s", strings.Join(args, " "), code, &stderr, &out)
	}
}

func files(t *testing.T) []string {
	t.Helper()
	units, err := filepath.Glob("*.service")
	if err != nil || len(units) != 2 {
		t.Fatalf("units %v, %v", units, err)
	}
	return append(units, "compose.yaml", "Dockerfile", filepath.Join("..", "docs", "deploy.md"))
}

func TestEveryVariableIsASetting(t *testing.T) {
	known := map[string]bool{}
	for _, s := range config.Settings() {
		known[s.Key] = true
	}
	for _, path := range files(t) {
		for _, name := range regexp.MustCompile(`\bCLAUDE_MEM_[A-Z_]+\b`).FindAllString(read(t, path), -1) {
			if !known[name] {
				t.Errorf("%s names %s, which is no setting", path, name)
			}
		}
	}
}

func TestEveryCommandExists(t *testing.T) {
	entry := words(t, instruction(t, "ENTRYPOINT"))
	if !slices.Equal(entry, []string{entrypoint}) {
		t.Errorf("entry point %v", entry)
	}
	exists(t, words(t, instruction(t, "CMD"))...)
	for name, s := range compose(t).Services {
		if s.ours() && len(s.Command) == 0 {
			t.Errorf("%s has no command", name)
		} else if s.ours() {
			exists(t, s.Command...)
		}
	}
	_, health, _ := strings.Cut(instruction(t, "HEALTHCHECK"), "CMD ")
	if check := words(t, health); check[0] != entrypoint || slices.Index(check, "--url") < 0 {
		t.Errorf("health check %v", check)
	} else {
		exists(t, check[1:slices.Index(check, "--url")]...)
	}
	inText := regexp.MustCompile(`(?m)(?:^|exec server |bin/|ExecStart=/usr/local/bin/)/?claude-mem ([a-z][a-z -]*[a-z])`)
	for _, path := range files(t) {
		for _, m := range inText.FindAllStringSubmatch(read(t, path), -1) {
			args, _, _ := strings.Cut(m[1], " -")
			exists(t, strings.Fields(args)...)
		}
	}
}

func TestSecretsHaveNoDefault(t *testing.T) {
	text := read(t, "compose.yaml")
	variables := regexp.MustCompile(`[^$]\$\{([A-Z_]+)([^}]*)\}`).FindAllStringSubmatch(text, -1)
	secrets := map[string]bool{}
	for _, v := range variables {
		if strings.Contains(v[1], "PASSWORD") {
			secrets[v[1]] = true
			if !strings.HasPrefix(v[2], ":?") {
				t.Errorf("${%s%s} does not insist", v[1], v[2])
			}
		}
	}
	if want := []string{"POSTGRES_PASSWORD", "VALKEY_PASSWORD"}; !slices.Equal(slices.Sorted(maps.Keys(secrets)), want) {
		t.Errorf("secrets %v, want %v", secrets, want)
	}
	for name, s := range compose(t).Services {
		for key, value := range s.Environment {
			if strings.Contains(key, "PASSWORD") && !strings.HasPrefix(value, "${") {
				t.Errorf("%s: %s is written down", name, key)
			}
		}
	}
}

func TestImageHoldsLittleAndMayDoLittle(t *testing.T) {
	if from := instruction(t, "FROM"); from != "scratch" {
		t.Errorf("it is made from %s", from)
	}
	if user := instruction(t, "USER"); strings.HasPrefix(user, "0") || strings.HasPrefix(user, "root") {
		t.Errorf("it runs as %s", user)
	}
	if text := read(t, "Dockerfile"); !strings.Contains(text, "CGO_ENABLED=0") {
		t.Error("the program is not static")
	}
	port := instruction(t, "EXPOSE")
	for _, want := range []string{config.ServerPort + "=" + port, config.ServerHost + "=0.0.0.0", config.Docker + "=true"} {
		if !strings.Contains(instruction(t, "ENV"), want) {
			t.Errorf("%s is not set", want)
		}
	}
	if !strings.Contains(instruction(t, "HEALTHCHECK"), "127.0.0.1:"+port) {
		t.Error("the health check asks at another port")
	}
}

func TestCompositionIsWhole(t *testing.T) {
	c := compose(t)
	port := instruction(t, "EXPOSE")
	used := map[string]bool{}
	for name, s := range c.Services {
		for _, v := range s.Volumes {
			volume, _, _ := strings.Cut(v, ":")
			used[volume] = true
		}
		if len(s.Healthcheck.Test) == 0 && !s.ours() {
			t.Errorf("%s has no health check", name)
		}
		if !s.ours() {
			continue
		}
		if _, err := os.Stat(filepath.Join(s.Build.Context, s.Build.Dockerfile)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s may do more than it must", name)
		}
		for _, p := range s.Ports {
			if !strings.HasSuffix(p, ":"+port) || !strings.Contains(p, "127.0.0.1:") {
				t.Errorf("%s publishes %s", name, p)
			}
		}
		checkSettings(t, name, s, c)
	}
	if got := slices.Sorted(maps.Keys(c.Services)); !slices.Equal(got, []string{"postgres", "server", "valkey", "worker"}) {
		t.Errorf("services %v", got)
	}
	if got := slices.Sorted(maps.Keys(c.Volumes)); !slices.Equal(got, slices.Sorted(maps.Keys(used))) || len(got) != 2 {
		t.Errorf("volumes %v, used %v", got, used)
	}
}

// checkSettings loads what the service is told as the program would.
func checkSettings(t *testing.T, name string, s service, c composition) {
	t.Helper()
	environ := []string{config.DataDir + "=" + t.TempDir()}
	expand := regexp.MustCompile(`\$\{[A-Z_]+(:-([^}]*))?(:\?[^}]*)?\}`)
	for key, value := range s.Environment {
		environ = append(environ, key+"="+expand.ReplaceAllStringFunc(value, func(v string) string {
			if m := expand.FindStringSubmatch(v); m[1] != "" {
				return m[2]
			}
			return "secret"
		}))
	}
	cfg, err := config.Load(config.Options{Environ: environ})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, key := range []string{config.ServerDatabaseURL, config.RedisURL} {
		u, err := url.Parse(cfg.String(key))
		if err != nil || c.Services[u.Hostname()].Image == "" {
			t.Errorf("%s: %s is %v, %v", name, key, u, err)
		}
	}
	if cfg.String(config.QueueEngine) != "redis" {
		t.Errorf("%s: the queue is %q", name, cfg.String(config.QueueEngine))
	}
	if serves := len(s.Ports) > 0; cfg.Bool(config.GenerationDisabled) != serves {
		t.Errorf("%s: generates where it shall not, or does not where it shall", name)
	}
}

// The manager's own tool finds what is misspelt, on machines that have it. It wants
// the program to be there.
func TestUnitsAreValid(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("no systemd-analyze: only the settings and commands of the units were checked")
		return
	}
	dir := t.TempDir()
	program, err := testbin.Build(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, unit := range files(t)[:2] {
		text := read(t, unit)
		if !strings.Contains(text, "ExecStart=/usr/local/bin/claude-mem ") {
			t.Fatalf("%s starts something else", unit)
		}
		copied := filepath.Join(dir, strings.Replace(unit, "@", "@1", 1))
		text = strings.Replace(text, "/usr/local/bin/claude-mem", program, 1)
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), tool, "verify", "--man=no", copied).CombinedOutput()
		if err != nil || strings.Contains(string(out), unit[:len("claude-mem")]) {
			t.Errorf("%s: %v\n%s", unit, err, out)
		}
	}
}
