package memory

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Likeness is the same number for observations of a project that say the same, so
// that of those only the newest need count; 0 for what is never like another.
//
// Two are alike if they are of one kind and equal in title and files, but for case,
// white space and what punctuation stands around; where no file is named, or one was
// modified, in the rest of their texts as well: two changes of a file under one title
// are two changes. It is never a guess: texts that merely resemble each other
// are not alike, so that an outcome, such as how a command failed, is not lost under
// another one. What a sub-agent remembered is not like what its parent did. A
// session's summaries replace each other in their own way.
func (o Observation) Likeness() int64 {
	if o.Kind == KindSummaryObservation {
		return 0
	}
	m := o.Metadata
	title, content := plain(m.Title), plain(o.Content)
	if title+content == "" {
		return 0
	}
	files := slices.Concat(m.FilesModified, m.FilesRead)
	slices.Sort(files)
	files = slices.Compact(files)
	parts := append([]string{o.ProjectID, o.Kind, strconv.FormatBool(o.AgentID != ""), title}, files...)
	if len(files) == 0 || len(m.FilesModified) > 0 || title == "" {
		parts = append(parts, "", content)
	}
	h := sha256.New()
	for _, p := range parts {
		_, _ = h.Write([]byte(strconv.Itoa(len(p)) + ":" + p)) // a hash never fails
	}
	return int64(binary.BigEndian.Uint64(h.Sum(nil))) //nolint:gosec // any 64 bits will do
}

// plain is a text without what does not change what it says.
func plain(text string) string {
	text = strings.Join(strings.Fields(strings.ToLower(text)), " ")
	return strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(".,;:!…", r) })
}
