package rules

import (
	"go/ast"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestTroubleshootingQuotesRealMessages searches the program's texts for what the table
// of messages quotes, so that whoever looks for a message finds it there. An ellipsis
// stands for what differs.
func TestTroubleshootingQuotesRealMessages(t *testing.T) {
	texts := programTexts(t)
	page, err := os.ReadFile(filepath.Join(root, "docs", "troubleshooting.md"))
	if err != nil {
		t.Fatal(err)
	}
	quoted := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(string(page), -1)
	if len(quoted) < 5 {
		t.Fatalf("found only %d messages", len(quoted))
	}
	for _, m := range quoted {
		for part := range strings.SplitSeq(m[1], "…") {
			if part = strings.TrimSpace(part); !strings.Contains(texts, part) {
				t.Errorf("no text of the program holds %q, of the message %q", part, m[1])
			}
		}
	}
}

// programTexts are the string literals of what is no test, a line each.
func programTexts(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					all.WriteString(text + "\n")
				}
			}
			return true
		})
	}
	return all.String()
}

// TestArchitectureNamesEveryRoom holds the map in ARCHITECTURE.md against the tree.
func TestArchitectureNamesEveryRoom(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```\n")
	rooms, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("ARCHITECTURE.md has no map of the rooms")
	}
	for _, s := range sources(t) {
		dir := path.Clean(s.dir())
		if dir == "." {
			continue
		}
		name := regexp.MustCompile(`(^|[^a-z])` + regexp.QuoteMeta(path.Base(dir)) + `([^a-z]|$)`)
		if !name.MatchString(rooms) {
			t.Errorf("%s is not on the map of the rooms", dir)
		}
	}
}
