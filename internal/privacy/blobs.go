package privacy

import (
	"encoding/base64"
	"strconv"
	"strings"
)

const (
	// minBlob is the length from which a run of base64 is taken for binary whatever
	// it holds. Keys and hashes are shorter.
	minBlob = 512
	// minKnownBlob is the same for a run that starts like a known file type.
	minKnownBlob = 64
)

// removed is what stands in the place of binary.
func removed(kind string, bytes int) string {
	return "[removed: " + kind + ", " + strconv.Itoa(bytes) + " bytes]"
}

// blobs replaces runs of base64 and data URIs by their type and size.
func (c *cleaner) blobs(s string) string {
	if len(s) < minKnownBlob {
		return s
	}
	var out strings.Builder
	kept := 0
	for i := 0; i < len(s); {
		if !isBase64(s[i]) {
			i++
			continue
		}
		end, chars := base64Run(s, i)
		kind := blobType(s[i:end], chars)
		if kind == "" {
			i = end
			continue
		}
		start := i
		if declared, at := dataURI(s, kept, i); declared != "" {
			kind, start = declared, at
		}
		c.report.Blobs++
		out.WriteString(s[kept:start])
		out.WriteString(removed(kind, base64.RawStdEncoding.DecodedLen(chars)))
		i, kept = end, end
	}
	if kept == 0 {
		return s
	}
	out.WriteString(s[kept:])
	return out.String()
}

// base64Run returns where the run that starts at i ends and how many characters
// other than line breaks and padding it has. A line break belongs to it when the
// line before is as long as encoders make them.
func base64Run(s string, i int) (end, chars int) {
	const encodedLine = 60
	line := 0
	for end = i; end < len(s); end++ {
		switch b := s[end]; {
		case isBase64(b):
			chars++
			line++
		case (b == '\n' || b == '\r' && end+1 < len(s) && s[end+1] == '\n') && line >= encodedLine:
			if b == '\r' {
				end++
			}
			line = 0
		default:
			for end < len(s) && s[end] == '=' {
				end++
			}
			return end, chars
		}
	}
	return end, chars
}

// blobType says what a run of base64 holds, or "" for one that is text: too
// short, or without the mix of characters that encoded bytes have.
func blobType(run string, chars int) string {
	if chars < minKnownBlob {
		return ""
	}
	for _, known := range [...]struct{ start, kind string }{
		{"iVBORw0KGgo", "image/png"}, {"/9j/", "image/jpeg"}, {"R0lGOD", "image/gif"}, {"UklGR", "image/webp"},
		{"JVBERi0", "application/pdf"}, {"UEsDB", "application/zip"}, {"H4sI", "application/gzip"},
		{"f0VMRg", "application/x-executable"}, {"PHN2Zy", "image/svg+xml"},
	} {
		if strings.HasPrefix(run, known.start) {
			return known.kind
		}
	}
	if chars < minBlob || !mixed(run[:minBlob]) {
		return ""
	}
	return "base64"
}

// mixed reports whether upper case, lower case and digits all occur as often as in
// encoded bytes, which long words and runs of one character do not show.
func mixed(s string) bool {
	var upper, lower, digit int
	for i := range len(s) {
		switch b := s[i]; {
		case b >= 'A' && b <= 'Z':
			upper++
		case b >= 'a' && b <= 'z':
			lower++
		case b >= '0' && b <= '9':
			digit++
		}
	}
	tenth := len(s) / 10
	return upper > tenth && lower > tenth && digit > tenth/4
}

// dataURI looks for "data:TYPE;base64," right before i, not before from.
func dataURI(s string, from, i int) (kind string, start int) {
	const longest = 100
	head := s[max(from, i-longest):i]
	head, ok := strings.CutSuffix(head, ";base64,")
	if !ok {
		return "", 0
	}
	at := strings.LastIndex(head, "data:")
	if at < 0 {
		return "", 0
	}
	kind, _, _ = strings.Cut(head[at+len("data:"):], ";")
	if kind == "" || strings.ContainsAny(kind, " \t\n\"'[]") {
		kind = "data"
	}
	return kind, i - len(";base64,") - len(head) + at
}

func isBase64(b byte) bool {
	return b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '+' || b == '/'
}
