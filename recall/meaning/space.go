package meaning

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"claude-mem/internal/vector"
	"claude-mem/memory"
	"claude-mem/storage"
)

const (
	// maxBytes bounds the vectors of one project in memory, of which the newest are kept:
	// 300,000 of 768 dimensions fit.
	maxBytes = 256 << 20
	// readFor is how long one question waits for vectors to be read. What was read by then
	// stays, so the next goes on.
	readFor = 300 * time.Millisecond
	// overlap is how many vectors are read again: one that was stored at the same time
	// as another may become visible after it.
	overlap = 64
)

// space is the vectors of a project, one after the other.
type space struct {
	reading sync.Mutex // held by who reads what is new
	seq     int64      // of the last one read

	mu      sync.RWMutex // held for what follows, never while the store is asked
	dims    int          // of each; what has others is of a model that changed under its name
	numbers []int64
	lengths []float32
	values  []int8
	at      map[int64]int // where the vector of a number is
	most    int           // how many bytes of values are kept
	oldest  int           // where the one is that makes room for the next, once there is none
	full    func()        // told when that begins
}

func newSpace(most int, full func()) *space {
	return &space{at: make(map[int64]int), most: most, full: sync.OnceFunc(full)}
}

func (p *space) empty() bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.numbers) == 0
}

// refresh reads what was stored since. It is ErrUnavailable if that is more than can be
// read at once.
func (p *space) refresh(ctx context.Context, store Store, s memory.Scope, model string) error {
	p.reading.Lock()
	defer p.reading.Unlock()
	began := time.Now()
	for from := max(p.seq-overlap, 0); ; from = p.seq {
		more, err := store.Vectors(ctx, s, model, from, storage.MaxPage)
		if err != nil {
			return err
		}
		p.mu.Lock()
		for _, v := range more {
			p.put(v)
			p.seq = max(p.seq, v.Seq)
		}
		p.mu.Unlock()
		if len(more) < storage.MaxPage {
			return nil
		}
		if time.Since(began) > readFor {
			return fmt.Errorf("%w: the project's vectors are being read", ErrUnavailable)
		}
	}
}

// put adds a vector, or replaces that of the same observation. Where there is no room
// the oldest makes it.
func (p *space) put(v storage.Vector) {
	if p.dims == 0 {
		p.dims = len(v.Values)
	}
	if len(v.Values) != p.dims || p.dims == 0 {
		return
	}
	i, known := p.at[v.Number]
	switch {
	case known:
	case len(p.values)+p.dims <= p.most:
		i = len(p.numbers)
		p.numbers, p.lengths, p.values = append(p.numbers, 0), append(p.lengths, 0), append(p.values, make([]int8, p.dims)...)
	case len(p.numbers) == 0:
		return
	default:
		p.full()
		i = p.oldest % len(p.numbers)
		p.oldest = i + 1
		delete(p.at, p.numbers[i])
	}
	values := vector.Signed(v.Values)
	copy(p.values[i*p.dims:], values)
	p.lengths[i] = float32(math.Sqrt(float64(vector.Dot(values, values))))
	p.numbers[i], p.at[v.Number] = v.Number, i
}

// forget takes away what is gone. Its place stays, without a direction, until there is
// need of it.
func (p *space) forget(numbers []int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range numbers {
		if i, known := p.at[n]; known {
			p.lengths[i] = 0
		}
	}
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
	worst := float32(0)
	for i := lo; i < hi; i++ {
		if p.lengths[i] == 0 {
			continue
		}
		c := float32(vector.Dot(q, p.values[i*p.dims:(i+1)*p.dims])) / p.lengths[i]
		if c <= 0 || c < worst { // what points away is not near
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
