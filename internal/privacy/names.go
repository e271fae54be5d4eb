package privacy

import "strings"

// The kinds of what a person may have chosen, and that may be short therefore.
const (
	kindPassword = "password"
	kindSecret   = "secret"
	kindToken    = "token"
)

// secretName returns the kind of secret that a name announces, or "". It goes by
// how the name ends: apiKey and DB_PASSWORD do, passwordField and max_tokens do not.
func secretName(name string) string {
	const longest = 64
	if len(name) < 3 || len(name) > longest {
		return ""
	}
	switch name[len(name)-1] | 0x20 { // lower case
	case 'd', 'e', 't', 'n', 'y', 's': // the last letters of what follows
	default:
		return ""
	}
	var buf [longest]byte
	n := 0
	for i := range len(name) {
		b := name[i]
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		if b != '_' && b != '-' && b != '.' {
			buf[n] = b
			n++
		}
	}
	folded := string(buf[:n])
	for _, w := range [...]struct{ end, kind string }{
		{"password", kindPassword}, {"passwd", kindPassword}, {"pwd", kindPassword}, {"passphrase", kindPassword},
		{"secret", kindSecret}, {"token", kindToken}, {"apikey", "api-key"}, {"accesskey", "access-key"},
		{"secretkey", "secret-key"}, {"privatekey", "private-key"}, {"accountkey", "account-key"},
		{"authkey", "auth-key"}, {"signingkey", "signing-key"}, {"encryptionkey", "encryption-key"},
		{"masterkey", "master-key"}, {"accesskeyid", "access-key"}, {"authorization", "authorization"},
		{"credentials", "credentials"}, {"cookie", "cookie"},
	} {
		if strings.HasSuffix(folded, w.end) {
			if name == "PWD" || name == "OLDPWD" {
				return "" // the shell's folder
			}
			return w.kind
		}
	}
	if strings.HasSuffix(folded, "pass") && isPass(name) {
		return kindPassword
	}
	return ""
}

// isPass reports whether the pass that a name ends with is a word of its own, as in
// DB_PASS, db.pass and dbPass: compass and bypass are none.
func isPass(name string) bool {
	at := len(name) - len("pass")
	if at <= 0 {
		return at == 0
	}
	before := name[at-1]
	return before == '_' || before == '-' || before == '.' || name[at] == 'P' && before >= 'a' && before <= 'z'
}

// onlyPass reports whether the whole name is pass, which is what tests do, too.
func onlyPass(name string) bool { return len(name) == len("pass") && strings.EqualFold(name, "pass") }

// isPlaceholder knows what stands where a secret would: words about secrets, and
// paths. A value that only has such a word in it may well be a secret.
func isPlaceholder(v, kind string) bool {
	if isDummy(v) || strings.HasPrefix(v, "/") || strings.HasPrefix(v, "./") || strings.HasPrefix(v, "~/") || strings.Contains(v, "://") {
		return true
	}
	most := 3 // test-token-123
	if kind == kindPassword {
		most = 0 // password1 is what people choose
	}
	return aboutSecrets(v, most)
}

// aboutSecrets reports whether a text has only words that describe a secret or its
// place, and at most so many digits. Words end where letters do, and before a
// capital that follows a small letter.
func aboutSecrets(v string, digits int) bool {
	words := 0
	for i := 0; i < len(v); {
		if b := v[i]; b >= '0' && b <= '9' {
			digits--
			i++
			continue
		}
		if !isLetter(v[i]) {
			i++
			continue
		}
		end := i + 1
		for end < len(v) && isLetter(v[end]) && !(isCapital(v[end]) && !isCapital(v[end-1])) {
			end++
		}
		if !fillsIn(v[i:end]) {
			return false
		}
		words++
		i = end
	}
	return words > 0 && digits >= 0
}

// fillsIn reports whether a word is one that placeholders are made of.
func fillsIn(word string) bool {
	const longest = 14
	if len(word) > longest {
		return false
	}
	switch strings.ToLower(word) {
	case "example", "placeholder", "redacted", "hidden", "masked", "removed", "undefined", "null", "none", "empty",
		"required", "optional", "missing", "invalid", "valid", "expired", "wrong", "bad", "good", "incorrect", "correct",
		"password", "passwd", "passphrase", "pass", "pwd", "secret", "secrets", "token", "tokens", "key", "keys", "api",
		"apikey", "auth", "bearer", "basic", "credential", "credentials", "cookie", "value", "string", "text", "field",
		"my", "your", "the", "a", "an", "some", "any", "this", "that", "here", "is", "not", "no", "of", "for", "to", "in", "as",
		"new", "old", "current", "confirm", "other", "another", "same", "second", "first", "test", "testing", "fake",
		"mock", "sample", "demo", "default", "temp", "tmp", "dev", "local", "real", "access", "refresh", "session", "client",
		"server", "user", "users", "admin", "service", "app", "private", "public", "signing", "encryption", "master",
		"jwt", "csrf", "oauth", "id", "name", "type", "hash", "reset", "account", "db", "database", "github", "gitlab",
		"stripe", "openai", "anthropic", "aws", "insert", "replace", "enter", "with", "must", "be", "set", "unset", "super":
		return true
	}
	return false
}

// isDummy knows the values that documentation puts even into an environment.
func isDummy(v string) bool {
	v = strings.ToLower(v)
	return containsAny(v, "changeme", "change-me", "change_me", "your-", "your_", "dummy", "xxxx", "test-key", "test_key") ||
		strings.HasPrefix(v, "xxx") || strings.HasSuffix(v, "xxx")
}

func containsAny(s string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

func isCapital(b byte) bool { return b >= 'A' && b <= 'Z' }

// literal reports whether a value after a secret's name looks like the secret
// itself: long enough, not a reference or a placeholder, and either mixed or drawn
// from many characters.
func literal(value, kind string) bool {
	chosen := kind == kindPassword || kind == kindSecret
	shortest := 12
	if chosen {
		shortest = 6
	}
	if len(value) < shortest || !isValue(value) || isPlaceholder(value, kind) {
		return false
	}
	if kind == kindPassword {
		return hasDigit(value) || entropy(value) >= 3
	}
	return hasDigit(value) && (chosen || entropy(value) >= 3)
}

// literalField is literal for a field of JSON, which holds a value and never code,
// so that less is enough for a token, too.
func literalField(name, value, kind string) bool {
	const shortest = 5
	switch {
	case onlyPass(name):
		return literal(value, kind) && isMixed(value)
	case kind != kindToken && kind != kindSecret && kind != "api-key":
		return literal(value, kind)
	case len(value) < shortest || !isValue(value) || isPlaceholder(value, kind):
		return false
	}
	return isMixed(value) || !strings.ContainsAny(strings.ToLower(value), "aeiouy")
}

// isMixed reports whether a value has both letters and digits.
func isMixed(v string) bool {
	return hasDigit(v) && strings.ContainsFunc(v, func(r rune) bool { return r < 0x80 && isLetter(byte(r)) })
}
