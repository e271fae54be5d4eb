package httpapi

import (
	"fmt"
	"net/http"
	"slices"

	"claude-mem/client"
	"claude-mem/memory"
	"claude-mem/storage"
)

// usage tells what the key's scope used, in the month unless the query says since when,
// and with by= in rows as well.
func (a *API) usage(r *request) (answer, error) {
	q := r.query()
	f := storage.UsageFilter{Since: memory.Now().Month(), Until: q.time("until"), By: storage.UsageBy(q.Get("by")), Kind: memory.Kind(q.Get("kind"))}
	if since := q.time("since"); since != 0 {
		f.Since = since.Day()
	}
	if f.By != "" && !slices.Contains(storage.UsageGroupings(), f.By) {
		return answer{}, issue("invalid_value", fmt.Sprintf("Invalid option: expected one of %q", storage.UsageGroupings()), "by")
	}
	scope := r.caller.Scope()
	if q.Get("projectId") != "" {
		p, err := a.namedProject(r, q)
		if err != nil {
			return answer{}, err
		}
		scope = p.Scope()
	}
	a.flushMeter(r.Context()) // so that a client finds its own requests
	page := storage.Page{Limit: q.int("limit", storage.MaxPage, 1, storage.MaxPage), Offset: q.int("offset", 0, 0, 1<<31-1)}
	sum, err := a.sumOfUsage(r, scope, f)
	if err != nil {
		return answer{}, err
	}
	out := client.Usage{Since: f.Since.Time().Format(isoMillis), Usage: client.UsageByName(sum)}
	if f.By == "" {
		return ok(out)
	}
	rows, err := a.Store.Usage(r.Context(), scope, f, page)
	if err != nil {
		return answer{}, err
	}
	out.Rows = make([]client.UsageRow, len(rows))
	for i, row := range rows {
		out.Rows[i] = client.UsageRow{Group: row.Group, Provider: row.Provider, Model: row.Model, UsageCounts: row.UsageCounts}
	}
	return ok(out)
}

// sumOfUsage is all that the filter lets through, in one.
func (a *API) sumOfUsage(r *request, s memory.Scope, f storage.UsageFilter) (sum memory.UsageCounts, err error) {
	f.By = ""
	rows, err := a.Store.Usage(r.Context(), s, f, storage.Page{})
	for _, row := range rows { // one for each provider and model
		sum = sum.Plus(row.UsageCounts)
	}
	return sum, err
}

// admit holds the request against the quotas.
func (a *API) admit(r *request) error {
	counted, err := a.meter.admit(r.Context(), r.caller.Key, r.route.writes())
	if counted {
		a.wake()
	}
	return err
}

// writes reports whether the route takes something in, so that tokens may come to be
// spent on it. To delete and to cancel costs none.
func (r Route) writes() bool {
	switch r.Scope {
	case memory.ScopeEventsWrite, memory.ScopeSessionsWrite, memory.ScopeMemoriesWrite:
		return r.Method != http.MethodDelete && r.Pattern != "/v1/jobs/:id/cancel"
	}
	return false
}
