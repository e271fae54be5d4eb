package install

import (
	"fmt"
	"os"
	"strings"
	"unicode"
)

// trusted adds to a report on Codex's hooks those that its user has not agreed to:
// Codex runs no others, and says so only where somebody looks. What was agreed to
// stands in its settings, by the place of each hook in its file.
func trusted(r Report, config string) Report {
	text, err := os.ReadFile(config)
	if err != nil && !os.IsNotExist(err) {
		r.Problems = append(r.Problems, err.Error())
		return r
	}
	doc, err := parseTOML(text)
	if err != nil {
		r.Problems = append(r.Problems, fmt.Sprintf("%s: %v", config, err))
		return r
	}
	for _, name := range []string{"hooks", "codex_hooks"} {
		if doc.table("features")[name] == false {
			r.Problems = append(r.Problems, fmt.Sprintf("%s: features.%s is false: the host runs no hooks", config, name))
		}
	}
	state := doc.table("hooks", "state")
	for _, e := range r.entries {
		agreed := false
		for _, path := range []string{r.asked, r.Path} {
			one, _ := state[fmt.Sprintf("%s:%s:%d:%d", path, snake(e.event), e.group, e.hook)].(map[string]any)
			hash, _ := one["trusted_hash"].(string)
			agreed = agreed || hash != "" && one["enabled"] != false
		}
		if !agreed {
			r.Untrusted = append(r.Untrusted, e.event)
		}
	}
	return r
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
