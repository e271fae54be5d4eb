package install

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode"
)

// trusted adds to a report on Codex's hooks those that its user has not agreed to:
// Codex runs no others, and says so only where somebody looks.
//
// What was agreed to stands as a checksum of the hook, which Codex makes in a way of its
// own. So a hook that was changed since cannot be told from one that was not.
func (h Host) trusted(r Report) Report {
	doc, err := readAgreed(h.agreed)
	if err != nil {
		r.Problems = append(r.Problems, err.Error())
		return r
	}
	for _, name := range []string{"hooks", "codex_hooks"} {
		if doc.table("features")[name] == false {
			r.Problems = append(r.Problems, fmt.Sprintf("%s: features.%s is false: the host runs no hooks", h.agreed, name))
		}
	}
	for _, e := range r.entries {
		if !doc.agreedTo(e, r.asked, r.Path) {
			r.Untrusted = append(r.Untrusted, e.event)
		}
	}
	if len(r.Untrusted) == 0 {
		r.Agreed = fmt.Sprintf("agreed to; %s asks again when the command changes", h.Name)
	}
	return r
}

// AsksAgain reports whether a plan for the host's hooks changes any that its user has
// agreed to. The host runs such a one no more until the user agrees to it anew.
func (h Host) AsksAgain(p Plan) bool {
	f := h.Files[0]
	if h.agreed == "" || p.Path != resolved(f.Path) {
		return false
	}
	doc, err := readAgreed(h.agreed)
	if err != nil {
		return false // which doctor tells
	}
	before, err := parseSettings(f.text(p.Before), h.hooks)
	if err != nil {
		return false
	}
	after, err := parseSettings(f.text(p.After), h.hooks)
	if err != nil {
		return false
	}
	for _, event := range after.registered() {
		now := after.entries(event)
		for _, e := range before.entries(event) {
			same := slices.ContainsFunc(now, func(n entry) bool {
				return n.group == e.group && n.hook == e.hook && sameJSON(before.plain[e.node.start:e.node.end], after.plain[n.node.start:n.node.end])
			})
			if !same && doc.agreedTo(e, f.Path, p.Path) {
				return true
			}
		}
	}
	return false
}

// readAgreed reads Codex's settings, which need not be there.
func readAgreed(config string) (tomlDoc, error) {
	text, err := os.ReadFile(config)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	doc, err := parseTOML(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", config, err)
	}
	return doc, nil
}

// agreedTo reports whether Codex's user has agreed to what once stood in an entry's
// place, and has not switched it off. files are names of the file that the entry is in.
func (d tomlDoc) agreedTo(e entry, files ...string) bool {
	state := d.table("hooks", "state")
	return slices.ContainsFunc(files, func(file string) bool {
		one, _ := state[fmt.Sprintf("%s:%s:%d:%d", file, snake(e.event), e.group, e.hook)].(map[string]any)
		hash, _ := one["trusted_hash"].(string)
		return hash != "" && one["enabled"] != false
	})
}

// snake writes PostToolUse as post_tool_use.
func snake(s string) string {
	var out strings.Builder
	for i, r := range s {
		if unicode.IsUpper(r) && i > 0 {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}
