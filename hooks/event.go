package hooks

import (
	"time"

	"claude-mem/memory"
)

// kind is what an event means to us, whatever its host calls it.
type kind int

const (
	kindOther        kind = iota // nothing to us
	kindSessionStart             // tell what is known
	kindPrompt                   // record what the person asked
	kindBeforeRead               // tell what is known about a file
	kindTool                     // record what a tool did
	kindStop                     // record what the agent said, and sum up
	kindSubagentStop             // record what a sub-agent said
	kindCompact                  // sum up before the host forgets
	kindSessionEnd               // sum up for good
)

// event is one hook call, as its host file decodes it.
type event struct {
	name string // the host's own name for it
	kind kind

	session   string
	cwd       string
	at        time.Time // the host's clock; zero if it does not say
	once      string    // what tells the event from an equal one of the session, such as its turn; "": the time does
	agentID   string    // set inside of a sub-agent
	agentType string

	resumed bool           // kindSessionStart: the agent has all of its conversation
	prompt  string         // kindPrompt
	file    string         // kindBeforeRead; of kindTool, the file it read, to be told about with its answer
	tool    memory.ToolUse // kindTool
	toolID  string         // kindTool: the host's id of the call
	message string         // kindStop, kindSubagentStop
	again   bool           // kindStop: a hook kept the turn going, this is its echo
}

// deadline is how long the daemon may take, counted from the start of the process.
// The host waits for all of it.
func (e event) deadline() time.Duration {
	switch e.kind {
	case kindSessionStart:
		return 1500 * time.Millisecond
	case kindSessionEnd:
		return time.Second // Claude Code gives 1.5 s
	case kindStop, kindSubagentStop, kindCompact:
		return 500 * time.Millisecond
	case kindBeforeRead:
		return 200 * time.Millisecond
	}
	return 300 * time.Millisecond
}

// host is what differs between agent hosts.
type host interface {
	// platform is the name that sessions carry.
	platform() string
	// projectDir finds what the host calls its project in the environment.
	projectDir(env environ) string
	// decode reads a payload. A field of a wrong type counts as missing.
	decode(payload []byte) (event, error)
	// answer is what to print so that the model reads text.
	answer(e event, text string) []byte
}

// hostOf returns the host of that name, or nil.
func hostOf(agent string) host {
	switch agent {
	case ClaudeCode:
		return claudeCode{}
	case Codex:
		return codex{}
	case Gemini:
		return gemini{}
	}
	return nil
}

// Agents lists the hosts there are.
func Agents() []string { return []string{ClaudeCode, Codex, Gemini} }
