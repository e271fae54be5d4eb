package generation

import (
	"strings"
	"testing"

	"claude-mem/memory"
)

func TestPointless(t *testing.T) {
	bash := func(command string) string {
		return `{"tool_name":"Bash","tool_input":{"command":"` + command + `"},"tool_response":{"stdout":"x"}}`
	}
	ignored := []string{"npm run */watch", "make *"}
	for payload, want := range map[string]string{
		bash("ls"):                  "trivial",
		bash("cd /a && pwd; ls -l"): "trivial",
		bash("echo done"):           "trivial",
		bash("echo x > file"):       "",
		bash("echo $(rm -rf x)"):    "",
		bash("ls | xargs rm"):       "",
		bash("go test ./..."):       "",
		bash("npm run ui/watch"):    "ignored by the pattern npm run */watch",
		bash("make a/b c"):          "ignored by the pattern make *",
		bash("cmake a"):             "",
		`{"tool_name":"Bash","tool_input":{"command":"make all"},"error":"exit 2"}`:                                                          "ignored",
		`{"tool_name":"Bash","tool_input":{"command":"ls nowhere"},"error":"exit 2"}`:                                                        "",
		`{"tool_name":"shell","tool_input":{"command":["bash","-lc","ls"]},"tool_response":"x"}`:                                             "trivial",
		`{"tool_name":"exec_command","tool_input":{"cmd":"pwd"},"tool_response":"x"}`:                                                        "trivial",
		`{"tool_name":"Glob","tool_input":{"pattern":"*.x"},"tool_response":{"filenames":[],"durationMs":3,"numFiles":0,"truncated":false}}`: "nothing was found",
		`{"tool_name":"Glob","tool_input":{"pattern":"*.x"},"tool_response":{"filenames":["a"],"numFiles":1}}`:                               "",
		`{"tool_name":"Grep","tool_input":{"pattern":"x"},"tool_response":"No matches found"}`:                                               "nothing was found",
		`{"tool_name":"Read","tool_input":{"file_path":"/a"},"tool_response":""}`:                                                            "nothing was found",
		`{"tool_name":"Read","tool_input":{"file_path":"/a"},"error":"no such file"}`:                                                        "",
		`{"tool_name":"Edit","tool_input":{"old_string":"a","new_string":"a"},"tool_response":{}}`:                                           "left as it was",
		`{"tool_name":"Edit","tool_input":{"old_string":"a","new_string":"b"},"tool_response":{}}`:                                           "",
		`{"tool_name":"Write","tool_input":{},"tool_response":{"type":"update","content":"a","originalFile":"a","structuredPatch":[]}}`:      "left as it was",
		`{"tool_name":"Write","tool_input":{},"tool_response":{"type":"create","content":"a","structuredPatch":[]}}`:                         "",
		`{"tool_name":"write_file","tool_response":{"returnDisplay":{"fileDiff":"--- a\n+++ a\n","isNewFile":false}}}`:                       "left as it was",
		`{"tool_name":"write_file","tool_response":{"returnDisplay":{"fileDiff":"--- a\n+++ a\n@@ -1 +1 @@\n-a\n+b","isNewFile":false}}}`:    "",
		`{"tool_name":"write_file","tool_response":{"returnDisplay":{"fileDiff":"--- a\n+++ a\n","isNewFile":true}}}`:                        "",
		`{"tool_name":"write_file","tool_response":"Written."}`:                                                                              "",
		`{"tool_name":["odd"]}`: "",
		`7`:                     "",
	} {
		got := toolCallOf(memory.Event{EventType: memory.EventToolUse, Payload: []byte(payload)}).pointless(ignored)
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s\n\tgot %q, want %q", payload, got, want)
		}
	}
}

// Filters read what clients send: no payload may upset them.
func FuzzPointless(f *testing.F) {
	f.Add(`{"tool_name":"Bash","tool_input":{"command":["a",7]}}`)
	f.Add(`{"tool_name":"Write","tool_response":{"structuredPatch":"[]"}}`)
	f.Fuzz(func(t *testing.T, payload string) {
		c := toolCallOf(memory.Event{EventType: memory.EventToolUse, Payload: []byte(payload)})
		if why := c.pointless([]string{"*"}); c.command() != "" && why == "" {
			t.Error("a pattern that means every command misses one")
		}
		if other := (toolCall{Tool: c.Tool + "x", Input: c.Input, Response: c.Response}); other.digest() == c.digest() {
			t.Error("the calls of two tools look alike")
		}
	})
}
