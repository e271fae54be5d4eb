package local

import "strings"

// unwrap drops what only surrounds a command: assignments, shells' own words,
// programs that run another.
func unwrap(s segment) segment {
	for range 8 {
		if len(s.words) == 0 {
			return s
		}
		w := s.words[0]
		name, _, assigns := strings.Cut(w, "=")
		switch {
		case assigns && name != "" && leadingName(name) == name,
			w == "sudo", w == "time", w == "env", w == "nohup", w == "command", w == "exec", w == "then", w == "do", w == "else",
			w == "!", w == "{", w == "}", w == "npx", w == "bunx", w == "xvfb-run", w == "if", w == "while":
			s.words = s.words[1:]
		case w == "timeout", w == "nice":
			s.words = s.words[1:]
			for len(s.words) > 1 && (strings.HasPrefix(s.words[0], "-") || s.words[0] != "" && s.words[0][0] >= '0' && s.words[0][0] <= '9') {
				s.words = s.words[1:]
			}
		case len(s.words) > 2 && s.words[1] == "run" && (w == "uv" || w == "poetry" || w == "pipenv" || w == "hatch"),
			len(s.words) > 2 && s.words[1] == "exec" && (w == "bundle" || w == "pnpm" || w == "npm" || w == "yarn"),
			len(s.words) > 2 && s.words[1] == "-m" && strings.HasPrefix(w, "python"):
			s.words = s.words[2:]
		default:
			return s
		}
	}
	return s
}
