package privacy

import (
	"path"
	"strings"
)

// longestCommand is how far before a flag its program is looked for.
const longestCommand = 256

// inCommand finds the password that a well-known program takes in a short flag,
// which i is the dash of: mysql -pX, sshpass -p X, docker login -p X, and the
// second half of curl -u user:X.
func inCommand(s string, i int) (found, bool) {
	if i == 0 || s[i-1] != ' ' && s[i-1] != '\t' {
		return found{}, false
	}
	at := i + 1
	for at < len(s) && at < i+4 && isLetter(s[at]) && s[at] != 'p' && s[at] != 'u' {
		at++ // as in -su
	}
	if at >= len(s) || s[at] != 'p' && s[at] != 'u' && !strings.HasPrefix(s[i:], "--user") {
		return found{}, false
	}
	flag := s[at]
	if strings.HasPrefix(s[i:], "--user") {
		flag, at = 'u', i+len("--user")-1
	}
	words := strings.Fields(s[commandStart(s, i):i])
	spaced := skipBlanks(s, at+1)
	attached := spaced == at+1
	if attached && s[i+1] == '-' && s[min(spaced, len(s)-1)] == '=' {
		spaced++
	}
	switch {
	case flag == 'p' && attached && at == i+1 && runs(words, "mysql", "mysqldump", "mysqladmin", "mariadb", "mariadb-dump"):
	case flag == 'p' && runs(words, "sshpass") && afterFlags(words):
	case flag == 'p' && runs(words, "docker", "podman", "nerdctl", "helm") && runs(words, "login"):
	case flag == 'u' && runs(words, "curl"):
		return afterUser(s, spaced)
	default:
		return found{}, false
	}
	start, end := argument(s, spaced)
	return found{start, end, kindPassword}, isValue(s[start:end]) && !isPlaceholder(s[start:end], kindToken)
}

// afterUser takes the password of user:password.
func afterUser(s string, at int) (found, bool) {
	start, end := argument(s, at)
	_, password, ok := strings.Cut(s[start:end], ":")
	return found{end - len(password), end, kindPassword}, ok && isValue(password) && !isPlaceholder(password, kindToken)
}

// argument is the word of a command line that starts at i, without its quotes.
func argument(s string, i int) (start, end int) {
	limit := min(len(s), i+maxValue)
	if i < limit && s[i] == '\\' {
		i++ // quoted inside of quotes
	}
	if i < limit && (s[i] == '"' || s[i] == '\'') {
		if n := strings.IndexAny(s[i+1:limit], s[i:i+1]+"\\\n"); n >= 0 {
			return i + 1, i + 1 + n
		}
	}
	for end = i; end < limit && !endsValue(s[end]); end++ {
	}
	return i, end
}

// commandStart is where the simple command around i starts.
func commandStart(s string, i int) int {
	from := max(0, i-longestCommand)
	return from + 1 + strings.LastIndexAny(s[from:i], "\n;|&(`")
}

// runs reports whether one of the words is a program of these names.
func runs(words []string, programs ...string) bool {
	for _, w := range words {
		w = strings.TrimRight(w, `"'`)
		w = path.Base(w[strings.LastIndexAny(w, `"'$`)+1:])
		for _, p := range programs {
			if w == p {
				return true
			}
		}
	}
	return false
}

// afterFlags reports whether nothing but flags stands behind the first program:
// what a program starts in turn has flags of its own.
func afterFlags(words []string) bool {
	seen := false
	for _, w := range words {
		if seen && !strings.HasPrefix(w, "-") {
			return false
		}
		seen = seen || runs([]string{w}, "sshpass")
	}
	return seen
}

// netrc finds the value after a name that stands at s[i:end], in the form of that
// file: machine HOST login USER password VALUE, on one line or several.
func netrc(s string, i, end int) (found, bool) {
	if s[i:end] != "password" {
		return found{}, false
	}
	before := s[max(0, i-longestCommand):i]
	words := strings.Fields(before)
	n := len(words)
	if n < 2 || words[n-2] != "login" && words[n-2] != "machine" {
		return found{}, false
	}
	if !strings.Contains(before, "machine ") && !strings.Contains(before, "default ") {
		return found{}, false
	}
	start, stop := argument(s, skipBlanks(s, end))
	return found{start, stop, kindPassword}, isValue(s[start:stop]) && !isPlaceholder(s[start:stop], kindToken)
}
