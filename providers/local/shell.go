package local

import "strings"

// segment is one simple command of a shell line.
type segment struct {
	words  []string // without assignments, wrappers and redirections
	target string   // the file that its output is written to, if any
	doc    bool     // it is fed a here-document
}

// maxSegments bounds the work on one command line.
const maxSegments = 64

// split takes a shell line apart at its operators. It knows quotes, comments and
// here-documents, and takes everything it does not know for a word.
func split(line string) []segment {
	sp := splitter{src: line}
	for sp.pos < len(sp.src) && len(sp.out) < maxSegments {
		sp.step()
	}
	sp.endSegment()
	for i := range sp.out {
		sp.out[i] = unwrap(sp.out[i])
	}
	return sp.out
}

// splitter is the state of split.
type splitter struct {
	src     string
	pos     int
	word    strings.Builder
	inWord  bool
	cur     segment
	out     []segment
	heredoc string // the word that ends a here-document begun on this line
	toFile  bool   // the next word is the target of a redirection
}

// step reads what stands at the position, and moves it by at least one byte.
func (sp *splitter) step() {
	c := sp.src[sp.pos]
	switch {
	case c == '\\':
		if sp.pos+1 < len(sp.src) && sp.src[sp.pos+1] != '\n' {
			sp.add(sp.src[sp.pos+1 : sp.pos+2])
		}
		sp.pos += 2
	case c == '\'' || c == '"':
		sp.quote(c)
	case c == '$' && strings.HasPrefix(sp.src[sp.pos:], "$("):
		sp.substitution()
	case c == ' ' || c == '\t':
		sp.endWord()
		sp.pos++
	case c == '#' && !sp.inWord:
		sp.skipLine()
	case c == '\n':
		sp.endSegment()
		sp.pos++
		if sp.heredoc != "" {
			sp.skipHeredoc()
		}
	case c == ';' || c == '|' || c == '(' || c == ')':
		sp.endSegment()
		sp.pos++
	case c == '&':
		sp.ampersand()
	case c == '<' || c == '>':
		sp.redirect(c)
	default:
		sp.add(sp.src[sp.pos : sp.pos+1])
		sp.pos++
	}
}

// add appends to the word that is being read.
func (sp *splitter) add(s string) {
	sp.word.WriteString(s)
	sp.inWord = true
}

// quote takes a quoted part whole; an unclosed one reaches to the end.
func (sp *splitter) quote(q byte) {
	sp.inWord = true
	for sp.pos++; sp.pos < len(sp.src) && sp.src[sp.pos] != q; sp.pos++ {
		if q == '"' && sp.src[sp.pos] == '\\' && sp.pos+1 < len(sp.src) {
			sp.pos++
		}
		sp.word.WriteByte(sp.src[sp.pos])
	}
	sp.pos++
}

// substitution takes $(…) as part of the word, unread.
func (sp *splitter) substitution() {
	depth := 0
	for ; sp.pos < len(sp.src); sp.pos++ {
		c := sp.src[sp.pos]
		sp.add(string(c))
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				sp.pos++
				return
			}
		}
	}
}

// ampersand tells && and & from &>, which redirects.
func (sp *splitter) ampersand() {
	switch rest := sp.src[sp.pos:]; {
	case strings.HasPrefix(rest, "&>"):
		sp.pos++
		sp.redirect('>')
	default:
		sp.endSegment()
		sp.pos++
	}
}

// redirect reads < and >, with what stands before and behind them.
func (sp *splitter) redirect(c byte) {
	// The number of a descriptor is not a word of its own.
	descriptor := sp.word.String()
	if sp.inWord && len(descriptor) == 1 && descriptor[0] >= '0' && descriptor[0] <= '9' {
		sp.word.Reset()
		sp.inWord = false
	} else {
		descriptor = ""
		sp.endWord()
	}
	rest := sp.src[sp.pos:]
	switch {
	case strings.HasPrefix(rest, "<<<"):
		sp.pos += 3
	case strings.HasPrefix(rest, "<<"):
		sp.pos += 2
		sp.heredocWord()
	case strings.HasPrefix(rest, ">&"):
		sp.pos += 2
		for sp.pos < len(sp.src) && strings.IndexByte("0123456789-", sp.src[sp.pos]) >= 0 {
			sp.pos++
		}
	default:
		sp.pos += len(rest) - len(strings.TrimLeft(rest, "<>|"))
		sp.toFile = c == '>' && descriptor != "2"
		if !sp.toFile {
			sp.skipWord()
		}
	}
}

// skipWord passes over the name of a file that is read, or of one for errors.
func (sp *splitter) skipWord() {
	for sp.pos < len(sp.src) && sp.src[sp.pos] == ' ' {
		sp.pos++
	}
	for sp.pos < len(sp.src) && !strings.ContainsRune(" \t\n;|&()", rune(sp.src[sp.pos])) {
		sp.pos++
	}
}

// heredocWord reads the word that will end the here-document; its text begins on the
// next line, and the rest of this one still counts.
func (sp *splitter) heredocWord() {
	rest := sp.src[sp.pos:]
	trimmed := strings.TrimLeft(rest, "- \t")
	end := strings.IndexAny(trimmed, " \t\n;|&)>")
	if end < 0 {
		end = len(trimmed)
	}
	sp.heredoc = strings.Trim(trimmed[:end], `'"\`)
	sp.cur.doc = true
	sp.pos += len(rest) - len(trimmed) + end
}

// skipHeredoc passes over the lines of a here-document.
func (sp *splitter) skipHeredoc() {
	end := sp.heredoc
	sp.heredoc = ""
	for sp.pos < len(sp.src) {
		row, _, _ := strings.Cut(sp.src[sp.pos:], "\n")
		sp.pos = min(sp.pos+len(row)+1, len(sp.src))
		if strings.TrimSpace(row) == end {
			return
		}
	}
}

// skipLine passes over a comment.
func (sp *splitter) skipLine() {
	row, _, _ := strings.Cut(sp.src[sp.pos:], "\n")
	sp.pos += len(row)
}

// endWord puts the word that is being read where it belongs. A quoted empty word is
// a word, too.
func (sp *splitter) endWord() {
	if !sp.inWord {
		return
	}
	w := sp.word.String()
	sp.word.Reset()
	sp.inWord = false
	if sp.toFile {
		sp.cur.target, sp.toFile = w, false
		return
	}
	sp.cur.words = append(sp.cur.words, w)
}

// endSegment puts the command that is being read among the others.
func (sp *splitter) endSegment() {
	sp.endWord()
	if len(sp.cur.words) > 0 || sp.cur.target != "" {
		sp.out = append(sp.out, sp.cur)
	}
	sp.cur = segment{}
}
