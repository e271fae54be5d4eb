package hooks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"claude-mem/internal/config"
	"claude-mem/internal/privacy"
	"claude-mem/internal/project"
	"claude-mem/memory"
)

// Decoder turns the payloads of one host into records. Replay uses it with the
// same rules as live hooks.
type Decoder struct {
	host    host
	cfg     *config.Config
	resolve func(cwd string) project.Identity
}

// DecoderOptions say what a Decoder goes by.
type DecoderOptions struct {
	Agent  string // see Agents
	Config *config.Config
	// Resolve finds the project of a recorded folder; nil means the resolver that
	// live hooks use.
	Resolve func(cwd string) project.Identity
}

// NewDecoder makes a decoder; an agent that is not known is an error.
func NewDecoder(o DecoderOptions) (*Decoder, error) {
	h := hostOf(o.Agent)
	if h == nil {
		return nil, fmt.Errorf("%q is no agent; there is %s", o.Agent, strings.Join(Agents(), ", "))
	}
	if o.Resolve == nil {
		o.Resolve = resolveWith(o.Config, "")
	}
	return &Decoder{host: h, cfg: o.Config, resolve: o.Resolve}, nil
}

func resolveWith(cfg *config.Config, projectDir string) func(string) project.Identity {
	return func(cwd string) project.Identity {
		return project.Resolve(project.Input{Override: cfg.String(config.ServerProjectID), ProjectDir: projectDir, CWD: cwd})
	}
}

// Decode reads one payload. A payload that is understood and not to be recorded
// has a skipped reason, in words; one that is not understood is an error. The
// record is valid and clean: nothing private is in it.
func (d *Decoder) Decode(payload []byte) (r memory.HookRecord, skipped string, err error) {
	_, r, skipped, err = d.decode(payload)
	return r, skipped, err
}

func (d *Decoder) decode(payload []byte) (event, memory.HookRecord, string, error) {
	e, err := d.host.decode(payload)
	if err != nil {
		return e, memory.HookRecord{}, "", err
	}
	if reason := d.filter(e); reason != "" {
		return e, memory.HookRecord{}, reason, nil
	}
	id := d.resolve(e.cwd)
	if excluded(d.cfg.List(config.ExcludedProjects), id, e.cwd) {
		return e, memory.HookRecord{}, "the project is excluded", nil
	}
	r := memory.HookRecord{
		Project: id.Name, SessionID: e.session, PlatformSource: d.host.platform(), OccurredAt: memory.EpochOf(e.at),
	}
	if e.at.IsZero() {
		r.OccurredAt = memory.EpochOf(time.Now())
	}
	if reason := d.fill(&r, e, id); reason != "" {
		return e, memory.HookRecord{}, reason, nil
	}
	if err := r.Validate(); err != nil {
		return e, memory.HookRecord{}, "", fmt.Errorf("%s: %w", e.name, err)
	}
	return e, r, "", nil
}

// maxText bounds a prompt or a message, in bytes.
const maxText = 16 << 10

// fill adds what the event tells and wants. It returns why there is nothing left
// once it is cleaned.
func (d *Decoder) fill(r *memory.HookRecord, e event, id project.Identity) string {
	switch e.kind {
	case kindSessionStart:
		r.Want.Session, r.Want.Resumed = true, e.resumed
	case kindPrompt:
		prompt := clean(e.prompt)
		if prompt == "" {
			return "nothing of the prompt may be kept"
		}
		attach(r, e, memory.EventUserPrompt, memory.Prompt{Prompt: prompt, CWD: e.cwd})
		if d.cfg.Bool(config.SemanticInject) {
			r.Want.Prompt = prompt
		}
	case kindBeforeRead:
		r.Want.File = relative(id.Root, e.file)
	case kindTool:
		attach(r, e, memory.EventToolUse, cleanTool(e.tool))
		if e.file != "" && d.cfg.Bool(config.FileContext) {
			r.Want.File = relative(id.Root, e.file)
		}
	case kindStop, kindSubagentStop:
		// A sub-agent is summed up with its parent.
		r.Summarize = e.kind == kindStop
		if message := clean(e.message); message != "" {
			attach(r, e, memory.EventAssistantMessage, memory.AssistantMessage{Message: message, CWD: e.cwd})
		} else if !r.Summarize {
			return "the sub-agent said nothing"
		}
	case kindCompact:
		r.Summarize = true
	case kindSessionEnd:
		r.EndSession = true
	}
	return ""
}

func clean(s string) string {
	return privacy.Cut(strings.TrimSpace(privacy.Text(s)), maxText)
}

// Bounds on what a tool was given and what it answered. Both keep their two ends.
var (
	inputLimits    = privacy.Limits{Field: maxText, Total: 64 << 10}
	responseLimits = privacy.Limits{Field: maxText, Total: 64 << 10}
)

func cleanTool(t memory.ToolUse) memory.ToolUse {
	t.Input, _ = privacy.JSON(t.Input, inputLimits)
	t.Response, _ = privacy.JSON(t.Response, responseLimits)
	t.Error = clean(t.Error)
	t.CWD = privacy.Text(t.CWD)
	return t
}

// attach gives the record its event.
func attach(r *memory.HookRecord, e event, eventType string, payload any) {
	raw, err := json.Marshal(payload)
	if err != nil {
		raw = []byte("null") // its raw parts were made valid, and texts always marshal
	}
	ev := &memory.HookEvent{Type: eventType, AgentID: e.agentID, AgentType: e.agentType, Payload: raw}
	if e.toolID != "" && len(e.toolID) <= memory.MaxIDBytes {
		ev.SourceID = e.toolID
	} else {
		// What the host says tells two equal events apart better than the clock does: a
		// hook that is registered twice fires twice, at two times.
		when := e.once
		if when == "" {
			when = fmt.Sprint(r.OccurredAt)
		}
		ev.SourceID = hash(e.session, eventType, e.agentID, when, string(raw))
	}
	r.Event = ev
}

// hash names an event by what it is.
func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// relative tells a file by its path in the project, which is how memories name it.
func relative(root, file string) string {
	if rel, err := filepath.Rel(root, file); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return file
}
