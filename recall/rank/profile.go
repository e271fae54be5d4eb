package rank

import (
	"claude-mem/internal/termlist"
	"claude-mem/storage"
)

// profile is what an observation has of a query.
type profile struct {
	*storage.Ranked
	frequency []float64 // of each term, weighed by the fields it is in
	near      []int     // how far each term and the next stand from where the query has them (see apart); 0 where they share no field
	length    float64
	question  bool
}

// fieldWeights are what one occurrence counts by its field. A title is what a person
// or a model thought the observation is about, and names of files are chosen, not
// written in passing.
func fieldWeights() [termlist.Fields]float64 {
	return [termlist.Fields]float64{
		termlist.Title: 2, termlist.Facts: 1, termlist.Narrative: 1, termlist.Files: 2, termlist.Concepts: 1,
	}
}

// read makes the profile of an observation.
func (q *Query) read(r *storage.Ranked) profile {
	l := termlist.Decode(r.List)
	p := profile{Ranked: r, question: l.Question}
	p.frequency = make([]float64, len(q.Terms))
	p.near = make([]int, len(q.Terms))
	last := make([]int, len(q.Terms)) // where a term was last, from 1
	for field, weight := range fieldWeights() {
		n := l.Len(field)
		if field != termlist.Files && field != termlist.Concepts {
			p.length += float64(n) // names are not what makes a text long
		}
		clear(last)
		for at := range n {
			i := q.find(l.At(field, at))
			if i < 0 {
				continue
			}
			p.frequency[i] += weight
			last[i] = at + 1
			if i > 0 && last[i-1] > 0 {
				p.closer(i-1, q.apart(i-1, last[i-1], last[i]))
			}
			if i+1 < len(last) && last[i+1] > 0 {
				p.closer(i, q.apart(i, last[i], last[i+1]))
			}
		}
	}
	return p
}

// closer notes how far a term and the next stand from where the query has them.
func (p *profile) closer(term, apart int) {
	if p.near[term] == 0 || apart < p.near[term] {
		p.near[term] = apart
	}
}

// matches reports whether the observation itself holds any term.
func (p *profile) matches() bool {
	for _, f := range p.frequency {
		if f > 0 {
			return true
		}
	}
	return false
}

// words lists the query's words that the observation holds.
func (p *profile) words(q *Query) (words []string) {
	for i, f := range p.frequency {
		if f > 0 {
			words = append(words, q.Terms[i].Word)
		}
	}
	return words
}
