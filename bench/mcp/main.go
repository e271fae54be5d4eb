// Mcp measures what the memory costs an agent in tokens: it replays the recorded
// sessions through the real binary, asks the golden queries over the real tools, and
// compares each answer with the JSON that the HTTP API gives for the same question.
//
//	go run ./bench/mcp [-sessions N]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"claude-mem/internal/recorded"
)

func main() {
	sessions := flag.Int("sessions", 0, "how many of the recorded sessions to replay, the oldest; 0 means all")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, *sessions); err != nil {
		fmt.Fprintln(os.Stderr, "bench/mcp:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, most int) (err error) {
	dir, err := recorded.Find()
	if err != nil {
		return err
	}
	if dir == "" {
		return fmt.Errorf("there are no recorded sessions here: name their folder by %s", recorded.Env)
	}
	files, err := filepath.Glob(filepath.Join(dir, "sessions", "*.jsonl"))
	if err != nil {
		return err
	}
	if most > 0 {
		files = files[:min(most, len(files))]
	}
	scratch, err := os.MkdirTemp("", "claude-mem-mcp-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	p, err := remember(ctx, scratch, files)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close(ctx)) }()

	queries := slices.Concat(recorded.GoldenQuestions(), recorded.GoldenCode())
	fmt.Fprintf(w, "%d sessions, %d memories; %d queries\n\n", len(files), p.stored, len(queries))
	return p.measure(ctx, w, queries)
}
