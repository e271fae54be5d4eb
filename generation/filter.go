package generation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"claude-mem/internal/privacy"
	"claude-mem/memory"
)

// lookBack is how many events before it a read is compared with.
const lookBack = 50

// filter drops the events that no provider need be asked about, and keeps why.
func (a *attempt) filter(ctx context.Context, in *input) error {
	if a.job.Kind == memory.KindSummary || in.skip != "" {
		return nil
	}
	seen, err := a.readsBefore(ctx, in.Events)
	if err != nil {
		return err
	}
	in.filtered = make(map[string]string)
	for _, e := range in.Events {
		c := toolCallOf(e)
		if why := c.pointless(a.IgnoreCommands); why != "" {
			in.filtered[e.ID] = why
			continue
		}
		if d := c.digest(); c.reads() && seen[d] {
			in.filtered[e.ID] = "repeats what was read before"
		} else {
			seen[d] = true
		}
	}
	if len(in.filtered) == 0 {
		return nil
	}
	in.Events = slices.DeleteFunc(slices.Clone(in.Events), func(e memory.Event) bool { return in.filtered[e.ID] != "" })
	if !slices.ContainsFunc(in.owed, func(e memory.Event) bool { return in.filtered[e.ID] == "" }) {
		in.skip = in.filtered[in.owed[0].ID]
	}
	return nil
}

// readsBefore are the digests of what the session read shortly before the events,
// which are only looked for if one of them reads.
func (a *attempt) readsBefore(ctx context.Context, events []memory.Event) (map[[sha256.Size]byte]bool, error) {
	seen := make(map[[sha256.Size]byte]bool)
	if a.job.SessionID == "" || !slices.ContainsFunc(events, func(e memory.Event) bool { return toolCallOf(e).reads() }) {
		return seen, nil
	}
	before, err := a.Store.EventsBefore(ctx, a.job.Scope(), events[0], lookBack)
	if err != nil {
		return nil, fmt.Errorf("load events before: %w", err)
	}
	for _, e := range before {
		if c := toolCallOf(e); c.reads() {
			seen[c.digest()] = true
		}
	}
	return seen, nil
}

// toolCall is what the filters look at.
type toolCall struct {
	Tool     string          `json:"tool_name"`
	Input    json.RawMessage `json:"tool_input"`
	Response json.RawMessage `json:"tool_response"`
	Error    string          `json:"error"`
}

// toolCallOf reads an event that is a tool's; of any other nothing is filtered.
func toolCallOf(e memory.Event) (c toolCall) {
	if e.EventType == memory.EventToolUse && json.Unmarshal(e.Payload, &c) != nil {
		return toolCall{}
	}
	return c
}

// reads reports whether the tool looks at files and changes nothing.
func (c toolCall) reads() bool {
	switch strings.ToLower(c.Tool) {
	case "read", "grep", "glob", "ls", "notebookread", "read_file", "read_many_files", "list_directory", "grep_search",
		"search_file_content", "glob_files", "view_image":
		return c.Error == ""
	}
	return false
}

// command is what a shell tool ran, else "".
func (c toolCall) command() string {
	switch strings.ToLower(c.Tool) {
	case "bash", "shell", "run_shell_command", "local_shell", "exec_command", "shell_command":
	default:
		return ""
	}
	var in struct {
		Command any    `json:"command"`
		Cmd     string `json:"cmd"`
	}
	if json.Unmarshal(c.Input, &in) != nil {
		return ""
	}
	switch v := in.Command.(type) {
	case string:
		return strings.TrimSpace(v)
	case []any: // a shell and what it shall run
		if len(v) > 0 {
			s, _ := v[len(v)-1].(string)
			return strings.TrimSpace(s)
		}
	}
	return strings.TrimSpace(in.Cmd)
}

// digest tells calls with their results apart.
func (c toolCall) digest() (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(c.Tool), c.Input, c.Response} {
		_, _ = fmt.Fprintf(h, "%d:", len(part)) // a hash never fails
		_, _ = h.Write(part)
	}
	return [sha256.Size]byte(h.Sum(sum[:0]))
}

// pointless is why nobody can learn anything of the call, or "". A failure may always
// be worth something, unless the user does not want to hear of the command at all.
func (c toolCall) pointless(ignored []string) string {
	cmd := c.command()
	if p, ok := matching(ignored, cmd); ok {
		return "the command is ignored by the pattern " + p
	}
	switch {
	case c.Error != "":
		return ""
	case cmd != "" && trivial(cmd):
		return "a trivial command"
	case c.reads() && foundNothing(c.Response):
		return "nothing was found"
	case c.changedNothing():
		return "the file was left as it was"
	}
	return ""
}

// matching finds the pattern that describes the whole command. A * stands for any
// text, also one with slashes and spaces.
func matching(patterns []string, cmd string) (string, bool) {
	if cmd == "" {
		return "", false
	}
	flat := strings.NewReplacer("/", "\x01", "\n", " ").Replace(cmd)
	for _, p := range patterns {
		if ok, err := path.Match(strings.ReplaceAll(p, "/", "\x01"), flat); err == nil && ok {
			return p, true
		}
	}
	return "", false
}

// trivial reports whether a command does nothing but look around: no part of it may
// be another, and nothing may be written.
func trivial(cmd string) bool {
	if strings.ContainsAny(cmd, ">`$(){}") {
		return false
	}
	parts := strings.FieldsFunc(cmd, func(r rune) bool { return strings.ContainsRune(";&|\n", r) })
	for _, p := range parts {
		words := strings.Fields(p)
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "cd", "pwd", "ls", "echo", "clear", "true", ":", "sleep", "which", "whoami", "date", "hostname", "uname":
		default:
			return false
		}
	}
	return len(parts) > 0
}

// foundNothing reports whether a search came back empty, in the words of those hosts
// that are known.
func foundNothing(response json.RawMessage) bool {
	if blankJSON(response) {
		return true
	}
	var text string
	if json.Unmarshal(response, &text) == nil {
		text = strings.ToLower(strings.TrimSpace(text))
		return text == "no files found" || text == "no matches found"
	}
	var found struct {
		NumFiles  *int     `json:"numFiles"`
		Filenames []string `json:"filenames"`
		Content   string   `json:"content"`
	}
	if json.Unmarshal(response, &found) != nil {
		return false
	}
	return found.NumFiles != nil && *found.NumFiles == 0 && len(found.Filenames) == 0 && found.Content == ""
}

// changedNothing reports whether an edit left its file as it was.
func (c toolCall) changedNothing() bool {
	switch strings.ToLower(c.Tool) {
	case "edit", "replace":
		var in struct {
			Old *string `json:"old_string"`
			New *string `json:"new_string"`
		}
		return json.Unmarshal(c.Input, &in) == nil && in.Old != nil && in.New != nil && *in.Old == *in.New
	case "write":
		var was struct {
			Type     string          `json:"type"`
			Patch    json.RawMessage `json:"structuredPatch"`
			Content  *string         `json:"content"`
			Original *string         `json:"originalFile"`
		}
		if json.Unmarshal(c.Response, &was) != nil || was.Type != "update" {
			return false
		}
		same := was.Content != nil && was.Original != nil && *was.Content == *was.Original
		return same || was.Original == nil && bytes.Equal(bytes.TrimSpace(was.Patch), []byte("[]"))
	case "write_file":
		var was struct {
			Display struct {
				Diff *string `json:"fileDiff"`
				New  bool    `json:"isNewFile"`
			} `json:"returnDisplay"`
		}
		return json.Unmarshal(c.Response, &was) == nil && was.Display.Diff != nil && !was.Display.New && !strings.Contains(*was.Display.Diff, "\n@@ ")
	}
	return false
}

// skippedBecause is the result of what was completed without an observation.
func skippedBecause(why string) memory.Opt {
	return memory.Opt("skipped: " + privacy.Cut(clean(why), maxReason))
}
