package cli

import (
	"strings"
	"testing"

	"claude-mem/client"
	"claude-mem/memory"
)

func TestPrices(t *testing.T) {
	table, err := parsePrices([]string{"big-1=10/100", "big*=3/15", "vendor/*=0.5 / 1"})
	if err != nil {
		t.Fatal(err)
	}
	million := memory.UsageCounts{InputTokens: 1_000_000, OutputTokens: 100_000}
	for model, want := range map[string]float64{"big-1": 20, "big-2": 4.5, "vendor/small/x": 0.6} {
		if got, known := table.cost(model, million); !known || got < want-1e-9 || got > want+1e-9 {
			t.Errorf("%s costs %v (known: %v), want %v", model, got, known, want)
		}
	}
	if _, known := table.cost("other", million); known {
		t.Error("a model without a price has one")
	}
	if d, known := table.cost("other", memory.UsageCounts{Calls: 9}); !known || d != 0 {
		t.Error("what used no tokens costs something")
	}
	for _, wrong := range []string{"big", "big=3", "=3/15", "big=3/x", "big=-1/2", "big=NaN/1", "big=inf/1"} {
		if _, err := parsePrices([]string{wrong}); err == nil || !strings.Contains(err.Error(), "CLAUDE_MEM_MODEL_PRICES") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestLedgerAddsUp(t *testing.T) {
	row := func(model string, c memory.UsageCounts) client.UsageRow {
		return client.UsageRow{Group: "g", Provider: "p", Model: model, UsageCounts: c}
	}
	used := client.Usage{Since: "2026-01-01T00:00:00.000Z", Rows: []client.UsageRow{
		row("", memory.UsageCounts{Skipped: 3}),
		row("a", memory.UsageCounts{Calls: 2, InputTokens: 1_000_000}),
		row("b", memory.UsageCounts{Calls: 1, OutputTokens: 1_000_000}),
	}}
	book := newLedger(used, prices{{"a", 2, 0}, {"b", 0, 3}})
	if book.Total.Cost == nil || *book.Total.Cost != 5 || book.Total.Calls != 3 || book.Saved.Skipping != 3 {
		t.Errorf("the ledger is %+v", book)
	}
	var out strings.Builder
	book.By = "provider"
	screen{w: &out}.ledger(book)
	for _, want := range []string{"tokens in", "2.0000", "3.0000", "5.0000", "3 by skipping", "since 2026-01-01"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
	book = newLedger(used, prices{{"a", 2, 0}})
	out.Reset()
	screen{w: &out}.ledger(book)
	if book.Total.Cost != nil || strings.Count(out.String(), "?") != 2 {
		t.Errorf("a model without a price is counted as free:\n%s", &out)
	}
}

// Whatever the usage is grouped by, a row stays a row on a narrow terminal, and what it
// cost stays in it.
func TestLedgerFitsTheTerminal(t *testing.T) {
	row := client.UsageRow{Group: "2026-01-02", Provider: "openrouter", Model: "vendor/a-model-with-a-long-name", UsageCounts: memory.UsageCounts{Calls: 2, InputTokens: 12_345_678}}
	book := newLedger(client.Usage{Since: "2026-01-01T00:00:00.000Z", Rows: []client.UsageRow{row}}, prices{{"vendor/*", 2, 0}})
	book.By = "day"
	for _, columns := range []int{60, 80, 120, 0} {
		var out strings.Builder
		screen{w: &out, full: columns}.ledger(book)
		for line := range strings.Lines(out.String()) {
			if n := len(strings.TrimRight(line, "\n")); columns > 0 && n > columns {
				t.Errorf("%d columns on %d: %s", n, columns, line)
			}
		}
		if !strings.Contains(out.String(), "24.69") || strings.Contains(out.String(), "a-model") != (columns == 0 || columns == 120) {
			t.Errorf("on %d columns:\n%s", columns, &out)
		}
	}
}
