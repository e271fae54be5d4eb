package capture

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"claude-mem/internal/privacy"
)

// cleanJSON takes out what is private; an absent value is an empty object.
func cleanJSON(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || string(raw) == "null" {
		return emptyObject()
	}
	clean, _ := privacy.JSON(raw, privacy.Limits{})
	return clean
}

// cleanText makes an id or a name fit for every database. It hides nothing in it:
// ids have to stay what they are.
func cleanText(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
}
