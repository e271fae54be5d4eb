package local

import (
	"fmt"
	"slices"
	"strings"
)

// bullets lists texts under each other in at most limit characters, each with an
// equal share: of a long session every part is told, if briefly. What does not fit
// is left out from the middle and counted.
func bullets(all []string, limit int) string {
	var texts []string
	for _, t := range all {
		texts = addOnce(texts, oneLine(t))
	}
	const least = 70 // characters that say something
	if most := max(limit/least, 1); len(texts) > most {
		head := (most + 1) / 2
		cut := len(texts) - most
		texts = slices.Concat(texts[:head], []string{fmt.Sprintf("… (%d more)", cut)}, texts[len(texts)-(most-head):])
	}
	if len(texts) == 1 {
		return clip(texts[0], limit)
	}
	share, short := limit, 0
	for _, t := range texts { // short ones leave their share to the others
		if len(t) <= limit/len(texts) {
			short++
			share -= len(t)
		}
	}
	if long := len(texts) - short; long > 0 {
		share /= long
	}
	for i, t := range texts {
		texts[i] = "- " + clip(t, max(share, least))
	}
	return strings.Join(texts, "\n")
}
