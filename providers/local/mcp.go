package local

import (
	"encoding/json"
	"strings"

	"claude-mem/memory"
)

// served is the rule for MCP tools: what they wrote somewhere is remembered, what
// they read is not.
func (sc scene) served(c *call) note {
	server, verb := mcpName(c.tool)
	words := strings.ToLower(strings.NewReplacer("_", " ", "-", " ").Replace(spaced(verb)))
	writes := hasWord(words, "create", "update", "delete", "add", "set", "write", "post", "send", "comment", "close", "merge",
		"move", "upload",
		"publish", "insert", "edit", "reply", "assign", "archive", "remove", "save", "submit", "trigger", "deploy", "run",
		"execute", "apply")
	if !writes || hasWord(words, "get", "list", "search", "read", "find", "fetch", "query", "describe") {
		return skipped("read-only: " + clip(verb, 60))
	}
	if c.failed {
		reason := gist(c.err)
		if reason == "" {
			return skipped("MCP call failed without a word")
		}
		return remembered(memory.KindDiscovery, memory.Metadata{
			Title: server + ": cannot " + words + ": " + reason, Subtitle: sc.ask.subtitle(), Facts: inputFacts(c.input), Concepts: []string{gotcha},
		})
	}
	target := c.str("issueId", "issue_number", "issue", "id", "identifier", "key", "path", "name", "repo", "channel")
	if ident := answerField(c.text, "identifier", "key"); ident != "" {
		target = ident
	}
	d := digest(c.str("body", "content", "text", "description", "message", "comment"))
	topic := first(c.str("title", "subject", "summary"), d.title())
	if len(d.heads) > 0 && c.str("title") == "" {
		topic = d.heads[0]
	}
	m := memory.Metadata{
		Title:     server + ": " + words,
		Subtitle:  sc.ask.subtitle(),
		Narrative: d.narrative(topic),
		Facts:     best(d.facts, maxFacts-3),
		Concepts:  []string{whatChanged},
	}
	if target != "" && len(target) < 30 && !strings.HasPrefix(topic, target) {
		m.Title += " " + target
	}
	if topic != "" {
		m.Title += ": " + topic
	} else {
		m.Facts = append(inputFacts(c.input), m.Facts...)
	}
	if link := answerField(c.text, "url", "html_url"); link != "" {
		m.Facts = append(m.Facts, link)
	}
	return remembered(memory.KindChange, m)
}

// mcpName splits mcp__server__tool, or mcp_server_tool as Gemini has it.
func mcpName(tool string) (server, verb string) {
	if rest, ok := strings.CutPrefix(tool, "mcp__"); ok {
		server, verb, _ = strings.Cut(rest, "__")
	} else {
		server, verb, _ = strings.Cut(strings.TrimPrefix(tool, "mcp_"), "_")
	}
	return strings.TrimSuffix(strings.TrimSuffix(server, "-server"), "_server"), verb
}

// spaced puts spaces before the capitals of a camelCase word.
func spaced(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if i > 0 && s[i] >= 'A' && s[i] <= 'Z' && s[i-1] >= 'a' && s[i-1] <= 'z' {
			b.WriteByte(' ')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// answerField is a field of an answer that is JSON in a text.
func answerField(text string, names ...string) string {
	var m map[string]any
	if !strings.HasPrefix(strings.TrimSpace(text), "{") || json.Unmarshal([]byte(text), &m) != nil {
		return ""
	}
	return pick(m, names...)
}
