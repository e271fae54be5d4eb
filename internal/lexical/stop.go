package lexical

// isStopWord reports whether an English word is so common that it tells texts
// apart no better than a space does.
func isStopWord(term string) bool {
	switch term {
	case "a", "about", "after", "again", "all", "also", "am", "an", "and", "any", "are", "as", "at",
		"be", "because", "been", "before", "being", "but", "by",
		"can", "could", "did", "do", "does", "doing", "dont",
		"each", "for", "from", "had", "has", "have", "having", "he", "her", "here", "his", "how",
		"i", "if", "im", "in", "into", "is", "it", "its", "just",
		"many", "me", "more", "most", "much", "my", "no", "nor", "not", "now",
		"of", "on", "only", "or", "other", "our", "out", "over", "own",
		"please", "s", "same", "she", "should", "so", "some", "such",
		"t", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those",
		"through", "to", "too", "up", "us", "very", "was", "we", "were", "what", "when", "where",
		"which", "while", "who", "whom", "why", "will", "with", "would", "you", "your":
		return true
	}
	return false
}
