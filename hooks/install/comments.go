package install

import "bytes"

// blanked puts spaces in place of the comments in a JSON text, which some hosts allow,
// so that it can be parsed and every place in it stays what it was.
func blanked(text []byte) []byte {
	out := bytes.Clone(text)
	for i := 0; i < len(out); i++ {
		switch {
		case out[i] == '"':
			for i++; i < len(out) && out[i] != '"'; i++ {
				if out[i] == '\\' {
					i++
				}
			}
		case bytes.HasPrefix(out[i:], []byte("//")):
			end := bytes.IndexByte(out[i:], '\n')
			if end < 0 {
				end = len(out) - i
			}
			blank(out[i : i+end])
			i += end - 1
		case bytes.HasPrefix(out[i:], []byte("/*")):
			end := bytes.Index(out[i+2:], []byte("*/"))
			if end < 0 {
				return out // it never ends; the parser will say where
			}
			blank(out[i : i+end+4])
			i += end + 3
		}
	}
	return out
}

// blank overwrites all but line ends with spaces.
func blank(text []byte) {
	for i, b := range text {
		if b != '\n' && b != '\r' {
			text[i] = ' '
		}
	}
}

// sameCommented reports whether two texts differ in nothing but space. Where there
// are comments it looks at every byte, since those are somebody's, too.
func sameCommented(a, b []byte) bool {
	if bytes.Equal(a, blanked(a)) && bytes.Equal(b, blanked(b)) {
		return sameJSON(a, b)
	}
	return bytes.Equal(a, b)
}
