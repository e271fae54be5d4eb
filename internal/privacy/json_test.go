package privacy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"claude-mem/internal/recorded"

	"github.com/google/go-cmp/cmp"
)

func TestJSON(t *testing.T) {
	ghp := fake("ghp_", 36)
	for in, want := range map[string]string{
		`{"b":1,"a":[true,null,1.50,-2e9]}`:        `{"b":1,"a":[true,null,1.50,-2e9]}`,
		" {\n \"a\" : [ 1 , 2 ] , \"b\" : { } }\n": `{"a":[1,2],"b":{}}`,
		`[]`:                       `[]`,
		`"a <private>b</private>"`: `"a "`,
		`{"a":"\u003cprivate>b\u003c/private>c"}`:             `{"a":"c"}`,
		`{"a":"tab\tquote\"slash\/\u00e9\ud83c\udf89\u0001"}`: `{"a":"tab\tquote\"slash/é🎉\u0001"}`,
		`{"a":"half \ud83c pair \udf89"}`:                     `{"a":"half � pair �"}`,
		`{"a":"nul\u0000"}`:                                   `{"a":"nul"}`,
		`{"` + ghp + `":1}`:                                   `{"[redacted:github-token]":1}`,
		`{"password":"hunter2","n":1}`:                        `{"password":"[redacted:password]","n":1}`,
		`{"apiKey":"` + fake("", 24) + `"}`:                   `{"apiKey":"[redacted:api-key]"}`,
		`{"token":"string"}`:                                  `{"token":"string"}`,
		`{"password":"the one you chose in 2024"}`:            `{"password":"the one you chose in 2024"}`,
		`{"env":"DB_PASSWORD=hunter2"}`:                       `{"env":"DB_PASSWORD=[redacted:password]"}`,
		`not json ` + ghp:                                     `"not json [redacted:github-token]"`,
		`{"a":`:                                               `"{\"a\":"`,
		`{"type":"image","source":{"media_type":"image/png","data":"` + fake("iVBORw0KGgo", 200) + `"}}`: `{"type":"image","source":{"media_type":"image/png","data":"[removed: image/png, 158 bytes]"}}`,
	} {
		got, _ := JSON([]byte(in), Limits{})
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s\n%s", in, diff)
		}
	}
	if got, report := JSON(nil, Limits{}); got != nil || report.Changed() {
		t.Errorf("nothing: got %q, %+v", got, report)
	}
}

func TestJSONLimits(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for name, tt := range map[string]struct {
		in   string
		l    Limits
		most int // bytes of the answer
	}{
		"one long text":   {`{"a":"` + long + `"}`, Limits{Field: 100}, 120},
		"many texts":      {`["` + strings.Repeat(long+`","`, 100) + `"]`, Limits{Total: 1000}, 1100},
		"many numbers":    {`[` + strings.Repeat("1,", 100000) + `1]`, Limits{Total: 1000}, 2100},
		"many fields":     {`{` + strings.Repeat(`"k":{"v":[1]},`, 10000) + `"z":0}`, Limits{Total: 1000}, 8000},
		"deep":            {strings.Repeat("[", 5000) + strings.Repeat("]", 5000), Limits{Depth: 10}, 100},
		"deep with texts": {strings.Repeat(`{"a":[`, 500) + `"x"` + strings.Repeat("]}", 500), Limits{Depth: 10}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			got, report := JSON([]byte(tt.in), tt.l)
			if len(got) > tt.most || !json.Valid(got) {
				t.Errorf("%d bytes, want at most %d; valid %v: %.200s", len(got), tt.most, json.Valid(got), got)
			}
			if !strings.HasPrefix(name, "deep") && report.CutBytes == 0 {
				t.Error("the cut is not reported")
			}
		})
	}
}

func TestReport(t *testing.T) {
	_, got := JSON([]byte(`{"a":"<private>x</private>DB_PASSWORD=hunter2","b":"`+fake("iVBORw0KGgo", 100)+`","password":"hunter2"}`), Limits{})
	if want := (Report{Private: 1, Redacted: 2, Blobs: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// sessionLines reads every recorded hook event.
func sessionLines(t testing.TB) [][]byte {
	files, err := filepath.Glob(filepath.Join(recorded.Dir(t), "sessions", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sessions: %v", err)
	}
	var lines [][]byte
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			lines = append(lines, []byte(line))
		}
	}
	return lines
}

// TestRecordedSessions cleans 16 MB of real tool events. Credentials were
// neutralised when they were recorded, so nearly all that is found is wrong, and
// the count must not grow. With -v it lists them.
func TestRecordedSessions(t *testing.T) {
	var total Report
	for _, line := range sessionLines(t) {
		got, r := JSON(line, Limits{})
		if !json.Valid(got) || !utf8.Valid(got) {
			t.Fatalf("not valid any more: %.300s", got)
		}
		total.Private += r.Private
		total.Redacted += r.Redacted
		total.Blobs += r.Blobs
		total.CutBytes += r.CutBytes
		if r.Redacted == 0 || !testing.Verbose() {
			continue
		}
		var text string
		if json.Unmarshal([]byte(`"`+strings.ReplaceAll(string(line), `"`, `\"`)+`"`), &text) != nil {
			text = string(line)
		}
		for i := 0; i < len(text); {
			f, next := nextSecret(text, i)
			if f.end == 0 {
				break
			}
			t.Logf("%s: …%s", f.kind, text[max(0, f.start-60):min(len(text), f.end+20)])
			i = max(next, f.end)
		}
	}
	t.Logf("%+v", total)
	if total.Redacted > 3 {
		t.Errorf("%d credentials found in sessions that hold none", total.Redacted)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{
		"a <private>b", "DB_PASSWORD=hunter2 postgres://a:b@c", "<pri<private></private>vate>", "\x00\xff\x01",
		"-----BEGIN PRIVATE KEY-----\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "Bearer " + fake("", 30),
		"data:image/png;base64," + fake("iVBORw0KGgo", 100), `\"token\":\"` + fake("", 20) + `\"`, "--password x1y2z3",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Text(s)
		if !utf8.ValidString(got) || strings.Contains(got, "\x00") {
			t.Errorf("%q became %q", s, got)
		}
		if again := Text(got); again != got {
			t.Errorf("%q became %q and then %q", s, got, again)
		}
		if at, _, closes := nextTag(got, "private", 0); at >= 0 && !closes {
			t.Errorf("%q became %q: still private", s, got)
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,"x",null,true,{"b":"\ud83c\udf89"}]}`, `"`, `[[[[1]]]]`, `{"password":"hunter2"}`, `1e9`, ` [ ] `, `{"a":"\u0000"}`,
	} {
		f.Add([]byte(s), 20, 50, 3)
	}
	f.Fuzz(func(t *testing.T, raw []byte, field, total, depth int) {
		got, _ := JSON(raw, Limits{Field: field, Total: total, Depth: depth})
		if len(raw) > 0 && !json.Valid(got) {
			t.Errorf("%q became %q", raw, got)
		}
		if !utf8.Valid(got) {
			t.Errorf("%q became invalid UTF-8 %q", raw, got)
		}
	})
}

func FuzzUnquote(f *testing.F) {
	f.Add(`a\n\u00e9\ud83c\udf89\ud83c`)
	f.Fuzz(func(t *testing.T, s string) {
		quoted := `"` + s + `"`
		var want string
		if !utf8.ValidString(s) || json.Unmarshal([]byte(quoted), &want) != nil {
			return
		}
		if got := unquote([]byte(s)); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
	})
}

func BenchmarkJSON(b *testing.B) {
	lines := sessionLines(b)
	size := 0
	for _, l := range lines {
		size += len(l)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, l := range lines {
			JSON(l, Limits{})
		}
	}
}
