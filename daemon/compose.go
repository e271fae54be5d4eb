package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"claude-mem/capture"
	"claude-mem/daemon/httpapi"
	"claude-mem/daemon/metrics"
	"claude-mem/generation"
	"claude-mem/internal/config"
	"claude-mem/memory"
	"claude-mem/providers"
	"claude-mem/storage"
)

// role is what a process is there for.
type role int

const (
	serves    role = iota // answers HTTP, and generates unless that is disabled
	generates             // generates and listens nowhere
)

// parts is everything that runs in a process.
type parts struct {
	engines
	team     bool          // others serve and generate beside this process
	self     memory.Worker // this process, if it generates
	log      *slog.Logger
	worker   *generation.Worker // nil where generation is disabled
	embedder providers.Embedder // nil: there is no model
	// provider is what the worker asks; unready is what it lacks, if anything.
	provider providers.Provider
	unready  error
	hub      *httpapi.Hub
	metrics  *metrics.Metrics
	api      *httpapi.API // nil in a worker process
	drainer  *drainer     // nil where hooks do not spool into a folder of ours
}

// heldFor is how long a crash of a process keeps a job that it worked on from its
// successor. Holding on to one costs a write every quarter of it, and only while a
// provider takes that long.
const heldFor = 15 * time.Second

// compose opens the engines and wires the parts. It starts nothing.
func (d *Daemon) compose(ctx context.Context, log *slog.Logger) (p *parts, err error) {
	p = &parts{team: d.deployment.team, self: newSelf(), log: log, hub: &httpapi.Hub{}, metrics: metrics.New()}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if p.engines, err = d.deployment.open(ctx, log); err != nil {
		return p, err
	}
	if p.embedder, err = newEmbedder(d.cfg); err != nil {
		return p, err
	}
	if d.role == generates || !d.cfg.Bool(config.GenerationDisabled) {
		p.worker = p.newWorker(d.cfg)
	}
	if d.role == serves {
		err = d.composeServer(ctx, p)
	}
	return p, err
}

// newWorker makes what generates.
func (p *parts) newWorker(cfg *Config) *generation.Worker {
	if p.provider, p.unready = provider(cfg); p.unready != nil {
		p.log.Error("a provider cannot be asked; events are stored meanwhile", "err", p.unready)
	}
	return generation.New(generation.Config{
		Store: p.store, Queue: p.queue, Provider: p.metrics.Provider(p.provider), Logger: p.log,
		Embedder:        p.embedder,
		CallTimeout:     callTimeout(cfg),
		Owner:           fmt.Sprintf("%s-%d", p.self.Host, p.self.PID), // for people
		LeaseFor:        heldFor,
		ReannounceAfter: p.reannounceAfter,
		IgnoreCommands:  cfg.List(config.IgnoreCommands),
		Budgets:         budgets(cfg),
		MaxCallTokens:   maxCallTokens(cfg),
		OnFinished:      func(j memory.Job) { p.tell(j.Notice()) },
	})
}

// budgets are the limits that the settings put to tokens.
func budgets(cfg *Config) generation.Budgets {
	return generation.Budgets{
		Project: budget(cfg, config.ProjectDailyTokens, config.ProjectMonthTokens),
		Team:    budget(cfg, config.TeamDailyTokens, config.TeamMonthTokens),
	}
}

// budget reads the two limits of a budget; one that is not set is none.
func budget(cfg *Config, daily, monthly string) generation.Budget {
	limit := func(key string) *int64 {
		if cfg.String(key) == "" {
			return nil
		}
		n := int64(cfg.Int(key))
		return &n
	}
	return generation.Budget{Daily: limit(daily), Monthly: limit(monthly)}
}

// composeServer makes what answers requests.
func (d *Daemon) composeServer(ctx context.Context, p *parts) error {
	self, err := d.self(ctx, p.store)
	if err != nil {
		return err
	}
	in := capture.New(p.store, d.capturing(p.tell))
	if !d.deployment.team {
		p.drainer = newDrainer(d.cfg.Dirs.Spool(), self.TeamID, in, p.fault, p.log)
	}
	about := &system{daemon: d, parts: p}
	p.metrics.Watch(about.Health)
	p.api = httpapi.New(httpapi.Config{
		Store: p.store, Capture: in, Recall: p.newRecall(d.cfg), Hub: p.hub, Log: p.log,
		System: about, EmbeddingModel: embeddingModel(d.cfg),
		Access: access(d.deployment, self), LocalFiles: !d.deployment.team, PublicURL: d.cfg.String(config.PublicURL),
		Quotas: quotas(d.cfg), Metrics: p.metrics,
		Limits: contextLimits(d.cfg),
	})
	return nil
}

// contextLimits bound what agents are told.
func contextLimits(cfg *Config) httpapi.ContextLimits {
	return httpapi.ContextLimits{
		Tokens: cfg.Int(config.ContextTokens), Sessions: cfg.Int(config.ContextSessionCount),
		Observations: cfg.Int(config.ContextObservations), Kinds: cfg.List(config.ContextKinds),
		Prompt: cfg.Int(config.SemanticInjectLimit), PromptTokens: cfg.Int(config.SemanticInjectTokens),
		PromptShare: cfg.Int(config.SemanticInjectShare),
		File:        cfg.Int(config.FileContextLimit), FileTokens: cfg.Int(config.FileContextTokens),
	}
}

// capturing says how events are taken in.
func (d *Daemon) capturing(notify func(memory.Notice)) capture.Options {
	return capture.Options{
		CreateProjects: !d.deployment.team, // there a name that nobody knows may be a mistake; hooks always may
		Notify:         notify,
		Reindex:        d.cfg.String(config.EmbeddingsURL) != "",
		Policy:         memory.Policy(d.cfg.String(config.SessionPolicy)),
		Debounce:       time.Duration(d.cfg.Int(config.SessionDebounce)) * time.Millisecond,
	}
}

// self is the key that the server itself acts with: that of the profile, or, in a
// team's server, which has no settings file to keep one in, none that exists: it is
// good for requests that need no key, where they are let in.
func (d *Daemon) self(ctx context.Context, store storage.Store) (memory.APIKey, error) {
	if !d.deployment.team {
		return localKey(ctx, d.cfg, store)
	}
	if !bypass(d.cfg) {
		return memory.APIKey{}, nil
	}
	var team memory.Team
	err := store.InTx(ctx, func(tx storage.Tx) (err error) {
		team, err = ensureTeam(ctx, tx, "")
		return err
	})
	return memory.APIKey{TeamID: team.ID, ActorID: "system:local-dev", Scopes: []string{memory.ScopeAll}, CreatedAt: memory.Now()}, err
}

// bypass reports whether loopback requests need no key.
func bypass(cfg *config.Config) bool {
	return cfg.String(config.AuthMode) == "local-dev" && cfg.Bool(config.AllowLocalDevBypass)
}

// access says who may come in, by the settings; self is the key of those without one.
func access(d deployment, self memory.APIKey) httpapi.Access {
	host := d.cfg.String(config.ServerHost)
	a := httpapi.Access{Hosts: append(d.cfg.List(config.AllowedHosts), host)}
	if addr, err := netip.ParseAddr(host); err == nil {
		a.Wide = !addr.IsLoopback()
	}
	if bypass(d.cfg) {
		a.LocalDev = &self
	} else {
		// A team's server is known under names that only its network knows. Whoever
		// comes by a rebound name has no key.
		a.AnyHost = d.team
	}
	return a
}

// runWorker generates until ctx is done.
func (p *parts) runWorker(ctx context.Context) error {
	if p.worker == nil {
		<-ctx.Done()
		return nil
	}
	return p.worker.Run(ctx)
}

// quotas are the limits of keys and teams.
func quotas(cfg *config.Config) httpapi.Quotas {
	return httpapi.Quotas{
		Meter: cfg.Bool(config.UsageMetering), PerMinute: int64(cfg.Int(config.RateLimitPerMin)),
		MonthlyRequests: int64(cfg.Int(config.MonthlyRequestCap)), MonthlyTokens: int64(cfg.Int(config.MonthlyTokenCap)),
	}
}

// tell tells those who wait and listen of what changed, in this process and the others.
func (p *parts) tell(n memory.Notice) {
	p.hub.Publish(n)
	p.spread(p.self.ID + " " + n.String())
}

// heard tells those here of what another process told.
func (p *parts) heard(text string) {
	origin, rest, _ := strings.Cut(text, " ")
	if n, ok := memory.ParseNotice(rest); ok && origin != p.self.ID {
		p.hub.Publish(n)
	}
}
