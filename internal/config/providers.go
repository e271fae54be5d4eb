package config

// The settings of what turns events into observations. What each means stands in
// providerSettings.
const (
	ServerProvider    = "CLAUDE_MEM_SERVER_PROVIDER"
	ServerModel       = "CLAUDE_MEM_SERVER_MODEL"
	ProviderTimeout   = "CLAUDE_MEM_PROVIDER_TIMEOUT"
	ProviderMaxInput  = "CLAUDE_MEM_PROVIDER_MAX_INPUT_TOKENS"
	ProviderMaxOutput = "CLAUDE_MEM_PROVIDER_MAX_OUTPUT_TOKENS"

	AnthropicAPIKey    = "CLAUDE_MEM_ANTHROPIC_API_KEY"
	AnthropicBaseURL   = "CLAUDE_MEM_ANTHROPIC_BASE_URL"
	AnthropicModel     = "CLAUDE_MEM_ANTHROPIC_MODEL"
	AnthropicMaxInput  = "CLAUDE_MEM_ANTHROPIC_MAX_INPUT_TOKENS"
	GeminiAPIKey       = "CLAUDE_MEM_GEMINI_API_KEY"
	GeminiBaseURL      = "CLAUDE_MEM_GEMINI_BASE_URL"
	GeminiModel        = "CLAUDE_MEM_GEMINI_MODEL"
	GeminiMaxInput     = "CLAUDE_MEM_GEMINI_MAX_INPUT_TOKENS"
	OpenRouterAPIKey   = "CLAUDE_MEM_OPENROUTER_API_KEY"
	OpenRouterBaseURL  = "CLAUDE_MEM_OPENROUTER_BASE_URL"
	OpenRouterModel    = "CLAUDE_MEM_OPENROUTER_MODEL"
	OpenRouterMaxInput = "CLAUDE_MEM_OPENROUTER_MAX_INPUT_TOKENS"
)

// keySuffix ends the names of the keys that other programs read as well, which is
// how they are told from the rest of an environment.
const keySuffix = "_API_KEY"

const (
	maxInputTokens  = 1_000_000
	maxOutputTokens = 100_000
)

// providerSettings is the part of [Settings] about providers.
func providerSettings() []Setting {
	return []Setting{
		{Key: ServerProvider, Kind: KindList, Default: "local", Choices: []string{"local", "claude", "gemini", "openrouter"},
			Doc: "What turns events into observations. Of several, the first that is up and takes us serves; local needs no network."},
		{Key: ServerModel, Kind: KindString,
			Doc: "The model of the first provider in the list; its own setting counts more."},
		{Key: AnthropicAPIKey, Kind: KindString, Secret: true, Aliases: []string{"ANTHROPIC_API_KEY"},
			Doc: "The key of the claude provider."},
		{Key: AnthropicModel, Kind: KindString, Default: "claude-haiku-4-5",
			Doc: "The model of the claude provider."},
		{Key: AnthropicBaseURL, Kind: KindString,
			Doc: "Where the claude provider's server is, up to /v1/messages; empty means Anthropic's."},
		{Key: AnthropicMaxInput, Kind: KindInt, Max: maxInputTokens,
			Doc: "How many tokens a prompt for the claude provider may have; unset is as for all."},
		{Key: GeminiAPIKey, Kind: KindString, Secret: true, Aliases: []string{"GEMINI_API_KEY"},
			Doc: "The key of the gemini provider."},
		{Key: GeminiModel, Kind: KindString, Default: "gemini-flash-lite-latest",
			Doc: "The model of the gemini provider. One that thinks first needs more output tokens."},
		{Key: GeminiBaseURL, Kind: KindString,
			Doc: "Where the gemini provider's server is, up to /models; empty means Google's."},
		{Key: GeminiMaxInput, Kind: KindInt, Max: maxInputTokens,
			Doc: "How many tokens a prompt for the gemini provider may have; unset is as for all."},
		{Key: OpenRouterAPIKey, Kind: KindString, Secret: true, Aliases: []string{"OPENROUTER_API_KEY"},
			Doc: "The key of the openrouter provider; a server of your own may want none."},
		{Key: OpenRouterModel, Kind: KindString,
			Doc: "The model of the openrouter provider. It has no default, because every server has others."},
		{Key: OpenRouterBaseURL, Kind: KindString,
			Doc: "Where the openrouter provider's server is, up to /chat/completions; empty means OpenRouter. Any OpenAI-compatible one will do: Ollama's is http://127.0.0.1:11434/v1."},
		{Key: OpenRouterMaxInput, Kind: KindInt, Max: maxInputTokens,
			Doc: "How many tokens a prompt for the openrouter provider may have; unset is as for all."},
		{Key: ProviderTimeout, Kind: KindDuration, Default: "2m",
			Doc: "How long one call of a provider may take."},
		{Key: ProviderMaxInput, Kind: KindInt, Default: "16000", Max: maxInputTokens,
			Doc: "How many tokens a prompt may have, by estimate, unless the provider has a limit of its own; the middle of what is longer is left out."},
		{Key: ProviderMaxOutput, Kind: KindInt, Default: "2000", Max: maxOutputTokens,
			Doc: "How many tokens an answer may have."},
	}
}
