package main

import (
	"math/rand/v2"
	"regexp"
)

// shortest is how many letters a word has at least that is spelt wrong.
const shortest = 5

// misspell spells the longest word of each question wrong, the same way on every run.
func misspell(conversations []conversation) {
	rnd := rand.New(rand.NewPCG(1, 2))
	words := regexp.MustCompile(`[A-Za-z]+`)
	for _, c := range conversations {
		for i := range c.Questions {
			q := &c.Questions[i]
			var longest []int
			for _, at := range words.FindAllStringIndex(q.Text, -1) {
				if longest == nil || at[1]-at[0] > longest[1]-longest[0] {
					longest = at
				}
			}
			if longest != nil && longest[1]-longest[0] >= shortest {
				q.Text = q.Text[:longest[0]] + typo(rnd, q.Text[longest[0]:longest[1]]) + q.Text[longest[1]:]
			}
		}
	}
}

// typo spells a word wrong, but not its first letter nor its last.
func typo(rnd *rand.Rand, word string) string {
	at := 1 + rnd.IntN(len(word)-2)
	letter := string(rune('a' + rnd.IntN(26)))
	switch rnd.IntN(4) {
	case 0:
		return word[:at] + word[at+1:]
	case 1:
		return word[:at] + letter + word[at:]
	case 2:
		return word[:at] + letter + word[at+1:]
	}
	return word[:at] + word[at+1:at+2] + word[at:at+1] + word[at+2:]
}
