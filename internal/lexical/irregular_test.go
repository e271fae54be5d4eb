package lexical

import "testing"

func TestRootJoinsTheFormsOfAWord(t *testing.T) {
	for _, forms := range [][]string{
		{"go", "goes", "going", "went", "gone"},
		{"buy", "buys", "buying", "bought"},
		{"write", "writes", "writing", "wrote", "written"},
		{"child", "children"},
		{"overwrite", "overwrites", "overwriting", "overwrote", "overwritten"},
		{"choose", "chose", "chosen", "choosing"},
		{"index", "indexes", "indices", "indexing"},
		{"person", "persons", "people"},
		{"break", "breaks", "breaking", "broke", "broken"},
	} {
		for _, form := range forms[1:] {
			if Root(form) != Root(forms[0]) {
				t.Errorf("%q has the root %q, %q has %q", form, Root(form), forms[0], Root(forms[0]))
			}
		}
	}
}

func TestRootKeepsWordsApart(t *testing.T) {
	for _, pair := range [][2]string{{"bit", "bite"}, {"saw", "see"}, {"left", "leave"}, {"rose", "rise"}, {"building", "bind"}} {
		if Root(pair[0]) == Root(pair[1]) {
			t.Errorf("%q and %q are one", pair[0], pair[1])
		}
	}
}

func TestRootLeavesOtherThingsAlone(t *testing.T) {
	for _, term := range []string{"", "a", "go", "v2", "404", "größe", "日本", "über"} {
		if got := Root(term); got != term {
			t.Errorf("Root(%q) = %q", term, got)
		}
	}
}
