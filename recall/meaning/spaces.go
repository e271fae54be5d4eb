package meaning

import (
	"context"
	"slices"
	"sync"

	"claude-mem/memory"
)

// maxSpaces is how many projects are kept in memory, those asked about last.
const maxSpaces = 8

// spaces are the projects in memory.
type spaces struct {
	full func(s memory.Scope) // told of a project whose vectors are too many; may be nil

	mu   sync.Mutex
	all  map[memory.Scope]*space
	used []memory.Scope // the last used last
}

// of returns the project's space, with all that is stored by now.
func (c *spaces) of(ctx context.Context, store Store, s memory.Scope, model string) (*space, error) {
	sp := c.use(s)
	return sp, sp.refresh(ctx, store, s, model)
}

// use returns the project's space as it is, and makes room for it if it is new.
func (c *spaces) use(s memory.Scope) *space {
	c.mu.Lock()
	defer c.mu.Unlock()
	sp := c.all[s]
	if sp == nil {
		if len(c.used) >= maxSpaces {
			delete(c.all, c.used[0])
			c.used = c.used[1:]
		}
		sp = newSpace(maxBytes, func() {
			if c.full != nil {
				c.full(s)
			}
		})
		c.all[s] = sp
	} else {
		c.used = slices.DeleteFunc(c.used, func(u memory.Scope) bool { return u == s })
	}
	c.used = append(c.used, s)
	return sp
}

// known returns the project's space, or nil if it is not in memory.
func (c *spaces) known(s memory.Scope) *space {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all[s]
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
