package install

import (
	"fmt"
	"strings"
)

// shellLine is a command line for the shell that a host runs its hooks with: one like
// sh, and on Windows cmd.
func shellLine(goos, exe string, args ...string) (string, error) {
	quote := ""
	switch {
	case plain(exe) && (goos == "windows" || !strings.Contains(exe, `\`)):
	case goos == "windows" && !strings.ContainsAny(exe, "\"%\r\n"):
		quote = `"`
	case goos != "windows" && !strings.ContainsAny(exe, "'\r\n"):
		quote = "'"
	default:
		return "", confusing(exe)
	}
	return strings.Join(append([]string{quote + exe + quote}, args...), " "), nil
}

// powershellLine is shellLine for a host that runs its hooks with PowerShell on Windows.
func powershellLine(goos, exe string, args ...string) (string, error) {
	if plain(exe) {
		return shellLine(goos, exe, args...)
	}
	if strings.ContainsAny(exe, "'\r\n") {
		return "", confusing(exe)
	}
	return "& '" + exe + "' " + strings.Join(args, " "), nil
}

func confusing(exe string) error {
	return fmt.Errorf("the host runs hooks through a shell, which the name %q would confuse; move the program elsewhere", exe)
}

// plain reports whether no shell takes any character of the text for its own.
func plain(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune(`/\:._-+@,`, r)
	}) < 0
}

// shellWords takes a command line apart as far as quotes go.
func shellWords(line string) []string {
	var words []string
	var word strings.Builder
	var quote rune
	inWord := false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, inWord = r, true
		case quote == 0 && (r == ' ' || r == '\t' || r == '\n' || r == '\r'):
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words
}
