package local

import (
	"slices"
	"strings"
	"unicode"
)

// ask is what the user wanted, as far as the prompt tells.
type ask struct {
	text string // one line, without what hosts wrap around prompts; "" if it says nothing
	low  string // text in lower case
	head string // its first sentence
}

// askOf reads a prompt. Answers such as “yes” and texts that a host wrote in the
// user's place name no intent.
func askOf(prompt string) ask {
	raw := withoutLog(stripTags(prompt))
	text := oneLine(raw)
	if begins(text, "This session is being continued", "[Request interrupted",
		"Caveat: The messages below", "Operation stopped by hook") || !meaningful(text) {
		return ask{}
	}
	return ask{text: text, low: strings.ToLower(text[:min(len(text), 2000)]), head: opening(raw)}
}

// opening is the first sentence of a prompt. A first line that only announces the
// next is joined with it.
func opening(raw string) string {
	head := ""
	rows := lines(raw)
	enough := 15
	if pasted(rows[0]) {
		enough = 80 // of an output the first line seldom says why
	}
	for _, row := range rows {
		row = oneLine(strings.TrimLeft(row, "#>•│⨯✗ "))
		if item, ok := listItem(row); ok {
			row = item
		}
		if row == "" {
			continue
		}
		head = strings.TrimSpace(head + " " + row)
		if len(head) > enough && !strings.HasSuffix(head, ":") && !vague(head) {
			break
		}
	}
	wanted, rest := cutSentence(head)
	if rest != "" && vague(wanted) {
		return firstSentence(rest)
	}
	return wanted
}

// withoutLog drops of an output that was pasted what comes before the first complaint.
func withoutLog(raw string) string {
	rows := lines(raw)
	if at := slices.IndexFunc(rows, complains); at > 0 && pasted(rows[0]) {
		return strings.Join(rows[at:], "\n")
	}
	return raw
}

// pasted reports whether a prompt's first line is another program's output.
func pasted(row string) bool {
	row = strings.TrimSpace(row)
	return row != "" && strings.ContainsRune("•│⨯✗✘>$[{<", firstRune(row))
}

// firstRune is the first character, or 0.
func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// complains reports whether a line of output says that something is wrong.
func complains(row string) bool {
	return hasWord(strings.ToLower(row), "error", "error:", "failed", "fail", "panic", "cannot", "exception", "not found")
}

// subtitle tells what the user had asked for.
func (a ask) subtitle() string {
	if a.text == "" {
		return ""
	}
	return "Asked: " + clip(a.head, maxSubtitle-10)
}

// meaningful reports whether a text says more than yes or no: four words, or as
// many characters of a script without spaces, or something that is a name.
func meaningful(text string) bool {
	wide := 0
	for _, r := range text {
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai) {
			wide++
		}
	}
	words := 0
	for w := range strings.FieldsSeq(strings.ToLower(text)) {
		switch strings.Trim(w, ".,!?:;\"'") {
		case "yes", "yep", "yeah", "ok", "okay", "sure", "please", "let's", "lets", "go", "ahead", "do", "it", "that", "this",
			"now", "thanks", "thank", "you",
			"and", "the", "a", "so", "hmm", "then", "good", "great", "perfect", "continue", "proceed", "":
		default:
			words++
		}
	}
	return wide >= 4 || words >= 3 || words >= 2 && strings.ContainsAny(text, "/_.`()")
}

// stripTags removes the blocks that hosts and we ourselves put into prompts, and
// turns a slash command's markup back into what the user typed.
func stripTags(s string) string {
	if !strings.Contains(s, "<") {
		return s
	}
	if name := between(s, "<command-name>", "</command-name>"); name != "" {
		return name + " " + between(s, "<command-args>", "</command-args>")
	}
	for _, tag := range []string{"system-reminder", "hook_context", "task-notification", "claude-mem-context",
		"local-command-stdout", "ide_selection", "ide_opened_file"} {
		for {
			start := strings.Index(s, "<"+tag)
			if start < 0 {
				break
			}
			end := strings.Index(s[start:], "</"+tag+">")
			if end < 0 {
				s = s[:start]
				break
			}
			s = s[:start] + s[start+end+len(tag)+3:]
		}
	}
	return s
}

// between is what stands between two marks; an unclosed one reaches to the end.
func between(s, open, end string) string {
	_, rest, ok := strings.Cut(s, open)
	if !ok {
		return ""
	}
	inner, _, _ := strings.Cut(rest, end)
	return strings.TrimSpace(inner)
}

// firstSentence is the text up to the first full stop that ends a sentence.
func firstSentence(text string) string {
	s, _ := cutSentence(text)
	return s
}

// cutSentence splits after the first sentence. A stop inside `code`, after a single
// letter or a common abbreviation, or between a number and a small letter does not end one.
func cutSentence(text string) (sentence, rest string) {
	code := false
	for i := range len(text) {
		switch text[i] {
		case '`':
			code = !code
		case '\n':
			if !code {
				return strings.TrimSpace(text[:i]), strings.TrimSpace(text[i+1:])
			}
		case '.', '!', '?':
			if code || i+1 < len(text) && text[i+1] != ' ' && text[i+1] != '\n' {
				continue
			}
			if text[i] == '.' && (abbreviated(text[:i]) || numbers(text[:i], text[i+1:])) {
				continue
			}
			return strings.TrimSpace(text[:i+1]), strings.TrimSpace(text[i+1:])
		}
	}
	// Scripts without spaces end their sentences with stops of their own.
	if i := strings.IndexAny(text, "。！？"); i > 0 {
		end := i + len("。")
		return text[:end], strings.TrimSpace(text[end:])
	}
	return strings.TrimSpace(text), ""
}

// numbers reports whether a stop belongs to the number of an item: “see 3. the builder”,
// “fix: 1. The builder”.
func numbers(before, after string) bool {
	at := strings.LastIndexAny(before, " (") + 1
	if word := before[at:]; word == "" || strings.Trim(word, "0123456789") != "" {
		return false
	}
	return strings.HasSuffix(strings.TrimSpace(before[:at]), ":") || unicode.IsLower(firstRune(strings.TrimSpace(after)))
}

// abbreviated reports whether the text ends in a word that is written with a stop.
// A digit counts only at the very start, where it numbers an item; “in 2. Then” is
// more often the end of a sentence.
func abbreviated(before string) bool {
	word := before[strings.LastIndexAny(before, " (")+1:]
	switch strings.ToLower(word) {
	case "e.g", "i.e", "etc", "vs", "cf", "approx", "resp", "no":
		return true
	}
	return len(word) == 1 && (len(before) == 1 || !unicode.IsDigit(rune(word[0])))
}
