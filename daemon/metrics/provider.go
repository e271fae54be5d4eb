package metrics

import (
	"cmp"
	"context"
	"errors"
	"time"

	"claude-mem/providers"
)

// Provider counts the calls of p and what they cost.
func (m *Metrics) Provider(p providers.Provider) providers.Provider { return &provider{p, m} }

type provider struct {
	providers.Provider
	m *Metrics
}

// Generate implements providers.Provider.
func (p *provider) Generate(ctx context.Context, r providers.Request) (providers.Response, error) {
	start := time.Now()
	resp, err := p.Provider.Generate(ctx, r)
	who := cmp.Or(resp.Provider, p.Name())
	p.m.calls.WithLabelValues(who, outcome(ctx, err)).Inc()
	p.m.callTook.WithLabelValues(who).Observe(time.Since(start).Seconds())
	p.m.spent(providers.Cost{Provider: who, InputTokens: resp.InputTokens, OutputTokens: resp.OutputTokens})
	for _, c := range resp.Earlier {
		p.m.spent(c)
	}
	return resp, err
}

// Free implements providers.Free: what the free part does is counted, too.
func (p *provider) Free() (part providers.Provider, whole bool) {
	free, whole := providers.FreePart(p.Provider)
	if free == nil {
		return nil, false
	}
	return &provider{free, p.m}, whole
}

// Next implements providers.Foresight.
func (p *provider) Next() (name, model string) { return providers.Next(p.Provider) }

// spent counts tokens; who counts none has none to show.
func (m *Metrics) spent(c providers.Cost) {
	for direction, n := range map[string]int64{"input": c.InputTokens, "output": c.OutputTokens} {
		if n > 0 {
			m.tokens.WithLabelValues(c.Provider, direction).Add(float64(n))
		}
	}
}

func outcome(ctx context.Context, err error) string {
	e, classified := errors.AsType[*providers.Error](err)
	switch {
	case err == nil:
		return "ok"
	case classified:
		return string(e.Class)
	case errors.Is(ctx.Err(), context.Canceled):
		return "cancelled"
	}
	return "error"
}
