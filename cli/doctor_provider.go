package cli

import (
	"context"
	"fmt"
	"time"

	"claude-mem/daemon"
	"claude-mem/internal/config"
)

// checkProviders says what makes observations, by which setting, and, where the user
// asked for it, tries each with one cheap call. On a server elsewhere that is the
// business of whoever runs it.
func (d *doctor) checkProviders(ctx context.Context) {
	if d.cfg.String(config.ServerURL) != "" {
		return
	}
	for _, p := range daemon.Providers(ctx, d.cfg, d.probe) {
		d.provider("provider", p, "mend the setting, then claude-mem restart; events are stored meanwhile")
	}
	if p, ok := daemon.EmbeddingState(ctx, d.cfg, d.probe); ok {
		d.provider("embeddings", p, "mend the setting, then claude-mem restart; searches go by words meanwhile")
	}
}

// provider reports how a provider is set up, and what came of trying it.
func (d *doctor) provider(check string, p daemon.ProviderState, fix string) {
	detail := p.Name
	if p.Model != "" {
		detail += ", model " + p.Model
	}
	detail += " (" + p.From.String()
	if p.KeyFrom.Source != "" {
		detail += "; key from " + p.KeyFrom.String()
	}
	detail += ")"
	switch {
	case p.Err != nil:
		d.report(check, wrong, detail+": "+oneLine(p.Err), fix)
	case p.Took > 0:
		d.ok(check, fmt.Sprintf("%s: answers, in %s", detail, p.Took.Round(time.Millisecond)))
	default:
		d.ok(check, detail)
	}
}
