package local

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// slashed writes a path with forward slashes.
func slashed(p string) string { return strings.ReplaceAll(p, `\`, "/") }

// isDrive reports whether p starts with a Windows drive.
func isDrive(p string) bool { return len(p) > 2 && p[1] == ':' && p[2] == '/' }

// rel is a path as the project sees it: relative to its root, or to the working
// directory when the agent worked in another checkout of it; else as it was.
func (sc scene) rel(p, cwd string) string {
	p = slashed(strings.TrimSpace(p))
	for _, root := range []string{sc.root, strings.TrimRight(slashed(cwd), "/")} {
		if root == "" {
			continue
		}
		if in, ok := strings.CutPrefix(p, root+"/"); ok {
			return path.Clean(in)
		}
	}
	return strings.TrimPrefix(p, "./")
}

// brief names a file in a title: its base, with the folder where the base alone
// says little.
func brief(p string) string {
	base := path.Base(p)
	switch stem, _, _ := strings.Cut(base, "."); strings.ToLower(stem) {
	case "index", "main", "mod", "lib", "__init__", "readme", "skill", "types", "utils", "util", "config", "package", "doc", "init":
		if dir := path.Base(path.Dir(p)); dir != "." && dir != "/" {
			return dir + "/" + base
		}
	}
	return base
}

// plural counts things.
func plural(n int, one, many string) string {
	if n == 1 {
		many = one
	}
	return strconv.Itoa(n) + " " + many
}

// sortedKeys makes the order of an object definite: the same event has to give the
// same words.
func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
