package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Compare lists how an answer of ours differs from the recorded one: errors have to
// be the same to the letter; other answers have to hold every field, of the same
// kind, and may hold more. It learns which of our ids stands for which of theirs.
func (c Case) Compare(theirs Exchange, status int, body []byte, names Names) (differences []string) {
	want := theirs.Response.Status
	if c.Status != 0 {
		want = c.Status
	}
	if status != want {
		return []string{fmt.Sprintf("status %d, want %d: %s", status, want, body)}
	}
	if c.Status != 0 || len(body) == 0 && theirs.Response.Body == "" {
		return nil
	}
	var ours any
	if err := json.Unmarshal(body, &ours); err != nil {
		return []string{fmt.Sprintf("no JSON: %s", body)}
	}
	d := &comparison{names: names}
	if status >= 400 {
		d.failure(theirs.Response.Body, ours)
	} else {
		d.holds("", theirs.Response.Body, ours)
	}
	return d.found
}

type comparison struct {
	names Names
	found []string
}

func (d *comparison) add(format string, args ...any) {
	d.found = append(d.found, fmt.Sprintf(format, args...))
}

// failure compares what a client acts on.
func (d *comparison) failure(theirs, ours any) {
	a, _ := theirs.(map[string]any)
	b, _ := ours.(map[string]any)
	// With issues theirs has no message, and ours repeats them in one.
	if a["error"] != b["error"] || a["message"] != nil && a["message"] != b["message"] {
		d.add("error %v %v, theirs %v %v", b["error"], b["message"], a["error"], a["message"])
	}
	was, _ := a["issues"].([]any)
	is, _ := b["issues"].([]any)
	if len(was) != len(is) {
		d.add("issues %v, theirs %v", is, was)
		return
	}
	for i := range was {
		x, _ := was[i].(map[string]any)
		y, _ := is[i].(map[string]any)
		for _, field := range []string{"code", "path", "message"} {
			if fmt.Sprint(x[field]) != fmt.Sprint(y[field]) {
				d.add("issue %d: %s %v, theirs %v", i, field, y[field], x[field])
			}
		}
	}
}

// isUUID tells an id from other texts.
func isUUID(s string) bool {
	return len(s) == 36 && regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(s)
}

// holds checks that ours has all that theirs has.
func (d *comparison) holds(at string, theirs, ours any) {
	switch x := theirs.(type) {
	case map[string]any:
		y, ok := ours.(map[string]any)
		if !ok {
			d.add("%s is %v, theirs an object", at, ours)
			return
		}
		if strings.HasSuffix(at, "metadata") || strings.HasSuffix(at, "payload") && at != "jobs.payload" {
			return // the client's own
		}
		for _, k := range slices.Sorted(maps.Keys(x)) {
			v, ok := y[k]
			if !ok && x[k] != nil {
				d.add("%s has no %s, theirs is %v", at, k, x[k])
				continue
			}
			d.holds(strings.TrimPrefix(at+"."+k, "."), x[k], v)
		}
	case []any:
		y, ok := ours.([]any)
		if !ok || len(x) > 0 && len(y) == 0 {
			d.add("%s is %v, theirs %v", at, ours, x)
		}
		for i := range min(len(x), len(y)) {
			d.holds(at, x[i], y[i])
		}
	case string:
		y, ok := ours.(string)
		if !ok {
			d.add("%s is %v, theirs %q", at, ours, x)
		} else if isUUID(x) && d.names[x] == "" && y != x {
			d.names[x] = y
		}
	case float64:
		if _, ok := ours.(float64); !ok {
			d.add("%s is %v, theirs %v", at, ours, x)
		}
	}
}
