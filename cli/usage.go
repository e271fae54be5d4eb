package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"claude-mem/client"
	"claude-mem/internal/config"
	"claude-mem/memory"
	"claude-mem/storage"
)

// ledger is what the usage command prints.
type ledger struct {
	Since string       `json:"since"`
	By    string       `json:"by"`
	Rows  []ledgerRow  `json:"rows"`
	Total ledgerRow    `json:"total"`
	Saved savedByRules `json:"saved"`
}

// ledgerRow is what was used in one group, of one provider and model.
type ledgerRow struct {
	client.UsageRow
	Cost *float64 `json:"costDollars"` // null: a model without a price was used
}

// savedByRules is how many calls were not made that one for each event would have been.
type savedByRules struct {
	Batching int64 `json:"callsByBatching"`
	Skipping int64 `json:"callsBySkipping"`
}

func (c *console) usageCommand() *cobra.Command {
	var (
		project, since, until, by string
		asJSON                    bool
	)
	cmd := &cobra.Command{
		Use:   "usage",
		Short: "See what generation used and what it cost",
		Long: "Shows the calls of providers, the tokens they used and what those cost by the prices\n" +
			"in CLAUDE_MEM_MODEL_PRICES, for this month or since a day (UTC); and how many calls\n" +
			"were saved by asking about several events at once, or not at all.",
		Example: "  claude-mem usage\n  claude-mem usage --since 2026-01-01 --by project\n  claude-mem usage --by day --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f := client.UsageFilter{By: by}
			if !slices.Contains(storage.UsageGroupings(), storage.UsageBy(by)) {
				return badUsage(cmd, "--by: %q is none of %s", by, groupings())
			}
			for _, at := range []struct {
				flag, text string
				to         *memory.Epoch
			}{{"since", since, &f.Since}, {"until", until, &f.Until}} {
				var err error
				if at.text == "" {
					continue
				}
				if day, utc := time.Parse(time.DateOnly, at.text); utc == nil {
					*at.to = memory.EpochOf(day) // as the ledger counts days
					continue
				}
				if *at.to, err = moment(at.text); err != nil {
					return badUsage(cmd, "--%s: %w", at.flag, err)
				}
			}
			book, err := c.ledger(cmd.Context(), project, f)
			if err != nil {
				return err
			}
			return c.print(asJSON, book, func(s screen) { s.ledger(book) })
		},
	}
	cmd.Flags().StringVarP(&project, "project", "p", "", "only this project, by name, id, path or last part of its path (default: all)")
	cmd.Flags().StringVar(&since, "since", "", "first day (default: the first of this month)")
	cmd.Flags().StringVar(&until, "until", "", "day after the last (default: no end)")
	cmd.Flags().StringVar(&by, "by", string(storage.UsageByProvider), "group by "+groupings())
	jsonFlag(cmd, &asJSON)
	return cmd
}

func groupings() string {
	var names []string
	for _, by := range storage.UsageGroupings() {
		names = append(names, string(by))
	}
	return strings.Join(names, ", ")
}

// ledger asks the server and adds what it costs.
func (c *console) ledger(ctx context.Context, project string, f client.UsageFilter) (book ledger, err error) {
	cfg, err := c.settings()
	if err != nil {
		return book, err
	}
	table, err := parsePrices(cfg.List(config.ModelPrices))
	if err != nil {
		return book, err
	}
	cl, err := c.connectWith(ctx, cfg)
	if err != nil {
		return book, err
	}
	if project != "" {
		p, err := c.openProject(ctx, projectFlag{project})
		if err != nil {
			return book, err
		}
		f.ProjectID = p.ID
	}
	used, err := cl.Usage(ctx, f)
	if err != nil {
		return book, err
	}
	f.Kind = memory.KindBatch
	batches, err := cl.Usage(ctx, f)
	if err != nil {
		return book, err
	}
	book = newLedger(used, table)
	book.By = f.By
	for _, row := range batches.Rows {
		book.Saved.Batching += max(row.Events-row.Calls, 0)
	}
	return book, nil
}

// newLedger prices what was used and adds it up.
func newLedger(used client.Usage, table prices) ledger {
	book := ledger{Since: used.Since, Rows: []ledgerRow{}}
	var total float64
	known := true
	for _, row := range used.Rows {
		out := ledgerRow{UsageRow: row}
		if d, ok := table.cost(row.Model, row.UsageCounts); ok {
			out.Cost = &d
			total += d
		} else {
			known = false
		}
		book.Rows = append(book.Rows, out)
		book.Total.UsageCounts = book.Total.Plus(row.UsageCounts)
	}
	if known {
		book.Total.Cost = &total
	}
	book.Saved.Skipping = book.Total.Skipped
	return book
}

// ledger prints the table.
func (s screen) ledger(book ledger) {
	day, _, _ := strings.Cut(book.Since, "T")
	if len(book.Rows) == 0 {
		s.printf("Nothing was used since %s.\n", day)
		return
	}
	rows := slices.DeleteFunc(slices.Clone(book.Rows), func(r ledgerRow) bool { // what was skipped only, the last line tells
		return r.Calls == 0 && r.InputTokens+r.OutputTokens == 0
	})
	total := book.Total
	total.Group, total.Provider, total.Model = "total", "", ""
	rows = append(rows, total)
	t := ledgerTable(rows, book.By).fit(s.full)
	s.printf("%s\n", s.paint(dim, strings.TrimRight(t.heads(), " ")))
	for i := range rows {
		s.printf("%s\n", strings.TrimRight(t.row(i), " "))
	}
	s.printf("since %s; calls saved: %d by batching, %d by skipping\n", day, book.Saved.Batching, book.Saved.Skipping)
}

// ledgerTable has a row for each of the ledger.
func ledgerTable(rows []ledgerRow, by string) table {
	text := func(c column, cell func(ledgerRow) string) column {
		for _, r := range rows {
			c.cells = append(c.cells, cmp.Or(clean(cell(r)), "-"))
		}
		return c
	}
	number := func(head string, spare int, n func(ledgerRow) int64) column {
		return text(column{head: head, right: true, spare: spare}, func(r ledgerRow) string { return strconv.FormatInt(n(r), 10) })
	}
	t := table{text(column{head: by}, func(r ledgerRow) string { return r.Group })}
	if by != string(storage.UsageByProvider) { // else it stands in front already
		t = append(t, text(column{head: "provider", spare: 1}, func(r ledgerRow) string { return r.Provider }))
	}
	return append(t,
		text(column{head: "model", spare: 2}, func(r ledgerRow) string { return r.Model }),
		number("calls", 0, func(r ledgerRow) int64 { return r.Calls }),
		number("events", 4, func(r ledgerRow) int64 { return r.Events }),
		number("memories", 3, func(r ledgerRow) int64 { return r.Observations }),
		number("tokens in", 0, func(r ledgerRow) int64 { return r.InputTokens }),
		number("tokens out", 0, func(r ledgerRow) int64 { return r.OutputTokens }),
		text(column{head: "dollars", right: true}, func(r ledgerRow) string {
			if r.Cost == nil {
				return "?"
			}
			return fmt.Sprintf("%.4f", *r.Cost)
		}))
}
