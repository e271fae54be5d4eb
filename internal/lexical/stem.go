package lexical

// Stem reduces an English word to its stem by Porter's algorithm (1980), as the
// porter tokeniser of SQLite does, so that both engines find the same. Other words
// and very long or short ones are left alone. It works on bytes: what is not ASCII
// counts as consonants.
func Stem(term string) string {
	if len(term) < 3 || len(term) > maxStemmed {
		return term
	}
	w := word(term)
	w.plurals()
	w.pastAndProgressive()
	if n := len(w) - 1; w[n] == 'y' && w[:n].hasVowel() {
		w[n] = 'i'
	}
	w.doubleSuffixes()
	w.singleSuffixes()
	w.residues()
	w.finalE()
	return string(w)
}

// maxStemmed is the longest word that SQLite stems.
const maxStemmed = 64

// word is a word whose end is being rewritten.
type word []byte

func isVowel(b byte) bool { return b == 'a' || b == 'e' || b == 'i' || b == 'o' || b == 'u' }

// consonant reports whether the byte at i is one; y is one at the beginning and
// after a vowel.
func (w word) consonant(i int) bool {
	if w[i] == 'y' {
		return i == 0 || !w.consonant(i-1)
	}
	return !isVowel(w[i])
}

func (w word) hasVowel() bool {
	for i := range w {
		if !w.consonant(i) {
			return true
		}
	}
	return false
}

// measure counts the vowel-consonant sequences: 0 for tree, 1 for trouble, 2 for
// troubles.
func (w word) measure() (m int) {
	for i := 1; i < len(w); i++ {
		if w.consonant(i) && !w.consonant(i-1) {
			m++
		}
	}
	return m
}

// endsDouble reports whether the word ends in the same consonant twice; any y is
// one here.
func (w word) endsDouble() bool {
	n := len(w)
	return n >= 2 && w[n-1] == w[n-2] && !isVowel(w[n-1])
}

// endsShort reports whether the word ends consonant, vowel, consonant, the last
// not w, x or y: such a word gets an e back.
func (w word) endsShort() bool {
	n := len(w)
	return n >= 3 && w.consonant(n-1) && !w.consonant(n-2) && w.consonant(n-3) &&
		w[n-1] != 'w' && w[n-1] != 'x' && w[n-1] != 'y'
}

// before returns what stands before the suffix.
func (w word) before(suffix string) (rest word, ok bool) {
	n := len(w) - len(suffix)
	if n < 0 || string(w[n:]) != suffix {
		return nil, false
	}
	return w[:n:n], true
}

// rule replaces a suffix where what stands before it has a measure above some.
type rule struct{ suffix, by string }

// apply applies the first rule whose suffix the word has, if the measure allows.
func (w *word) apply(above int, rules []rule) {
	for _, r := range rules {
		if rest, ok := w.before(r.suffix); ok {
			if rest.measure() > above {
				*w = append(rest, r.by...)
			}
			return
		}
	}
}

// plurals is step 1a.
func (w *word) plurals() {
	for _, r := range []rule{{"sses", "ss"}, {"ies", "i"}, {"ss", "ss"}, {"s", ""}} {
		if rest, ok := w.before(r.suffix); ok {
			*w = append(rest, r.by...)
			return
		}
	}
}

// pastAndProgressive is step 1b.
func (w *word) pastAndProgressive() {
	if rest, ok := w.before("eed"); ok {
		if rest.measure() > 0 {
			*w = append(rest, "ee"...)
		}
		return
	}
	rest, ok := w.before("ed")
	if !ok {
		rest, ok = w.before("ing")
	}
	if !ok || !rest.hasVowel() {
		return
	}
	*w = rest
	n := len(rest)
	last := rest[n-1]
	switch {
	case rest.ends("at"), rest.ends("bl"), rest.ends("iz"), rest.measure() == 1 && rest.endsShort():
		*w = append(rest, 'e')
	case rest.endsDouble() && last != 'l' && last != 's' && last != 'z':
		*w = rest[:n-1]
	}
}

func (w word) ends(suffix string) bool {
	_, ok := w.before(suffix)
	return ok
}

// doubleSuffixes is step 2.
func (w *word) doubleSuffixes() {
	w.apply(0, []rule{
		{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"},
		{"logi", "log"}, {"bli", "ble"}, {"alli", "al"}, {"entli", "ent"}, {"eli", "e"}, {"ousli", "ous"},
		{"ization", "ize"}, {"ation", "ate"}, {"ator", "ate"}, {"alism", "al"}, {"iveness", "ive"},
		{"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"}, {"iviti", "ive"}, {"biliti", "ble"},
	})
}

// singleSuffixes is step 3.
func (w *word) singleSuffixes() {
	w.apply(0, []rule{
		{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""}, {"ness", ""},
	})
}

// residues is step 4.
func (w *word) residues() {
	if rest, ok := w.before("ion"); ok {
		if n := len(rest); n > 0 && (rest[n-1] == 's' || rest[n-1] == 't') && rest.measure() > 1 {
			*w = rest
		}
		return
	}
	w.apply(1, []rule{
		{"al", ""}, {"ance", ""}, {"ence", ""}, {"er", ""}, {"ic", ""}, {"able", ""}, {"ible", ""}, {"ant", ""},
		{"ement", ""}, {"ment", ""}, {"ent", ""}, {"ou", ""}, {"ism", ""}, {"ate", ""}, {"iti", ""}, {"ous", ""},
		{"ive", ""}, {"ize", ""},
	})
}

// finalE is step 5.
func (w *word) finalE() {
	if rest, ok := w.before("e"); ok {
		if m := rest.measure(); m > 1 || m == 1 && !rest.endsShort() {
			*w = rest
		}
	}
	if w.endsDouble() && w.ends("l") && w.measure() > 1 {
		*w = (*w)[:len(*w)-1]
	}
}
