package privacy

import "strings"

// privateKey recognises a PEM block at the dashes it starts with. Without an end
// it goes as far as the body does; without a body it is only a mention.
func privateKey(s string, i int) (found, bool) {
	const begin, longestLabel, shortestBody, longestBody = "-----BEGIN ", 40, 40, 8 << 10
	if !strings.HasPrefix(s[i:], begin) {
		return found{}, false
	}
	label, _, ok := strings.Cut(s[i+len(begin):min(len(s), i+len(begin)+longestLabel)], "-----")
	if !ok || !strings.Contains(label, "PRIVATE KEY") {
		return found{}, false
	}
	body := i + len(begin) + len(label) + len("-----")
	if end := strings.Index(s[body:min(len(s), body+longestBody)], "-----END "); end >= shortestBody {
		end += body + len("-----END ")
		if tail := strings.Index(s[end:], "-----"); tail >= 0 && tail <= longestLabel {
			return found{i, end + tail + len("-----"), "private-key"}, true
		}
	}
	end, chars := body, 0
	for end < len(s) && (isBase64(s[end]) || strings.IndexByte("= \t\r\n\\:,-\"'", s[end]) >= 0) {
		if isBase64(s[end]) {
			chars++
		}
		end++
	}
	return found{i, end, "private-key"}, chars >= shortestBody
}

// removedBase64 is how [removed] starts for base64.
const removedBase64 = "[removed: base64, "

// keyEnd recognises the end of a private key the start of which was cut off, with
// the lines of base64 before it.
func keyEnd(s string, from, i int) (found, bool) {
	const end, longestLabel, shortestBody, longestBody = "-----END ", 40, 16, 8 << 10
	if !strings.HasPrefix(s[i:], end) {
		return found{}, false
	}
	label, _, ok := strings.Cut(s[i+len(end):min(len(s), i+len(end)+longestLabel)], "-----")
	if !ok || !strings.Contains(label, "PRIVATE KEY") {
		return found{}, false
	}
	start, chars := i, 0
	for from = max(from, i-longestBody); start > from; start-- {
		b := s[start-1]
		if isBase64(b) {
			chars++
			continue
		}
		if b == ']' {
			// Most of a long body is taken for binary before anybody asks for its end.
			at := strings.LastIndex(s[from:start], removedBase64)
			if at < 0 || start-from-at > len(removedBase64)+longestLabel {
				break
			}
			start, chars = from+at+1, shortestBody
			continue
		}
		if b == ' ' || b == '\t' {
			// Only what a line is indented with, or a mark of ours is behind.
			line := strings.TrimRight(s[from:start], " \t")
			if line != "" && line[len(line)-1] != '\n' {
				break
			}
			start = from + len(line) + 1
			continue
		}
		if strings.IndexByte("=\n\r\\", b) < 0 {
			break
		}
	}
	return found{start, i + len(end) + len(label) + len("-----"), "private-key"}, chars >= shortestBody
}
