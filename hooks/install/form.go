package install

import (
	"runtime"
	"slices"
)

// form is how a host wants its hooks.
type form struct {
	agent    string
	events   []string          // in the order a session meets them
	matchers map[string]string // by event: the tools it is registered for; none: all
	entry    func(exe string) (hook, error)
	comments bool                     // may stand in the file
	off      func(s *settings) string // why the host runs no hooks, though they are registered; ""
}

// wanted lists the events to register for.
func (f form) wanted(o Options) []string {
	if o.FileContext {
		return f.events
	}
	return slices.DeleteFunc(slices.Clone(f.events), func(event string) bool { return event == beforeRead })
}

// beforeRead is Claude Code's event that only FileContext needs. The other hosts are
// told about a file when it was read.
const beforeRead = "PreToolUse"

// giveUp is when a host gives a hook up, in seconds. The hook itself stops long before.
const giveUp = 5

// claudeForm is without a shell: that costs more than the hook itself.
func claudeForm() form {
	const agent = "claude-code"
	return form{
		agent: agent,
		events: []string{
			"SessionStart", "UserPromptSubmit", beforeRead, "PostToolUse", "PostToolUseFailure", "Stop", "SubagentStop", "PreCompact", "SessionEnd",
		},
		matchers: map[string]string{beforeRead: "Read"},
		entry: func(exe string) (hook, error) {
			return hook{Type: "command", Command: exe, Args: []string{"hook", agent}, Timeout: giveUp}, nil
		},
		off: func(s *settings) string {
			if s.says("true", "disableAllHooks") {
				return `"disableAllHooks" is true: the host runs no hooks`
			}
			return ""
		},
	}
}

// codexForm is a line for the shell: Codex knows no other. It ignores the whole file
// if anything in it is not what it expects.
func codexForm() form {
	const agent = "codex"
	return form{
		agent:  agent,
		events: []string{"SessionStart", "UserPromptSubmit", "PostToolUse", "Stop", "Interrupt", "SubagentStop", "PreCompact", "SessionEnd"},
		entry: func(exe string) (hook, error) {
			command, err := shellLine(runtime.GOOS, exe, "hook", agent)
			return hook{Type: "command", Command: command, Timeout: giveUp}, err
		},
	}
}

// geminiForm is a line for the shell, too, and has a name by which it can be switched
// off. PreCompress fires before each request of the model, and only by hand for a
// reason.
func geminiForm() form {
	const agent, manual = "gemini", "manual"
	return form{
		agent:    agent,
		events:   []string{"SessionStart", "BeforeAgent", "AfterTool", "AfterAgent", "PreCompress", "SessionEnd"},
		matchers: map[string]string{"PreCompress": manual},
		comments: true,
		entry: func(exe string) (hook, error) {
			line := shellLine
			if runtime.GOOS == "windows" {
				line = powershellLine
			}
			command, err := line(runtime.GOOS, exe, "hook", agent)
			return hook{Name: serverName, Type: "command", Command: command, Timeout: giveUp * 1000}, err
		},
		off: func(s *settings) string {
			if s.says("false", "hooksConfig", "enabled") {
				return `"hooksConfig.enabled" is false: the host runs no hooks`
			}
			if list := s.at("hooksConfig", "disabled"); list != nil {
				for _, elem := range list.elems {
					if string(s.plain[elem.start:elem.end]) == `"`+serverName+`"` {
						return `"hooksConfig.disabled" names ` + serverName + ": the host does not run its hooks"
					}
				}
			}
			return ""
		},
	}
}
