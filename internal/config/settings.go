package config

import "slices"

// The settings, by name. What each means stands in [Settings].
const (
	DataDir              = "CLAUDE_MEM_DATA_DIR"
	Disable              = "CLAUDE_MEM_DISABLE"
	LogLevel             = "CLAUDE_MEM_LOG_LEVEL"
	Runtime              = "CLAUDE_MEM_RUNTIME"
	ServerDatabaseURL    = "CLAUDE_MEM_SERVER_DATABASE_URL"
	QueueEngine          = "CLAUDE_MEM_QUEUE_ENGINE"
	RedisURL             = "CLAUDE_MEM_REDIS_URL"
	QueueRedisPrefix     = "CLAUDE_MEM_QUEUE_REDIS_PREFIX"
	ServerDrain          = "CLAUDE_MEM_SERVER_DRAIN"
	ServerHost           = "CLAUDE_MEM_SERVER_HOST"
	ServerPort           = "CLAUDE_MEM_SERVER_PORT"
	AllowedHosts         = "CLAUDE_MEM_ALLOWED_HOSTS"
	PublicURL            = "CLAUDE_MEM_PUBLIC_URL"
	UsageMetering        = "CLAUDE_MEM_USAGE_METERING"
	RateLimitPerMin      = "CLAUDE_MEM_RATE_LIMIT_PER_MIN"
	MonthlyRequestCap    = "CLAUDE_MEM_MONTHLY_REQUEST_CAP"
	MonthlyTokenCap      = "CLAUDE_MEM_MONTHLY_TOKEN_CAP"
	AuditRetention       = "CLAUDE_MEM_AUDIT_RETENTION_DAYS"
	ServerURL            = "CLAUDE_MEM_SERVER_URL"
	ServerAPIKey         = "CLAUDE_MEM_SERVER_API_KEY"
	ServerProjectID      = "CLAUDE_MEM_SERVER_PROJECT_ID"
	ServerAdmin          = "CLAUDE_MEM_SERVER_ADMIN"
	AuthMode             = "CLAUDE_MEM_AUTH_MODE"
	AllowLocalDevBypass  = "CLAUDE_MEM_ALLOW_LOCAL_DEV_BYPASS"
	Docker               = "CLAUDE_MEM_DOCKER"
	GenerationDisabled   = "CLAUDE_MEM_GENERATION_DISABLED"
	SessionPolicy        = "CLAUDE_MEM_SERVER_SESSION_POLICY"
	SessionDebounce      = "CLAUDE_MEM_SERVER_SESSION_DEBOUNCE_MS"
	IgnoreCommands       = "CLAUDE_MEM_IGNORE_COMMANDS"
	ModelPrices          = "CLAUDE_MEM_MODEL_PRICES"
	ProjectDailyTokens   = "CLAUDE_MEM_PROJECT_DAILY_TOKENS"
	ProjectMonthTokens   = "CLAUDE_MEM_PROJECT_MONTHLY_TOKENS"
	TeamDailyTokens      = "CLAUDE_MEM_TEAM_DAILY_TOKENS"
	TeamMonthTokens      = "CLAUDE_MEM_TEAM_MONTHLY_TOKENS"
	SkipTools            = "CLAUDE_MEM_SKIP_TOOLS"
	ExcludedProjects     = "CLAUDE_MEM_EXCLUDED_PROJECTS"
	ContextTokens        = "CLAUDE_MEM_CONTEXT_TOKENS"
	ContextObservations  = "CLAUDE_MEM_CONTEXT_OBSERVATIONS"
	ContextKinds         = "CLAUDE_MEM_CONTEXT_KINDS"
	ContextSessionCount  = "CLAUDE_MEM_CONTEXT_SESSION_COUNT"
	SemanticInject       = "CLAUDE_MEM_SEMANTIC_INJECT"
	SemanticInjectLimit  = "CLAUDE_MEM_SEMANTIC_INJECT_LIMIT"
	SemanticInjectTokens = "CLAUDE_MEM_SEMANTIC_INJECT_TOKENS"
	SemanticInjectShare  = "CLAUDE_MEM_SEMANTIC_INJECT_THRESHOLD"
	EmbeddingsURL        = "CLAUDE_MEM_EMBEDDINGS_URL"
	EmbeddingsModel      = "CLAUDE_MEM_EMBEDDINGS_MODEL"
	EmbeddingsKey        = "CLAUDE_MEM_EMBEDDINGS_API_KEY"
	FileContext          = "CLAUDE_MEM_FILE_CONTEXT"
	FileContextLimit     = "CLAUDE_MEM_FILE_CONTEXT_LIMIT"
	FileContextTokens    = "CLAUDE_MEM_FILE_CONTEXT_TOKENS"

	defaultSkippedTools = "ListMcpResourcesTool,SlashCommand,Skill,TodoWrite,AskUserQuestion,mcp__claude-mem__*,mcp__claude_mem__*,mcp_claude-mem_*,update_plan,write_todos,update_topic,ask_user,activate_skill"
	maxContextTokens    = 20000
	maxContextRows      = 1000
	maxMemoriesTold     = 50
	maxCap              = 1<<31 - 1
	maxDebounceMS       = 3_600_000
	maxRetentionDays    = 36_500
	maxTokens           = 1<<31 - 1
)

// Setting describes one setting.
type Setting struct {
	Key     string
	Default string
	Doc     string   // one sentence, for people
	Kind    Kind     // what its text must look like
	Choices []string // with KindChoice: the values it may take; with KindList, if any: its parts
	Max     int      // with KindInt: the largest value; the smallest is 0
	Aliases []string // older names that are read too, after Key
	Secret  bool     // never shown in full, see [Mask]
}

// Settings lists every setting in the order they are documented. It is a function
// so that a program that loads none of them builds no table.
func Settings() []Setting {
	return slices.Concat(serverSettings(), providerSettings(), generationSettings(), clientSettings())
}

// serverSettings is the part about servers, and who may talk to them.
func serverSettings() []Setting {
	return []Setting{
		{Key: DataDir, Kind: KindString,
			Doc: "Puts settings, database, logs, spool and runtime files into this one folder instead of the XDG directories."},
		{Key: Disable, Kind: KindBool, Default: "false",
			Doc: "Makes every hook do nothing."},
		{Key: LogLevel, Kind: KindChoice, Default: "info", Choices: []string{"debug", "info", "warn", "error"},
			Doc: "The least important level that the daemon logs."},
		{Key: Runtime, Kind: KindChoice, Choices: []string{"local", "server-beta", "server"},
			Doc: "Insists on a person's own daemon (local) or on a team's server (server-beta, also called server); empty lets the database decide."},
		{Key: ServerDatabaseURL, Kind: KindString, Secret: true,
			Doc: "The Postgres database of a team, postgres://user:password@host:5432/database; empty means a SQLite file of this user's."},
		{Key: QueueEngine, Kind: KindChoice, Choices: []string{"goqite", "redis", "bullmq"},
			Doc: "What announces jobs: goqite lives in the SQLite file and is its default; Postgres needs redis (bullmq is another name for it)."},
		{Key: RedisURL, Kind: KindString, Secret: true,
			Doc: "The Redis or Valkey of the redis engine, redis://[user:password@]host:6379[/db], or rediss:// for TLS."},
		{Key: QueueRedisPrefix, Kind: KindString, Default: "claude-mem",
			Doc: "Sets deployments that share a Redis apart; every server and worker of one has the same."},
		{Key: ServerDrain, Kind: KindDuration, Default: "5s",
			Doc: "How long a team's server that is told to stop goes on serving while its readiness says 503, so that balancers can turn away."},
		{Key: ServerHost, Kind: KindString, Default: "127.0.0.1",
			Doc: "The address the daemon listens on."},
		{Key: ServerPort, Kind: KindInt, Default: "0", Max: 65535,
			Doc: "The port the daemon listens on; 0 means 37877 + the user's id modulo 100. If it is taken, a person's own daemon uses the next free one, and a team's server does not start."},
		{Key: AllowedHosts, Kind: KindList,
			Doc: "Host names, besides the loopback ones, under which clients may address the daemon."},
		{Key: PublicURL, Kind: KindString,
			Doc: "Where agents elsewhere reach the server, for the links it gives out; empty means wherever the request for one came to."},
		{Key: UsageMetering, Kind: KindBool, Default: "false",
			Doc: "Counts the requests of every key, for GET /v1/usage."},
		{Key: RateLimitPerMin, Kind: KindInt, Default: "0", Max: maxCap,
			Doc: "How many requests a key may make in a minute, over all servers; more are answered 429. 0 means any number."},
		{Key: MonthlyRequestCap, Kind: KindInt, Default: "0", Max: maxCap,
			Doc: "How many requests a team may make in a month; more are answered 402. 0 means any number."},
		{Key: MonthlyTokenCap, Kind: KindInt, Default: "0", Max: maxCap,
			Doc: "How many tokens models may use for a team in a month; beyond it writes are answered 402, and search goes on. 0 means any number."},
		{Key: AuditRetention, Kind: KindInt, Default: "365", Max: maxRetentionDays,
			Doc: "How many days the audit log is kept; older entries are removed within an hour, a few at a time. 0 keeps all. Servers of one team want the same: the shortest counts."},
		{Key: ServerURL, Kind: KindString, Aliases: []string{"CLAUDE_MEM_SERVER_BETA_URL"},
			Doc: "The server that hooks and commands talk to; empty means this user's own daemon or, where CLAUDE_MEM_SERVER_DATABASE_URL is set, the team's server on this machine."},
		{Key: ServerAPIKey, Kind: KindString, Secret: true, Aliases: []string{"CLAUDE_MEM_SERVER_BETA_API_KEY"},
			Doc: "The key that hooks and commands present; the daemon writes one into the settings file when it first starts."},
		{Key: ServerProjectID, Kind: KindString, Aliases: []string{"CLAUDE_MEM_SERVER_BETA_PROJECT_ID"},
			Doc: "The project, by id or name, that everything is filed under; empty means the repository's own."},
		{Key: ServerAdmin, Kind: KindBool, Default: "false",
			Doc: "Lets `claude-mem server jobs` step in on a server that others use without naming a team or project."},
		{Key: AuthMode, Kind: KindChoice, Default: "api-key", Choices: []string{"api-key", "local-dev"},
			Doc: "How requests are authenticated. local-dev lets loopback requests in without a key, if the next setting allows it."},
		{Key: AllowLocalDevBypass, Kind: KindBool, Default: "false",
			Doc: "Must be true as well for CLAUDE_MEM_AUTH_MODE=local-dev to let anything in."},
		{Key: Docker, Kind: KindBool, Default: "false",
			Doc: "Says that the daemon runs in a container, where local-dev is refused."},
		{Key: GenerationDisabled, Kind: KindBool, Default: "false",
			Doc: "Makes `server run` store events and owe observations without generating any; a worker process generates all the same."},
	}
}

// generationSettings is the part about when observations are made, and for how much.
func generationSettings() []Setting {
	return []Setting{
		{Key: SessionPolicy, Kind: KindChoice, Default: "per-event", Choices: []string{"per-event", "debounce", "end-of-session"},
			Doc: "When observations are made: of each event at once, or of a session's events together when it pauses or ends."},
		{Key: SessionDebounce, Kind: KindInt, Default: "5000", Max: maxDebounceMS,
			Doc: "How many milliseconds of quiet count as a pause of a session, for the debounce policy."},
		{Key: IgnoreCommands, Kind: KindList,
			Doc: "Shell commands that no observation is made of, as patterns of the whole command; a * stands for any text."},
		{Key: ModelPrices, Kind: KindList,
			Doc: "What models cost, for the usage command: MODEL=INPUT/OUTPUT in dollars per million tokens; a * in a model stands for any text."},
		{Key: ProjectDailyTokens, Kind: KindInt, Max: maxTokens,
			Doc: "How many tokens models may use in a day (UTC) for one project, to generate and to embed; beyond it that waits. 0 never calls a provider that costs; unset is no limit."},
		{Key: ProjectMonthTokens, Kind: KindInt, Max: maxTokens,
			Doc: "The same for a month."},
		{Key: TeamDailyTokens, Kind: KindInt, Max: maxTokens,
			Doc: "How many tokens models may use in a day (UTC) for all projects of a team, to generate and to embed; beyond it that waits. 0 never calls a provider that costs; unset is no limit."},
		{Key: TeamMonthTokens, Kind: KindInt, Max: maxTokens,
			Doc: "The same for a month."},
	}
}

// clientSettings is the part about what hooks record and are told.
func clientSettings() []Setting {
	return []Setting{
		{Key: SkipTools, Kind: KindList, Default: defaultSkippedTools,
			Doc: "Tools whose calls hooks do not record; a * stands for any text."},
		{Key: ExcludedProjects, Kind: KindList,
			Doc: "Project folders that hooks ignore, as globs."},
		{Key: ContextTokens, Kind: KindInt, Default: "2400", Max: maxContextTokens,
			Doc: "How many tokens the context of a new session may take; at most about 2400 fit into what Claude Code accepts. 0 tells a new session nothing."},
		{Key: ContextObservations, Kind: KindInt, Default: "50", Max: maxContextRows,
			Doc: "How many observations the context of a new session lists at most; 0 lists none."},
		{Key: ContextSessionCount, Kind: KindInt, Default: "10", Max: maxContextRows,
			Doc: "How many session summaries the context of a new session considers at most; 0 leaves them out."},
		{Key: ContextKinds, Kind: KindList, Aliases: []string{"CLAUDE_MEM_CONTEXT_OBSERVATION_TYPES"},
			Doc: "The kinds of observation that agents are told of, such as decision,bugfix,manual; empty means all."},
		{Key: SemanticInject, Kind: KindBool, Default: "false",
			Doc: "Adds memories that match a prompt to the prompt."},
		{Key: SemanticInjectLimit, Kind: KindInt, Default: "5", Max: maxMemoriesTold,
			Doc: "How many memories are added to a prompt at most; 0 adds none."},
		{Key: SemanticInjectTokens, Kind: KindInt, Default: "600", Max: maxContextTokens,
			Doc: "How many tokens what is added to a prompt may take; 0 adds nothing."},
		{Key: SemanticInjectShare, Kind: KindInt, Default: "50", Max: 100,
			Doc: "How many percent of a prompt's telling words a memory has to hold to be added, and three of them. One that holds a name of code that the prompt names, and another of its words, is added in any case."},
		{Key: EmbeddingsURL, Kind: KindString,
			Doc: "Where an embedding model answers in OpenAI's dialect, such as http://127.0.0.1:11434/v1: then searches find by meaning, too. Empty means by words only."},
		{Key: EmbeddingsModel, Kind: KindString, Default: "nomic-embed-text",
			Doc: "The embedding model. After a change, run claude-mem reindex."},
		{Key: EmbeddingsKey, Kind: KindString, Secret: true,
			Doc: "The key that the embedding model's server wants, if any."},
		{Key: FileContext, Kind: KindBool, Default: "false",
			Doc: "Tells what is known about a file when the agent is about to read it, once per file and session."},
		{Key: FileContextLimit, Kind: KindInt, Default: "5", Max: maxMemoriesTold,
			Doc: "How many memories of a file are told at most; 0 tells none."},
		{Key: FileContextTokens, Kind: KindInt, Default: "500", Max: maxContextTokens,
			Doc: "How many tokens what is told of a file may take; 0 tells nothing."},
	}
}
