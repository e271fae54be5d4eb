package recall

import (
	"fmt"
	"testing"

	"claude-mem/memory"
	"claude-mem/storage"
)

// remembered is a store of n observations in sessions of forty.
func remembered(b *testing.B, n int) *fixture {
	b.Helper()
	f := setUp(b)
	for at := 0; at < n; at += 40 {
		session := f.session(b, fmt.Sprint(at))
		f.tx(b, func(tx storage.Tx) error {
			for i := at; i < at+40; i++ {
				o := found(memory.KindFeature, fmt.Sprintf("Change %d of the zone reader in part%d", i, i%97))
				if i%40 == 39 {
					o.Kind = memory.KindSummaryObservation
					o.Metadata.Summary = &memory.Summary{Completed: "- Read the zone\n- Used it", NextSteps: "- Document it"}
				}
				o.SessionID, o.OccurredAt = session, day(1)+memory.Epoch(i)
				o.Metadata.Narrative = "The carrier reports UTC, the customer reads the local day."
				o.Metadata.FilesModified = []string{fmt.Sprintf("part%d/day.go", i%97)}
				if _, err := f.write(b, tx, o); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return f
}

// BenchmarkRecall measures what a hook waits for, over 100,000 observations.
func BenchmarkRecall(b *testing.B) {
	f := remembered(b, 100_000)
	b.Run("session", func(b *testing.B) {
		for b.Loop() {
			sessionContext(b, f, SessionContextInput{})
		}
	})
	b.Run("session at work", func(b *testing.B) {
		tree := memory.WorkingTree{Branch: "fix/part41-zone", Changed: []string{"part1/day.go", "part2/day.go", "part3/day.go"}}
		for b.Loop() {
			sessionContext(b, f, SessionContextInput{Tree: tree, Disk: b.TempDir()})
		}
	})
	b.Run("prompt", func(b *testing.B) {
		for b.Loop() {
			if _, err := f.PromptContext(b.Context(), f.scope, PromptInput{Prompt: "why does the zone reader of part42 read the day in UTC?"}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("file", func(b *testing.B) {
		for b.Loop() {
			if _, err := f.FileContext(b.Context(), f.scope, FileInput{Path: "part42/day.go"}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
