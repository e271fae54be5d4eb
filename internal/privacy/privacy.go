// Package privacy removes what must not be remembered, before anything reaches the
// disk or a provider:
//
//   - what stands in <private>…</private>, and everything after a <private> that is
//     never closed;
//   - what was put into the conversation rather than said in it: our own context
//     block, the host's <system-reminder> and <hook_context>;
//   - anything shaped like a credential, which becomes [redacted:<kind>];
//   - images and other binary, which become [removed: <type>, <n> bytes];
//   - NUL and invalid UTF-8, which no database takes;
//   - the middle of texts that are too long.
//
// [Text] does this to one text, [JSON] to every string of a JSON value. Cleaning
// what was cleaned changes nothing, so a record may be cleaned by the hook and
// again by the daemon.
//
// It runs on every event of every session, so it is written for speed: one pass
// over runs of letters, literal anchors, no regular expressions, nothing at init.
// A credential is recognised by its issuer's prefix and length, or by where it
// stands: after a name such as password, in a URL, behind Bearer. A value after a
// name must look like one: `token := r.Header.Get("…")` stays.
package privacy

import (
	"strings"
	"unicode/utf8"
)

// Text cleans one text. It does not shorten it.
func Text(s string) string {
	var c cleaner
	return c.text(s)
}

// Report tells what was done.
type Report struct {
	Private  int   // blocks that were private or injected
	Redacted int   // credentials
	Blobs    int   // images and other binary
	CutBytes int64 // left out because a text or the whole was too long
}

// Changed reports whether anything was taken away.
func (r Report) Changed() bool { return r != Report{} }

// cleaner carries the report through one cleaning.
type cleaner struct{ report Report }

// maxPasses bounds how often a text that changed is looked at again.
const maxPasses = 3

// text applies every rule but the length. What one rule takes out can bring
// together what another looks for, so a text that changed is cleaned again.
func (c *cleaner) text(s string) string {
	for range maxPasses {
		before := s
		s = c.secrets(c.blobs(c.tags(c.characters(s))))
		if s == before {
			break
		}
	}
	return s
}

// minBinary is the length from which a text can be taken for binary.
const minBinary = 64

// characters removes what no database takes. A text that is mostly such was a
// binary file that somebody printed.
func (c *cleaner) characters(s string) string {
	odd := 0
	for i := 0; i < len(s); {
		b := s[i]
		switch {
		case b >= ' ' && b < utf8.RuneSelf:
			i++
		case b >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError {
				odd++
			}
			i += n
		default:
			if b != '\n' && b != '\t' && b != '\r' && b != '\x1b' {
				odd++
			}
			i++
		}
	}
	if odd == 0 {
		return s
	}
	if len(s) >= minBinary && odd > len(s)/10 {
		c.report.Blobs++
		return removed("binary", len(s))
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}
