// Package tokens estimates what text costs a language model. A tokeniser would cost
// megabytes and be right for one model only.
package tokens

import (
	"unicode/utf16"
	"unicode/utf8"
)

// UnitsPerToken is how many units, the grain of [Weight], make a token.
const UnitsPerToken = 7

// Estimate is how many tokens a text has: 2 for every 7 ASCII characters, 1 for every
// other character, and 2 for those beyond the basic plane, such as emoji. Code has about
// that many, prose in English fewer.
func Estimate(text string) int { return (Weight(text) + UnitsPerToken - 1) / UnitsPerToken }

// Weight is the estimate in units of a seventh of a token, so that the weights of parts
// add up to that of the whole.
func Weight(text string) int {
	n := 0
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
			n += 2
		case utf16.RuneLen(r) == 2:
			n += 2 * UnitsPerToken
		default:
			n += UnitsPerToken
		}
	}
	return n
}

// OfBytes is how many tokens a text of that many bytes has, if it is not read: more than
// [Estimate] finds in ASCII, and about as many as it finds in other scripts.
func OfBytes(bytes int) int64 { return int64(bytes+bytesPerToken-1) / bytesPerToken }

// Bytes is how many bytes a text of that many tokens may have, if it is ASCII; other
// scripts hold less.
func Bytes(tokens int) int { return tokens * bytesPerToken }

const bytesPerToken = 3
