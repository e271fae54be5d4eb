package lexical

import "unicode"

// latin holds the base letter of every character from U+00C0 to U+024F that is an
// ASCII letter with a diacritic, and a dot for the others. It is a string because
// a string costs nothing when the program starts.
const latin = "" +
	"aaaaaa.ceeeeiiiidnooooo.ouuuuy..aaaaaa.ceeeeiiiidnooooo.ouuuuy.y" +
	"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkkklllllll" +
	"lllnnnnnnnnnoooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs" +
	"bb...............ff....i..l.....oo.............uu..............." +
	".............aaiioouuuuuuuuuu.aaaa....ggkkoooo..j...gg..nnaa...." +
	"aaaaeeeeiiiioooorrrruuuusstt..hh......aaeeooooooooyy.........l.." +
	"...b............"

// latinAdditional does the same for U+1E00 to U+1EFF.
const latinAdditional = "" +
	"aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmm" +
	"mmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv" +
	"wwwwwwwwwwxxxxyyzzzzzzhtwy......aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee" +
	"eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy......"

// narrow maps full-width ASCII to ASCII and leaves the rest alone.
func narrow(r rune) rune {
	if r >= 0xFF01 && r <= 0xFF5E {
		return r - 0xFF01 + '!'
	}
	return r
}

// appendFolded appends r in lower case and without its diacritic. A combining
// diacritic appends nothing.
func appendFolded(b []byte, r rune) []byte {
	switch {
	case r < 0x80:
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return append(b, byte(r))
	case isDiacritic(r):
		return b
	case r >= 0xC0 && r <= 0x24F:
		if c := latin[r-0xC0]; c != '.' {
			return append(b, c)
		}
	case r >= 0x1E00 && r <= 0x1EFF:
		if c := latinAdditional[r-0x1E00]; c != '.' {
			return append(b, c)
		}
	}
	return appendLetter(b, unicode.ToLower(r))
}

// appendLetter appends a lower-case letter, ligatures as their letters, Greek and
// Cyrillic ones without their accents.
func appendLetter(b []byte, r rune) []byte {
	switch r {
	case 'ß':
		return append(b, "ss"...)
	case 'æ', 'ǽ', 'ǣ':
		return append(b, "ae"...)
	case 'œ':
		return append(b, "oe"...)
	case 'þ':
		return append(b, "th"...)
	case 'ĳ':
		return append(b, "ij"...)
	case 'ά':
		r = 'α'
	case 'έ':
		r = 'ε'
	case 'ή':
		r = 'η'
	case 'ί', 'ϊ', 'ΐ':
		r = 'ι'
	case 'ό':
		r = 'ο'
	case 'ύ', 'ϋ', 'ΰ':
		r = 'υ'
	case 'ώ':
		r = 'ω'
	case 'ς':
		r = 'σ'
	case 'ё':
		r = 'е'
	case 'й':
		r = 'и'
	case 'ї':
		r = 'і'
	}
	return append(b, string(r)...)
}

// isDiacritic reports whether r is a combining accent of alphabets. The vowel
// signs of other scripts are not: without them words become other words.
func isDiacritic(r rune) bool {
	return r >= 0x300 && r <= 0x36F || r >= 0x1AB0 && r <= 0x1AFF ||
		r >= 0x1DC0 && r <= 0x1DFF || r >= 0x20D0 && r <= 0x20FF || r >= 0xFE20 && r <= 0xFE2F
}

// isUnspaced reports whether r belongs to a script whose words cannot be told
// apart by spaces.
func isUnspaced(r rune) bool {
	switch {
	case r < 0x0E00:
		return false
	case r <= 0x109F, // Thai, Lao, Tibetan, Burmese
		r >= 0x1100 && r <= 0x11FF, // Hangul letters
		r >= 0x1780 && r <= 0x17FF, // Khmer
		r >= 0x2E80 && r <= 0x2FDF, // radicals
		r >= 0x3005 && r <= 0x3007,
		r >= 0x3040 && r <= 0x31FF,                             // Kana, Bopomofo, Hangul letters
		r >= 0x3400 && r <= 0x4DBF, r >= 0x4E00 && r <= 0x9FFF, // Han
		r >= 0xA960 && r <= 0xA97F, r >= 0xAC00 && r <= 0xD7FF, // Hangul
		r >= 0xF900 && r <= 0xFAFF,   // Han, compatibility
		r >= 0xFF66 && r <= 0xFFDC,   // half-width Kana and Hangul
		r >= 0x20000 && r <= 0x3FFFF: // Han, the rest
		return true
	}
	return false
}
