package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Config is the settings of one process. It does not change.
type Config struct {
	Dirs   Dirs
	values map[string]value
}

type value struct {
	text   string
	origin Origin
}

// Origin says where a value came from.
type Origin struct {
	Source string // "flag", "environment", "file" or "default"
	Name   string // the flag's or variable's name, or the file's path
}

// String is the origin for people: "environment CLAUDE_MEM_DISABLE".
func (o Origin) String() string { return strings.TrimSpace(o.Source + " " + o.Name) }

// Options is where Load looks.
type Options struct {
	Flags   map[string]string // by setting name; an empty value is not set
	Environ []string          // as os.Environ gives it, which nil stands for
}

// Load collects the settings. It returns a Config even with an error: whatever the
// error names then has its default, so that a hook can go on where a command
// would rather stop. The error joins one line for each thing that is wrong. Where
// the directories themselves are wrong, Dirs is zero, no file is read and nothing
// but the defaults counts, with Disable on: a hook then does and writes nothing.
func Load(opts Options) (*Config, error) {
	if opts.Environ == nil {
		opts.Environ = os.Environ()
	}
	env := environment(opts.Environ)
	dirs, err := findDirs(dataDir(opts.Flags[DataDir], env[DataDir]), userHome)
	if err != nil {
		return nowhere(), err
	}
	path := dirs.SettingsFile()
	file, err := readSettings(path)
	errs := []error{err}

	settings := Settings()
	c := &Config{Dirs: dirs, values: make(map[string]value, len(settings))}
	for _, s := range settings {
		v := s.find(opts.Flags, env, file, path)
		if fix := s.check(v.text); v.text != "" && fix != "" {
			errs = append(errs, fmt.Errorf("%s is %q (from %s); it must be %s", s.Key, s.Show(v.text), v.origin, fix))
			v = value{s.Default, Origin{Source: "default"}}
		}
		if s.Key == DataDir && v.text != "" && v.origin.Source != "file" {
			v.text = dirs.Data // as it is understood, for whoever hands it on
		}
		c.values[s.Key] = v
	}
	c.pointAtTeam()
	return c, errors.Join(errs...)
}

// dataDir is the chosen data directory. One that is given as a flag may be relative:
// whoever types it means the folder they are in.
func dataDir(flag, env string) string {
	if flag == "" || strings.HasPrefix(flag, "~") {
		return first(flag, env)
	}
	if abs, err := filepath.Abs(flag); err == nil {
		return abs
	}
	return flag
}

// nowhere is the configuration of a process that has no directories.
func nowhere() *Config {
	c := &Config{values: make(map[string]value)}
	for _, s := range Settings() {
		c.values[s.Key] = value{s.Default, Origin{Source: "default"}}
	}
	c.values[Disable] = value{"true", Origin{Source: "default"}}
	return c
}

// find takes the setting from the first place that has it.
func (s Setting) find(flags, env, file map[string]string, path string) value {
	if text := flags[s.Key]; text != "" {
		return value{text, Origin{"flag", s.Key}}
	}
	names := append([]string{s.Key}, s.Aliases...)
	for _, name := range names {
		if text := env[name]; text != "" {
			return value{text, Origin{"environment", name}}
		}
	}
	for _, name := range names {
		if text := file[name]; text != "" {
			return value{text, Origin{"file", path}}
		}
	}
	return value{s.Default, Origin{Source: "default"}}
}

// Show is the setting's text as it may be shown: a secret masked, and so the password
// of an address.
func (s Setting) Show(text string) string {
	if s.Secret {
		return Mask(text)
	}
	return withoutPassword(text)
}

// environment keeps those variables that can be settings.
func environment(environ []string) map[string]string {
	env := make(map[string]string)
	for _, kv := range environ {
		k, v, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(k, "CLAUDE_MEM_") || strings.HasSuffix(k, keySuffix) {
			env[k] = v
		}
	}
	return env
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// String returns the setting's text; "" if it is not set and has no default.
func (c *Config) String(key string) string { return c.values[key].text }

// Int returns a KindInt setting.
func (c *Config) Int(key string) int {
	n, _ := strconv.Atoi(c.values[key].text) // Load checked it
	return n
}

// Bool returns a KindBool setting.
func (c *Config) Bool(key string) bool {
	b, _ := parseBool(c.values[key].text)
	return b
}

// Duration returns a KindDuration setting.
func (c *Config) Duration(key string) time.Duration {
	d, _ := parseDuration(c.values[key].text)
	return d
}

// List returns a KindList setting, items trimmed, empty ones left out.
func (c *Config) List(key string) []string { return parseList(c.values[key].text) }

// Origin tells where the setting's value came from.
func (c *Config) Origin(key string) Origin { return c.values[key].origin }
