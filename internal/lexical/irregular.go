package lexical

import (
	"strings"
	"sync"
)

// Root reduces a term to what its forms have in common, so that a question in one
// form finds a text in another: the stem of the word, or of its base form where
// English does not form it by a suffix (went, bought, children). It is not a word,
// and means something only beside other roots.
func Root(term string) string {
	if len(term) < 3 || term[0] < 'a' || term[0] > 'z' {
		return term
	}
	if base, ok := bases()[term]; ok {
		term = base
	}
	return Stem(term)
}

// bases finds the base form of an irregular one.
var bases = sync.OnceValue(func() map[string]string {
	m := make(map[string]string)
	for entry := range strings.SplitSeq(irregular, ";") {
		base, forms, _ := strings.Cut(strings.TrimSpace(entry), ":")
		for form := range strings.FieldsSeq(forms) {
			m[form] = base
		}
	}
	return m
})

// irregular lists the forms of verbs and nouns that English does not make by a
// suffix: a closed class of the language, not the vocabulary of anybody's notes. Those
// that are more often another word (saw, left, rose, a bit) are not in it.
const irregular = `
	go: goes went gone; buy: bought; bring: brought; think: thought; teach: taught; catch: caught;
	fight: fought; seek: sought; take: took taken; shake: shook shaken; make: made; get: got gotten;
	give: gave given; come: came; become: became; know: knew known; grow: grew grown; throw: threw thrown;
	blow: blew blown; fly: flew flown; draw: drew drawn; withdraw: withdrew withdrawn; see: seen; find: found;
	tell: told; sell: sold; hold: held; keep: kept; sleep: slept; sweep: swept; feel: felt; meet: met;
	lead: led; feed: fed; speed: sped; mean: meant; deal: dealt; send: sent; spend: spent; lend: lent;
	bend: bent; build: built; rebuild: rebuilt; begin: began begun; run: ran; rerun: reran; sing: sang sung;
	swim: swam swum; ring: rang; drink: drank drunk; sink: sank sunk; shrink: shrank shrunk;
	write: wrote written; rewrite: rewrote rewritten; overwrite: overwrote overwritten; ride: rode ridden;
	override: overrode overridden; rise: risen; arise: arose arisen; drive: drove driven; speak: spoke spoken;
	break: broke broken; freeze: froze frozen; choose: chose chosen; wake: woke woken; steal: stole stolen;
	wear: wore worn; tear: tore torn; swear: swore sworn; eat: ate eaten; fall: fell fallen;
	forget: forgot forgotten; hide: hid hidden; bite: bitten; stand: stood; understand: understood;
	misunderstand: misunderstood; hear: heard; say: said; pay: paid; lay: laid; lose: lost; shoot: shot;
	sit: sat; win: won; dig: dug; hang: hung; stick: stuck; strike: struck; swing: swung; slide: slid;
	child: children; man: men; woman: women; person: people; foot: feet; tooth: teeth; mouse: mice;
	goose: geese; wife: wives; knife: knives; half: halves; index: indices; vertex: vertices; matrix: matrices;
	criterion: criteria`
