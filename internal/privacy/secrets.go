package privacy

import "strings"

// found is a credential in a text.
type found struct {
	start, end int
	kind       string
}

// marker opens what stands in the place of a credential.
const marker = "[redacted:"

// secrets replaces every credential by its kind.
func (c *cleaner) secrets(s string) string {
	var out strings.Builder
	kept := 0
	for i := 0; i < len(s); {
		f, next := nextSecret(s, i)
		if f.end == 0 {
			break
		}
		c.report.Redacted++
		out.WriteString(s[kept:f.start])
		out.WriteString(marker + f.kind + "]")
		i, kept = max(next, f.end), f.end
	}
	if kept == 0 {
		return s
	}
	out.WriteString(s[kept:])
	return out.String()
}

// nextSecret finds the first credential at or behind from. It walks over runs of
// characters that names and tokens are made of and looks closer where a run is as
// long as a token, or is followed by what separates a name from its value.
func nextSecret(s string, from int) (f found, next int) {
	i := from
	for i < len(s) {
		b := s[i]
		if !isAlnum(b) {
			if b == '-' {
				if f, ok := atDash(s, from, i); ok {
					return f, f.end
				}
			}
			i++
			continue
		}
		if i > 0 && s[i-1] == '\\' && (b == 'n' || b == 't' || b == 'r') {
			i++ // an escape inside of quoted text, not a letter of the run
			continue
		}
		end, limit := i+1, min(len(s), i+maxRun)
		for end < limit && isRun(s[end]) {
			end++
		}
		if f, ok := atRun(s, i, end); ok {
			return f, f.end
		}
		i = end
	}
	return found{}, len(s)
}

// atDash looks at what a dash may open: a key, its end when the start was cut off,
// a flag. Nothing before from may be taken.
func atDash(s string, from, i int) (found, bool) {
	if strings.HasPrefix(s[i:], "-----") {
		if f, ok := privateKey(s, i); ok {
			return f, true
		}
		return keyEnd(s, from, i)
	}
	return inCommand(s, i)
}

// maxRun is how long a run may be before the next one is taken to begin: one that
// is full of credentials is walked over again after each of them.
const maxRun = 1 << 10

// isRun reports whether a run goes on with b.
func isRun(b byte) bool { return isAlnum(b) || b == '_' || b == '-' || b == '.' }

// atRun looks at the run s[i:end] and what follows it.
func atRun(s string, i, end int) (found, bool) {
	if end-i >= minToken {
		if kind, n := token(s[i:]); n > 0 {
			return found{i, i + n, kind}, true
		}
	}
	if end == len(s) {
		return found{}, false
	}
	switch b := s[end]; {
	case b == ':' && strings.HasPrefix(s[end:], "://"):
		return inURL(s, end+len("://"))
	case b == ':' && end-i >= 8 && end-i <= 10:
		if f, ok := telegram(s, i, end); ok {
			return f, true
		}
	case b == ' ':
		if f, ok := afterScheme(s, i, end); ok {
			return f, true
		}
	}
	return assigned(s, i, end)
}

// inURL finds the password in user:password@host, or a token in token@host.
func inURL(s string, i int) (found, bool) {
	const longest = 512
	colon := -1
	for at := i; at < min(len(s), i+longest); at++ {
		switch b := s[at]; {
		case b == '@':
			switch {
			case colon < 0:
				return found{i, at, "token"}, at-i >= 20 && entropy(s[i:at]) >= 3
			default:
				return found{colon + 1, at, "password"}, isValue(s[colon+1 : at])
			}
		case b == ':' && colon < 0:
			colon = at
		case b <= ' ' || strings.IndexByte("/?#\"'`\\[", b) >= 0:
			return found{}, false
		}
	}
	return found{}, false
}

// telegram recognises a bot token, whose number is its user and comes first.
func telegram(s string, i, colon int) (found, bool) {
	for at := i; at < colon; at++ {
		if s[at] < '0' || s[at] > '9' {
			return found{}, false
		}
	}
	end := colon + 1
	for end < len(s) && word.has(s[end]) {
		end++
	}
	rest := s[colon+1 : end]
	return found{i, end, "telegram-token"}, len(rest) == 35 && strings.HasPrefix(rest, "AA")
}

// afterScheme finds what follows Bearer or Basic.
func afterScheme(s string, i, end int) (found, bool) {
	scheme := s[i:end]
	bearer := strings.EqualFold(scheme, "bearer")
	if !bearer && !strings.EqualFold(scheme, "basic") {
		return found{}, false
	}
	start := end + 1
	stop := start
	for stop < len(s) && (isBase64(s[stop]) || strings.IndexByte("-._~=", s[stop]) >= 0) {
		stop++
	}
	value := s[start:stop]
	if bearer {
		value = strings.TrimRight(value, ".")
		return found{start, start + len(value), "bearer-token"}, len(value) >= 16 && hasDigit(value)
	}
	return found{start, stop, "basic-credentials"}, isBasic(value)
}
