package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is what the text of a setting must look like.
type Kind int

// The kinds of setting.
const (
	KindString   Kind = iota
	KindInt           // a whole number from 0 to Setting.Max
	KindBool          // true or false; 1, 0, yes, no, on and off mean the same
	KindDuration      // as Go writes it, 1m30s; a bare number is milliseconds
	KindList          // texts separated by commas; "none" is the empty list
	KindChoice        // one of Setting.Choices
)

// String names the kind for people.
func (k Kind) String() string {
	return [...]string{"text", "number", "true or false", "duration", "list", "choice"}[k]
}

// check returns the fix, in words, for a text that does not fit the setting, or "".
func (s Setting) check(text string) string {
	ok, fix := true, ""
	switch s.Kind {
	case KindInt:
		n, err := strconv.Atoi(text)
		ok, fix = err == nil && n >= 0 && n <= s.Max, fmt.Sprintf("a whole number from 0 to %d", s.Max)
	case KindBool:
		_, ok = parseBool(text)
		fix = "true or false"
	case KindDuration:
		_, ok = parseDuration(text)
		fix = "a duration such as 500ms or 1m30s"
	case KindList:
		ok = len(s.Choices) == 0 || !slices.ContainsFunc(parseList(text), func(part string) bool { return !slices.Contains(s.Choices, part) })
		fix = "of " + strings.Join(s.Choices, ", ") + ", separated by commas"
	case KindChoice:
		ok, fix = slices.Contains(s.Choices, text), "one of "+strings.Join(s.Choices, ", ")
	}
	if ok {
		return ""
	}
	return fix
}

func parseBool(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "1", "true", "yes", "on":
		return true, true
	case "0", "false", "no", "off":
		return false, true
	}
	return false, false
}

func parseDuration(text string) (time.Duration, bool) {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil && ms >= 0 && ms <= int64(24*time.Hour/time.Millisecond) {
		return time.Duration(ms) * time.Millisecond, true
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0
}

func parseList(text string) []string {
	if text == "none" {
		return nil
	}
	var out []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

// Mask makes a secret fit to be shown: enough to tell two apart, not enough to use.
func Mask(secret string) string {
	const shown = 9 // "cmem_" and four more
	switch {
	case secret == "":
		return ""
	case len(secret) < 4*shown:
		return "****"
	}
	return secret[:shown] + "****"
}

// withoutPassword masks the password of an address, which is otherwise shown.
func withoutPassword(text string) string {
	scheme, rest, _ := strings.Cut(text, "://")
	host, _, _ := strings.Cut(rest, "/")
	at := strings.LastIndexByte(host, '@')
	user, _, has := strings.Cut(host[:max(at, 0)], ":")
	if !has {
		return text
	}
	return scheme + "://" + user + ":****" + rest[at:]
}
