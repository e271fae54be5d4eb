package local

import "strings"

// maxNesting bounds the walk into a foreign result.
const maxNesting = 6

// flatten is the text in a result: of the many shapes that hosts wrap it in, what a
// person would have seen.
func flatten(v any) string { return flattenAt(v, 0) }

// flattenAt is flatten at a depth. Of an object only one field is taken, the first
// that says something: hosts repeat the same text under several names.
func flattenAt(v any, depth int) string {
	if depth > maxNesting {
		return ""
	}
	switch v := v.(type) {
	case string:
		return v
	case []any:
		var parts []string
		for _, e := range v {
			if s := flattenAt(e, depth+1); s != "" {
				parts = append(parts, s)
			}
		}
		return strings.Join(parts, "\n")
	case map[string]any:
		if out, ok := v["stdout"]; ok {
			return strings.TrimRight(flattenAt(out, depth+1)+"\n"+flattenAt(v["stderr"], depth+1), "\n")
		}
		for _, key := range []string{"text", "content", "result", "output", "llmContent", "message", "error", "results"} {
			if s := flattenAt(v[key], depth+1); s != "" {
				return s
			}
		}
	}
	return ""
}

// flagged reports whether a result says of itself that it is a failure.
func flagged(v any) bool {
	m, ok := v.(map[string]any)
	if !ok {
		return false
	}
	if truth(m["isError"]) || truth(m["is_error"]) || truth(m["interrupted"]) {
		return true
	}
	for _, key := range []string{"exitCode", "exit_code", "returnCode"} {
		if code, ok := m[key].(float64); ok && code != 0 {
			return true
		}
	}
	if success, ok := m["success"].(bool); ok && !success {
		return true
	}
	_, text := m["error"].(string)
	return text && m["error"] != ""
}

// truth is v as a flag; what is no boolean is no.
func truth(v any) bool {
	b, _ := v.(bool)
	return b
}
