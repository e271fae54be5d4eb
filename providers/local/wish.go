package local

import "strings"

// wish drops the courtesies in front of a request.
func wish(s string) string {
	low := strings.ToLower(s)
	for _, p := range []string{"hmm,", "hmm", "yeah, ", "yeah ", "yes, ", "yep, ", "well,", "hi,", "hello,", "hey,", "ok,",
		"so,", "please ", "can you please ", "could you please ", "can you ", "could you ", "i'd like you to ", "i'd like to ",
		"i would like to ", "i want you to ", "i want to ",
		"we should ", "let's ", "lets ", "help me ", "question:"} {
		if strings.HasPrefix(low, p) {
			s = strings.TrimSpace(s[len(p):])
			if strings.HasPrefix(p, "can you") || strings.HasPrefix(p, "could you") {
				s = strings.TrimRight(s, "? ")
			}
			low = strings.ToLower(s)
		}
	}
	return capital(s)
}
