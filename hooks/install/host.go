package install

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
)

// Host is an agent host of the user's, and where it keeps what we edit.
type Host struct {
	Agent   string // its name for `claude-mem hook` and in sessions
	Name    string // what people call it
	Program string // what it is started as
	Dir     string // where its settings are
	Files   []File // that are edited; the hooks are in the first, the MCP server in the last
	Next    string // what the user is to do after a first registration, in a line

	hooks  form
	agreed string // the file where it keeps which hooks its user agreed to; "": it runs all
}

// Here reports whether the host is on this machine.
func (h Host) Here() bool {
	if _, err := exec.LookPath(h.Program); err == nil {
		return true
	}
	fi, err := os.Stat(h.Dir)
	return err == nil && fi.IsDir()
}

// Place says where hosts look for their files.
type Place struct {
	Home   string              // the user's home folder
	Getenv func(string) string // as os.Getenv
}

// Hosts lists the hosts we register with.
func Hosts(p Place) []Host { return []Host{claudeCode(p), codex(p), gemini(p)} }

// dir is a host's own folder: where the variable says, else in the home folder.
func (p Place) dir(variable, name string) string {
	if dir := p.Getenv(variable); dir != "" {
		return dir
	}
	return filepath.Join(p.Home, name)
}

// claudeCode keeps hooks in its settings, and MCP servers in the file where it keeps
// its state, which it writes itself all the time.
func claudeCode(p Place) Host {
	dir := p.dir("CLAUDE_CONFIG_DIR", ".claude")
	state := p.Home
	if p.Getenv("CLAUDE_CONFIG_DIR") != "" {
		state = dir
	}
	hooks := claudeForm()
	return Host{
		Agent: hooks.agent, Name: "Claude Code", Program: "claude", Dir: dir, hooks: hooks,
		Next: "a Claude Code that runs now sees them after a restart; `claude-mem doctor` checks them",
		Files: []File{
			jsonFile(File{What: "Hooks", Verb: "are", Path: filepath.Join(dir, "settings.json"), parts: []part{hooksPart{hooks}}}),
			jsonFile(File{What: "MCP", Verb: "is", Path: filepath.Join(state, ".claude.json"), parts: []part{serverPart{
				form: func(exe string) server {
					return server{Type: "stdio", Command: exe, Args: []string{"mcp"}, AlwaysLoad: true}
				},
				removal: "claude mcp remove --scope user " + serverName,
			}}}),
		},
	}
}

// codex keeps hooks in a file of their own, and MCP servers in its settings.
func codex(p Place) Host {
	dir := p.dir("CODEX_HOME", ".codex")
	config, hooks := filepath.Join(dir, "config.toml"), codexForm()
	return Host{
		Agent: hooks.agent, Name: "Codex", Program: "codex", Dir: dir, hooks: hooks,
		Next:   "start `codex` and choose to trust them when it asks (or type /hooks, then t); until then it runs none of them, and `codex exec` never asks",
		agreed: config,
		Files: []File{
			jsonFile(File{What: "Hooks", Verb: "are", Path: filepath.Join(dir, "hooks.json"), parts: []part{hooksPart{hooks}}}),
			{What: "MCP", Verb: "is", Path: config, parts: []part{tomlServer{}}, same: bytes.Equal},
		},
	}
}

// gemini keeps hooks and MCP servers in one file.
func gemini(p Place) Host {
	dir, hooks := filepath.Join(p.dir("GEMINI_CLI_HOME", ""), ".gemini"), geminiForm()
	return Host{
		Agent: hooks.agent, Name: "Gemini CLI", Program: "gemini", Dir: dir, hooks: hooks,
		Next: "a Gemini CLI that runs now sees them after a restart",
		Files: []File{{
			What: "Hooks, MCP", Verb: "are", Path: filepath.Join(dir, "settings.json"), empty: "{}\n", same: sameCommented,
			parts: []part{hooksPart{hooks}, serverPart{
				form:     func(exe string) server { return server{Command: exe, Args: []string{"mcp"}} },
				removal:  "gemini mcp remove --scope user " + serverName,
				comments: true,
			}},
		}},
	}
}

// jsonFile is a file that holds one JSON object.
func jsonFile(f File) File {
	f.empty, f.same = "{}\n", sameJSON
	return f
}
