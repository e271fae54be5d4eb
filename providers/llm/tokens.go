package llm

import "unicode/utf8"

// Tokens estimates what a text costs a model: 2 tokens for every 7 ASCII characters
// and 1 for every other one, which is about right for code and too much for English
// prose. A tokeniser would cost megabytes and be right for one model only.
func Tokens(text string) int {
	n := 0
	for _, r := range text {
		if r < utf8.RuneSelf {
			n += 2
		} else {
			n += 7
		}
	}
	return (n + 6) / 7
}
