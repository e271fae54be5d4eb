package recall

import (
	"context"
	"slices"
	"strings"
	"testing"

	"claude-mem/internal/testenv"
	"claude-mem/storage"
	"claude-mem/storage/postgres"
)

// golden is a query and the recorded sessions that answer it, found by reading them.
type golden struct{ query, sessions string }

// goldenQuestions ask as people do, most often in other words than were used.
func goldenQuestions() []golden {
	return []golden{
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

// goldenCode asks for what stands in code: identifiers, files, errors, settings.
func goldenCode() []golden {
	return []golden{
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

// TestGoldenQueries holds both engines to what is found of the recorded sessions. The
// floors are a little below what is found; the log has the place of each.
func TestGoldenQueries(t *testing.T) {
	engines := map[string]func(t *testing.T) *fixture{
		"sqlite": func(t *testing.T) *fixture { return rememberAll(t) },
		"postgres": func(t *testing.T) *fixture {
			server := testenv.SharedPostgres(t)
			store, err := postgres.Open(context.Background(), server.Database(t, testenv.Template{}), postgres.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { store.Close() })
			return setUpOn(t, store).rememberAll(t)
		},
	}
	for name, open := range engines {
		t.Run(name, func(t *testing.T) {
			f := open(t)
			for _, set := range []struct {
				name        string
				queries     []golden
				first, five int // how many must be the first hit, among the first five
			}{{"questions", goldenQuestions(), 30, 33}, {"code", goldenCode(), 24, 26}} {
				first, five := 0, 0
				for _, g := range set.queries {
					at := f.place(t, g)
					t.Logf("%2d %s", at, g.query)
					if at == 1 {
						first++
					}
					if at > 0 && at <= 5 {
						five++
					}
				}
				t.Logf("%s: of %d queries %d are answered by the first hit, %d by the first five", set.name, len(set.queries), first, five)
				if first < set.first || five < set.five {
					t.Errorf("%s: %d first, %d in five; want %d, %d", set.name, first, five, set.first, set.five)
				}
			}
		})
	}
}

// place is that of the first hit of a right session, 0 if none is among the first 20.
func (f *fixture) place(t *testing.T, g golden) int {
	t.Helper()
	hits, err := f.Search(t.Context(), f.scope, SearchInput{Query: g.query})
	if err != nil {
		t.Fatal(err)
	}
	var right []string
	for name := range strings.FieldsSeq(g.sessions) {
		right = append(right, string(f.session(t, name+".jsonl")))
	}
	return slices.IndexFunc(hits, func(h storage.Hit) bool { return slices.Contains(right, string(h.SessionID)) }) + 1
}
