package rules

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// root is the module's own folder, seen from this package.
const root = "../.."

// source is one Go file of the module.
type source struct {
	path  string // relative to root, with forward slashes
	lines int
	fset  *token.FileSet
	file  *ast.File
}

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

func (s source) dir() string { return filepath.ToSlash(filepath.Dir(s.path)) }

func (s source) line(p token.Pos) int { return s.fset.Position(p).Line }

// loadSources parses every Go file once for all tests.
var loadSources = sync.OnceValues(func() ([]source, error) {
	var all []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); name == "testdata" && !hasGo(path) || (strings.HasPrefix(name, ".") && path != root) {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, text, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		all = append(all, source{filepath.ToSlash(rel), bytes.Count(text, []byte("\n")), fset, file})
		return nil
	})
	return all, err
})

// hasGo tells internal/recorded, a package of ours, from data beside tests.
func hasGo(dir string) bool {
	found, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	return len(found) > 0
}

func sources(t *testing.T) []source {
	t.Helper()
	all, err := loadSources()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("found only %d Go files under %s: the rules would hold for nothing", len(all), root)
	}
	return all
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		documented[s.dir()] = documented[s.dir()] || s.file.Doc != nil
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("%s has no package comment", dir)
		}
	}
}

func TestFilesAndFunctionsStaySmall(t *testing.T) {
	const maxFile, maxFunc = 500, 100
	for _, s := range sources(t) {
		if s.lines > maxFile {
			t.Errorf("%s has %d lines; split it (at most %d)", s.path, s.lines, maxFile)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := s.line(f.End()) - s.line(f.Pos()) + 1; n > maxFunc {
				t.Errorf("%s:%d: %s has %d lines; split it (at most %d)", s.path, s.line(f.Pos()), f.Name.Name, n, maxFunc)
			}
		}
	}
}

// A hook pays for what runs before main at every tool call of the agent.
func TestNothingHeavyRunsBeforeMain(t *testing.T) {
	for _, s := range sources(t) {
		if s.isTest() {
			continue
		}
		for _, d := range s.file.Decls {
			// The one init there is runs a hook before all other initialisation.
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" && s.dir() != "hooks/early" {
				t.Errorf("%s:%d: an init function runs at every hook", s.path, s.line(f.Pos()))
			}
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, call := range heavyCalls(g) {
				t.Errorf("%s:%d: compiled before main, at every hook; use sync.OnceValue", s.path, s.line(call.Pos()))
			}
		}
	}
}

// heavyCalls finds compilations of patterns and templates in a declaration,
// but not inside function literals: those run when they are called.
func heavyCalls(g *ast.GenDecl) []*ast.CallExpr {
	var found []*ast.CallExpr
	ast.Inspect(g, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, _ := sel.X.(*ast.Ident)
			if pkg == nil {
				return true
			}
			switch pkg.Name + "." + sel.Sel.Name {
			case "regexp.MustCompile", "regexp.Compile", "template.Must", "template.New":
				found = append(found, n)
			}
		}
		return true
	})
	return found
}

func TestNothingIsLeftHalfDone(t *testing.T) {
	for _, s := range sources(t) {
		for _, group := range s.file.Comments {
			for _, c := range group.List {
				for _, mark := range []string{"TODO", "FIXME", "XXX:"} {
					if strings.Contains(c.Text, mark) && s.dir() != "internal/rules" {
						t.Errorf("%s:%d: %s: do it, or file an issue", s.path, s.line(c.Pos()), mark)
					}
				}
			}
		}
	}
}

// A skipped test proves nothing. Only two packages may skip one: internal/recorded
// where the recorded data is not on the machine, and internal/testenv where there
// is no database server, unless the environment requires one.
func TestNoTestIsSkipped(t *testing.T) {
	for _, s := range sources(t) {
		if s.dir() == "internal/recorded" || s.dir() == "internal/testenv" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			recv, _ := sel.X.(*ast.Ident)
			if recv == nil || len(recv.Name) > 2 {
				return true
			}
			switch sel.Sel.Name {
			case "Skip", "Skipf", "SkipNow":
				t.Errorf("%s:%d: a test that can be skipped", s.path, s.line(n.Pos()))
			}
			return true
		})
	}
}
