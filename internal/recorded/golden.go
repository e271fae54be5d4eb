package recorded

// Golden is a query and the recorded sessions that answer it, found by reading them:
// the names of their files without the ending, with a space between.
type Golden struct{ Query, Sessions string }

// GoldenQuestions ask as people do, most often in other words than were used.
func GoldenQuestions() []Golden {
	return []Golden{
		{"why did enabling lose my push setting", "005"},
		{"check marks for each setup step in the output of enable", "003 004 006"},
		{"remove the start command", "002"},
		{"move clean below the sessions command", "000"},
		{"release fails while notarizing the mac binary", "008"},
		{"retry the release job in GitHub actions", "009 008"},
		{"show the commit message in the session list", "010"},
		{"stop hook error caused by test repo sessions, base commit missing", "011"},
		{"fake transcripts of the test harness break claude at startup", "012"},
		{"obsolete session show command", "013"},
		{"git add through the CLI instead of go-git", "014"},
		{"ask before linking the commit, with the active prompt", "015"},
		{"cutting a string in the middle of a multi-byte character", "016"},
		{"empty agent type overwrites the one in partial state", "017 015"},
		{"simplify the OpenCode integration", "018"},
		{"booleans in the settings instead of on and off", "020"},
		{"two concurrent sessions end in one commit, integration test", "021"},
		{"trailer that names the agent", "022"},
		{"which sessions are active, branches sorted by date", "023 026"},
		{"orphaned shadow branch of another session gets reset", "024"},
		{"machine id instead of user id in analytics", "025"},
		{"rewind restores only the latest of several sessions", "027"},
		{"duplicated timestamp functions", "028"},
		{"count tokens at the end of a prompt", "033"},
		{"integration test hangs until enter is pressed", "035"},
		{"README files in the entire folder", "037 036"},
		{"session conflict should block the prompt with JSON, not print usage", "038"},
		{"is telemetry on by default", "039"},
		{"pull the metadata branch automatically on resume", "040"},
		{"agent name in the log lines", "041"},
		{"skip a checkpoint when nothing changed", "042"},
		{"gemini hooks use the working directory instead of the repository root", "046"},
		{"metadata says Gemini although Claude was used", "047"},
		{"merge conflict resolved the wrong way", "049"},
	}
}

// GoldenCode asks for what stands in code: identifiers, files, errors, settings.
func GoldenCode() []Golden {
	return []Golden{
		{"TestRunEnableWithStrategy_PreservesExistingSettings", "005"},
		{"StageFilesWithCLI", "014"},
		{"nick-fields/retry@v3", "009"},
		{"brews homebrew_casks", "050"},
		{"chunking.go MaxChunkSize", "051"},
		{"JSONL line exceeds maximum chunk size", "051"},
		{"strategiesBlockingMain", "019"},
		{"CountSessionStateFiles", "037"},
		{"GetCurrentBranchName common_test.go", "044"},
		{"TryGetLatestCheckpointID", "006 021 022"},
		{"FetchMetadataBranch resume.go", "040"},
		{"--disable-multisession-warning", "030 045"},
		{"TestFormatCheckpointOutput_Verbose", "048"},
		{"cmd/entire/cli/integration_test/resume_test.go Setsid", "035"},
		{"format checkpoint output", "048"},
		{"print_multi_session_resume_commands", "027"},
		{"findBranchesForCheckpoint", "023 026"},
		{"prompt overwrite newer logs", "028"},
		{"PrintCommandTree", "023 034"},
		{"reset orphaned branch", "024"},
		{"FlowsThroughToMetadata", "029"},
		{"homebrew-casks", "009 050"},
		{"--skip-push-sessions", "020 030 039"},
		{"get commits reachable", "031 032"},
		{"is_session_active", "023 026 031 032"},
		{"truncate runes 你好", "016"},
	}
}

// GoldenTypos are spelt wrong.
func GoldenTypos() []Golden {
	return []Golden{
		{"release fails while notarizng the mac binary", "008"},
		{"telemtry default", "039"},
		{"orphand shadow brnach reset", "024"},
		{"integraton test hangs until entr is pressed", "035"},
		{"TruncateRuens", "016"},
		{"homebrw casks", "009 050"},
		{"gemini hooks use the workign directory", "046"},
		{"duplicated timestmap functions", "028"}, //nolint:misspell // it is meant to be
	}
}
