package meaning

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"
	"sync"

	"claude-mem/internal/vector"
	"claude-mem/memory"
	"claude-mem/storage"
)

const (
	// maxBytes bounds the vectors of one project in memory; those stored later are not
	// searched. 300,000 of 768 dimensions fit.
	maxBytes = 256 << 20
	// maxSpaces is how many projects are kept in memory, those asked about last.
	maxSpaces = 8
	// overlap is how many vectors are read again: one that was stored at the same time
	// as another may become visible after it.
	overlap = 64
)

// spaces are the projects in memory.
type spaces struct {
	mu   sync.Mutex
	all  map[memory.Scope]*space
	used []memory.Scope // the last used last
}

// of returns the project's space, with all that is stored by now.
func (c *spaces) of(ctx context.Context, store Store, s memory.Scope, model string) (*space, error) {
	c.mu.Lock()
	sp := c.all[s]
	if sp == nil {
		sp = &space{at: make(map[int64]int)}
		if c.all == nil {
			c.all = make(map[memory.Scope]*space)
		}
		if len(c.used) >= maxSpaces {
			delete(c.all, c.used[0])
			c.used = c.used[1:]
		}
		c.all[s] = sp
	} else {
		c.used = slices.DeleteFunc(c.used, func(u memory.Scope) bool { return u == s })
	}
	c.used = append(c.used, s)
	c.mu.Unlock()
	return sp, sp.refresh(ctx, store, s, model)
}

// drop frees what is not needed any more.
func (c *spaces) drop(s memory.Scope) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all[s] != nil {
		delete(c.all, s)
		c.used = slices.DeleteFunc(c.used, func(u memory.Scope) bool { return u == s })
	}
}

// space is the vectors of a project, one after the other.
type space struct {
	mu      sync.RWMutex
	seq     int64 // of the last one read
	dims    int   // of each; what has others is of a model that changed under its name
	numbers []int64
	lengths []float32
	values  []int8
	at      map[int64]int // where the vector of a number is
}

func (p *space) empty() bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.numbers) == 0
}

// refresh reads what was stored since.
func (p *space) refresh(ctx context.Context, store Store, s memory.Scope, model string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for from := max(p.seq-overlap, 0); ; from = p.seq {
		more, err := store.Vectors(ctx, s, model, from, storage.MaxPage)
		if err != nil {
			return err
		}
		for _, v := range more {
			p.put(v)
			p.seq = max(p.seq, v.Seq)
		}
		if len(more) < storage.MaxPage {
			return nil
		}
	}
}

// put adds a vector, or replaces that of the same observation.
func (p *space) put(v storage.Vector) {
	if p.dims == 0 {
		p.dims = len(v.Values)
	}
	if len(v.Values) != p.dims || p.dims == 0 {
		return
	}
	values := vector.Signed(v.Values)
	length := float32(math.Sqrt(float64(vector.Dot(values, values))))
	if i, known := p.at[v.Number]; known {
		copy(p.values[i*p.dims:], values)
		p.lengths[i] = length
		return
	}
	if len(p.values)+p.dims > maxBytes {
		return
	}
	p.at[v.Number] = len(p.numbers)
	p.numbers, p.lengths, p.values = append(p.numbers, v.Number), append(p.lengths, length), append(p.values, values...)
}

// near is one observation with how near it is: its cosine with the question.
type near struct {
	number int64
	cosine float32
}

func nearer(a, b near) int {
	return cmp.Or(cmp.Compare(b.cosine, a.cosine), cmp.Compare(b.number, a.number))
}

// nearest compares all vectors with q, on all cores.
func (p *space) nearest(q []int8, n int) []int64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if len(q) != p.dims || n <= 0 {
		return nil
	}
	parts := min(runtime.GOMAXPROCS(0), 1+len(p.numbers)/4096)
	best := make([][]near, parts)
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() {
			best[i] = p.nearestIn(q, n, len(p.numbers)*i/parts, len(p.numbers)*(i+1)/parts)
		})
	}
	wg.Wait()
	all := slices.Concat(best...)
	slices.SortFunc(all, nearer)
	var out []int64
	for _, b := range all[:min(n, len(all))] {
		out = append(out, b.number)
	}
	return out
}

// nearestIn looks at the vectors from lo to before hi.
func (p *space) nearestIn(q []int8, n, lo, hi int) []near {
	var best []near
	worst := float32(0) // what points away is not near
	for i := lo; i < hi; i++ {
		if p.lengths[i] == 0 {
			continue
		}
		c := float32(vector.Dot(q, p.values[i*p.dims:(i+1)*p.dims])) / p.lengths[i]
		if c <= worst {
			continue
		}
		best = append(best, near{p.numbers[i], c})
		if len(best) >= 2*n {
			slices.SortFunc(best, nearer)
			best = best[:n]
			worst = best[n-1].cosine
		}
	}
	return best
}
