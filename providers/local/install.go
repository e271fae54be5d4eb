package local

import (
	"path"
	"strings"

	"claude-mem/memory"
)

// installed tells which packages were added or removed. Without a name it is the
// routine of setting up.
func (sc scene) installed(main segment) note {
	var names []string
	verb := "Install "
	for _, w := range main.words[1:] {
		switch w {
		case "install", "add", "i", "get", "use", "run", "pip", "global", "tap":
			continue
		case "remove", "uninstall":
			verb = "Uninstall "
			continue
		case "ci", "sync", "update", "upgrade", "restore", "setup", "up":
			return skipped("routine set-up")
		}
		if !strings.HasPrefix(w, "-") && w != "." && !strings.HasPrefix(w, "./") && !strings.HasSuffix(w, ".txt") {
			names = append(names, clip(w, 50))
		}
	}
	if len(names) == 0 {
		return skipped("routine set-up")
	}
	return remembered(memory.KindChange, memory.Metadata{
		Title:    verb + list(names, 4) + " (" + path.Base(main.words[0]) + ")",
		Subtitle: sc.ask.subtitle(),
		Facts:    []string{"Command: " + spell(main)},
		Concepts: []string{whatChanged},
	})
}
