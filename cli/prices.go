package cli

import (
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"

	"claude-mem/internal/config"
	"claude-mem/memory"
)

// price is what a million tokens of a model cost, in dollars.
type price struct {
	model         string // a pattern: a * stands for any text
	input, output float64
}

// prices is a table of them; the first that matches counts.
type prices []price

// parsePrices reads the setting, a list such as claude-sonnet-4*=3/15.
func parsePrices(items []string) (prices, error) {
	var all prices
	for _, item := range items {
		model, cost, ok := strings.Cut(item, "=")
		in, out, both := strings.Cut(cost, "/")
		p := price{model: strings.TrimSpace(model)}
		var errIn, errOut error
		p.input, errIn = dollars(in)
		p.output, errOut = dollars(out)
		if !ok || !both || p.model == "" || errIn != nil || errOut != nil {
			return nil, fmt.Errorf("%s has %q; write MODEL=INPUT/OUTPUT in dollars per million tokens, such as claude-sonnet-4*=3/15",
				config.ModelPrices, item)
		}
		all = append(all, p)
	}
	return all, nil
}

func dollars(text string) (float64, error) {
	d, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err == nil && (d < 0 || math.IsInf(d, 0) || math.IsNaN(d)) {
		err = strconv.ErrRange
	}
	return d, err
}

// cost is what the tokens cost in dollars. What used none costs nothing, whatever
// the model; of others nothing is known without a price.
func (ps prices) cost(model string, c memory.UsageCounts) (dollars float64, known bool) {
	if c.Tokens() == 0 {
		return 0, true
	}
	flat := func(s string) string { return strings.ReplaceAll(s, "/", "\x01") } // a * crosses them here
	for _, p := range ps {
		if ok, err := path.Match(flat(p.model), flat(model)); err == nil && ok {
			const million = 1e6
			return (float64(c.InputTokens)*p.input + float64(c.OutputTokens)*p.output) / million, true
		}
	}
	return 0, false
}
