package privacy

import (
	"encoding/base64"
	"math"
	"strings"
)

// assigned finds the value of a name such as password or API_KEY, in the ways that
// programs, shells, configuration files, headers and URLs write it.
func assigned(s string, i, end int) (found, bool) {
	at, sep := separator(s, end)
	flag := sep == 0 && i >= 2 && s[i-2:i] == "--" // --password VALUE
	if at >= len(s) {
		return found{}, false
	}
	if sep == 0 && !flag {
		return netrc(s, i, end)
	}
	kind := secretName(s[i:end])
	if kind == "" {
		return found{}, false
	}
	if flag {
		at = end + 1
	}
	if quote := s[at:]; quote[0] == '"' || quote[0] == '\'' || quote[0] == '`' || strings.HasPrefix(quote, `\"`) {
		f, ok := quoted(s, at, kind)
		return f, ok && (!onlyPass(s[i:end]) || isMixed(s[f.start:f.end]))
	}
	if sep == ':' && onlyPass(s[i:end]) && isUpper(s[i:end]) {
		return found{}, false // what tests report: PASS: TestX
	}
	f, ok := bare(s, at, bareContext{
		kind: kind,
		env:  sep == '=' && at == end+1 && isUpper(s[i:end]),
		head: kind == "authorization" || kind == "cookie",
	}, sep)
	return f, ok && (!onlyPass(s[i:end]) || isMixed(s[f.start:f.end]))
}

// separator skips from the end of a name over its closing quote to the sign
// between name and value, and returns where the value starts. For := and => the
// sign is 'q': only a quoted value counts there, the rest is code.
func separator(s string, i int) (value int, sep byte) {
	if strings.HasPrefix(s[i:], `\"`) {
		i += 2
	} else if i < len(s) && (s[i] == '"' || s[i] == '\'') {
		i++
	}
	i = skipBlanks(s, i)
	if i >= len(s) {
		return i, 0
	}
	switch {
	case strings.HasPrefix(s[i:], ":="), strings.HasPrefix(s[i:], "=>"):
		return skipBlanks(s, i+2), 'q'
	case strings.HasPrefix(s[i:], "=="), strings.HasPrefix(s[i:], "::"):
		return i, 0
	case s[i] == '=' || s[i] == ':':
		return skipBlanks(s, i+1), s[i]
	}
	return i, 0
}

// maxValue bounds how far a value is followed; no credential is longer. Without it
// a text made of nothing but names would be read once for each of them.
const maxValue = 1 << 10

// window is the text from i on as far as a value may go.
func window(s string, i int) string { return s[i:min(len(s), i+maxValue)] }

// skipBlanks skips a few spaces and tabs.
func skipBlanks(s string, i int) int {
	const most = 8
	for n := 0; n < most && i < len(s) && (s[i] == ' ' || s[i] == '\t'); n++ {
		i++
	}
	return i
}

// quoted looks at a value in quotes, escaped ones too.
func quoted(s string, at int, kind string) (found, bool) {
	quote := s[at : at+1]
	if quote == `\` {
		quote = `\"`
	}
	start := at + len(quote)
	line := window(s, start)
	if nl := strings.IndexByte(line, '\n'); nl >= 0 {
		line = line[:nl]
	}
	n := strings.Index(line, quote)
	if n < 0 {
		return found{}, false
	}
	value := line[:n]
	return found{start, start + n, kind}, literal(value, kind) && !strings.Contains(value, " ")
}

// bareContext is what is known about a value without quotes.
type bareContext struct {
	kind string
	env  bool // NAME=value, which is how secrets are kept
	head bool // a header that holds nothing but a credential
}

// bare looks at a value without quotes.
func bare(s string, at int, in bareContext, sep byte) (found, bool) {
	if sep == 'q' {
		return found{}, false
	}
	end, limit := at, min(len(s), at+maxValue)
	for end < limit && !endsValue(s[end]) {
		end++
	}
	value := s[at:end]
	if len(value) == maxValue {
		return found{}, false
	}
	if in.head && sep == ':' {
		return header(s, at, in.kind)
	}
	if end-at >= minToken && isAlnum(value[0]) {
		if kind, n := token(value); n > 0 {
			return found{at, at + n, kind}, true
		}
	}
	f := found{at, end, in.kind}
	if in.env {
		return f, len(value) >= 6 && isValue(value) && !isDummy(value) && !strings.ContainsAny(value, "({")
	}
	// Elsewhere an unquoted word is more often code or prose than a secret.
	ok := literal(value, in.kind) && hasDigit(value) && !strings.ContainsAny(value, "([{") && !isSelector(value)
	return f, ok
}

// endsValue reports whether an unquoted value stops before b.
func endsValue(b byte) bool {
	switch b {
	case '"', '\'', '`', ',', ';', '&', ')', ']', '}', '<', '>', '\\', '|':
		return true
	}
	return b <= ' '
}

// header takes the whole value of Authorization and Cookie.
func header(s string, at int, kind string) (found, bool) {
	value := window(s, at)
	if n := strings.IndexAny(value, "\n\r\"'\\"); n >= 0 {
		value = value[:n]
	}
	value = strings.TrimRight(value, " ")
	if scheme, rest, ok := strings.Cut(value, " "); ok && kind == "authorization" {
		if f, ok := afterScheme(s, at, at+len(scheme)); ok {
			return f, true
		}
		at += len(scheme) + 1
		value = rest
	}
	credential := len(value) >= 12 && hasDigit(value) && isValue(value) && !strings.ContainsAny(value, "({")
	if kind == "cookie" {
		credential = credential && strings.Contains(value, "=")
	} else {
		credential = credential && !strings.Contains(value, " ")
	}
	return found{at, at + len(value), kind}, credential
}

// isValue reports whether the text can be a value at all, and not a variable, a
// template or something that was removed already.
func isValue(v string) bool {
	if v == "" {
		return false
	}
	switch v[0] {
	case '$', '<', '{', '%', '*', '&', '@', '[':
		return false
	}
	return !strings.Contains(v, "${") && !strings.Contains(v, "{{") && strings.Trim(v, "*xX.-_") != ""
}

// isSelector reports whether the text reads like code: names joined by dots.
func isSelector(v string) bool {
	before, after, ok := strings.Cut(v, ".")
	return ok && before != "" && after != "" && !hasDigit(before) && strings.Trim(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") == ""
}

// isBasic reports whether the text is user:password in base64.
func isBasic(v string) bool {
	if len(v) < 8 {
		return false
	}
	plain, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(v, "="))
	if err != nil {
		return false
	}
	for _, b := range plain {
		if b < ' ' || b > '~' {
			return false
		}
	}
	return strings.IndexByte(string(plain), ':') > 0
}

func hasDigit(s string) bool { return strings.ContainsAny(s, "0123456789") }

// isUpper reports whether a name is written as environment variables are.
func isUpper(name string) bool { return strings.ToUpper(name) == name }

// entropy is Shannon's, in bits per byte.
func entropy(s string) float64 {
	var counts [256]int
	for i := range len(s) {
		counts[s[i]]++
	}
	sum := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(s))
			sum -= p * math.Log2(p)
		}
	}
	return sum
}
