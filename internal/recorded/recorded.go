// Package recorded finds the recorded sessions and payloads that tests may read
// when they are there. They are never part of the repository.
//
// Of the sessions the repository has golden queries (golden.go), and nothing else.
//
// The folder is shared/data next to any parent of the test's directory, or
// wherever CLAUDE_MEM_TEST_DATA points. Its README says what each file is.
package recorded

import (
	"os"
	"path/filepath"
	"testing"
)

// Env names the variable that overrides the search.
const Env = "CLAUDE_MEM_TEST_DATA"

// marker tells the folder from any other of the same name.
const marker = "README.md"

// Dir returns the folder's absolute path, or skips the test where there is none.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := Find()
	if err != nil {
		t.Fatalf("look for the test data: %v", err)
	}
	if dir == "" {
		t.Skipf("no shared/data above this folder and %s is not set", Env)
	}
	return dir
}

// Find returns the folder's absolute path, or "" where there is none.
func Find() (string, error) { return find(os.Getenv(Env)) }

// find walks up from the working directory, which for a test is its package's.
func find(override string) (string, error) {
	if override != "" {
		return filepath.Abs(override)
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		data := filepath.Join(dir, "shared", "data")
		if _, err := os.Stat(filepath.Join(data, marker)); err == nil {
			return data, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", nil
		}
		dir = parent
	}
}
