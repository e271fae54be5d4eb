package lexical

// Root reduces a term to what its forms have in common, so that a question in one
// form finds a text in another: the stem of the word, or of its base form where
// English does not form it by a suffix (went, bought, children). It is not a word,
// and means something only beside other roots.
func Root(term string) string {
	if len(term) < 3 || term[0] < 'a' || term[0] > 'z' {
		return term
	}
	return Stem(base(term))
}

// base returns the base form of an irregular verb or noun. Forms that are more often
// another word (saw, left, rose, a bit) are not here. The list
// is the closed class of the language, not the vocabulary of anybody's notes.
func base(term string) string {
	switch term {
	case "goes", "went", "gone":
		return "go"
	case "bought":
		return "buy"
	case "brought":
		return "bring"
	case "thought":
		return "think"
	case "taught":
		return "teach"
	case "caught":
		return "catch"
	case "fought":
		return "fight"
	case "sought":
		return "seek"
	case "took", "taken":
		return "take"
	case "shook", "shaken":
		return "shake"
	case "made":
		return "make"
	case "got", "gotten":
		return "get"
	case "gave", "given":
		return "give"
	case "came":
		return "come"
	case "became":
		return "become"
	case "knew", "known":
		return "know"
	case "grew", "grown":
		return "grow"
	case "threw", "thrown":
		return "throw"
	case "blew", "blown":
		return "blow"
	case "flew", "flown":
		return "fly"
	case "drew", "drawn":
		return "draw"
	case "withdrew", "withdrawn":
		return "withdraw"
	case "seen":
		return "see"
	case "found":
		return "find"
	case "told":
		return "tell"
	case "sold":
		return "sell"
	case "held":
		return "hold"
	case "kept":
		return "keep"
	case "slept":
		return "sleep"
	case "swept":
		return "sweep"
	case "felt":
		return "feel"
	case "met":
		return "meet"
	case "led":
		return "lead"
	case "fed":
		return "feed"
	case "sped":
		return "speed"
	case "meant":
		return "mean"
	case "dealt":
		return "deal"
	case "sent":
		return "send"
	case "spent":
		return "spend"
	case "lent":
		return "lend"
	case "bent":
		return "bend"
	case "built":
		return "build"
	case "rebuilt":
		return "rebuild"
	case "began", "begun":
		return "begin"
	case "ran":
		return "run"
	case "reran":
		return "rerun"
	case "sang", "sung":
		return "sing"
	case "swam", "swum":
		return "swim"
	case "rang":
		return "ring"
	case "drank", "drunk":
		return "drink"
	case "sank", "sunk":
		return "sink"
	case "shrank", "shrunk":
		return "shrink"
	}
	return rarer(term)
}

// rarer is the rest of the list.
func rarer(term string) string {
	switch term {
	case "wrote", "written":
		return "write"
	case "rewrote", "rewritten":
		return "rewrite"
	case "overwrote", "overwritten":
		return "overwrite"
	case "rode", "ridden":
		return "ride"
	case "overrode", "overridden":
		return "override"
	case "risen":
		return "rise"
	case "arose", "arisen":
		return "arise"
	case "drove", "driven":
		return "drive"
	case "spoke", "spoken":
		return "speak"
	case "broke", "broken":
		return "break"
	case "froze", "frozen":
		return "freeze"
	case "chose", "chosen":
		return "choose"
	case "woke", "woken":
		return "wake"
	case "stole", "stolen":
		return "steal"
	case "wore", "worn":
		return "wear"
	case "tore", "torn":
		return "tear"
	case "swore", "sworn":
		return "swear"
	case "ate", "eaten":
		return "eat"
	case "fell", "fallen":
		return "fall"
	case "forgot", "forgotten":
		return "forget"
	case "hid", "hidden":
		return "hide"
	case "bitten":
		return "bite"
	case "stood":
		return "stand"
	case "understood":
		return "understand"
	case "misunderstood":
		return "misunderstand"
	case "heard":
		return "hear"
	case "said":
		return "say"
	case "paid":
		return "pay"
	case "laid":
		return "lay"
	case "lost":
		return "lose"
	case "shot":
		return "shoot"
	case "sat":
		return "sit"
	case "won":
		return "win"
	case "dug":
		return "dig"
	case "hung":
		return "hang"
	case "stuck":
		return "stick"
	case "struck":
		return "strike"
	case "swung":
		return "swing"
	case "slid":
		return "slide"
	case "children":
		return "child"
	case "men":
		return "man"
	case "women":
		return "woman"
	case "people":
		return "person"
	case "feet":
		return "foot"
	case "teeth":
		return "tooth"
	case "mice":
		return "mouse"
	case "geese":
		return "goose"
	case "wives":
		return "wife"
	case "knives":
		return "knife"
	case "halves":
		return "half"
	case "indices":
		return "index"
	case "vertices":
		return "vertex"
	case "matrices":
		return "matrix"
	case "criteria":
		return "criterion"
	}
	return term
}
