// Package rules holds the rules of the house as tests: what a reviewer would
// otherwise have to remember. They read the source of the whole module.
//
//   - source_test.go: every package says what it is, files and functions stay
//     small, nothing is computed before main starts, nothing is left half-done.
//   - imports_test.go: which room may know which.
//   - docs_test.go: every setting, command and route is in docs/. The tables
//     there are made from the code: go test ./internal/rules -update
//   - scripts_test.go: the commands that README.md promises are there.
package rules
