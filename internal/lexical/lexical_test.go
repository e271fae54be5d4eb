package lexical

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestIndex(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{" \t\n.,;:!?()[]{}<>\"'`*-_", ""},
		{"hello World", "hello world"},
		{"MaxChunkSize", "maxchunksize max chunk size"},
		{"max_chunk_size", "maxchunksize max chunk size"},
		{"max-chunk-size", "maxchunksize max chunk size"},
		{"TestResume_LocalLogNewerTimestamp", "testresumelocallognewertimestamp test resume local log newer timestamp"},
		{".goreleaser.yaml", "goreleaseryaml goreleaser yaml"},
		{"v1.2.3", "v123 v 1 2 3"},
		{"ERR_FOO-42", "errfoo42 err foo 42"},
		{"HTTPServer", "httpserver http server"},
		{"parseJSON", "parsejson parse json"},
		{"URLs, IDs and APIs", "urls ids and apis"},
		{"don't can’t user's", "dont cant users"},
		{"utf8 UTF-8 sha256", "utf8 utf 8 utf8 utf 8 sha256 sha 256"},
		{"internal/lexical/scan.go:42", "internal lexical scango scan go 42"},
		{`C:\Users\me`, "c users me"},
		{"a...b -- c", "a b c"},
		{"end.", "end"},
		{"__init__ --dry-run", "init dryrun dry run"},
		{"Crème BRÛLÉE Łódź Straße Æsir", "creme brulee lodz strasse aesir"},
		{"cafe\u0301 Tiếng Việt", "cafe tieng viet"},
		{"Ώρα έλλειψη Ёлка йод", "ωρα ελλειψη елка иод"},
		{"ＡＢＣ＿１", "abc1 abc 1"},
		{"数据库", "数据 据库"},
		{"数 据", "数 据"},
		{"日本語テストABCですー", "日本 本語 語テ テス スト abc です すー"},
		{"한국어 단어", "한국 국어 단어"},
		{"ฐานข้อ", "ฐา าน นข ข้ ้อ"},
		{"हिन्दी", "हिन्दी"},
		{"שלום עולם", "שלום עולם"},
		{"a\x00b\xffc 💥 d", "a b c d"},
	} {
		if got := Index(c.text); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestTerms(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"?!", nil},
		{"what replaces brews in GoReleaser", []string{"replaces", "brews", "goreleaser", "go", "releaser"}},
		{"the end of the End", []string{"end"}},
		{"why is it what it is", []string{"why", "is", "it", "what"}}, // nothing else remains
		{"chunk CHUNK chunk", []string{"chunk"}},
		{`"exact" AND (a OR b) NOT title:x*`, []string{"exact", "b", "title", "x"}},
	} {
		if got := Terms(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

// TestQueriesFindWhatIsIndexed checks that other ways to write a name lead to it.
func TestQueriesFindWhatIsIndexed(t *testing.T) {
	indexed := strings.Fields(Index("func MaxChunkSize(path string) in internal/Ingest_Reader.go, é and 数据库连接"))
	for _, query := range []string{
		"MaxChunkSize", "maxChunkSize", "max_chunk_size", "max-chunk-size", "MAX_CHUNK_SIZE", "maxchunksize",
		"ingest", "ingest_reader.go", "IngestReader.go", "E\u0301", "据库",
	} {
		for _, term := range Terms(query)[:1] {
			if !slices.Contains(indexed, term) {
				t.Errorf("%q asks for %q, which is not in %q", query, term, indexed)
			}
		}
	}
}

func TestBounds(t *testing.T) {
	var many strings.Builder
	for i := range 1000 {
		many.WriteString("word" + strings.Repeat("x", i%50) + string(rune('a'+i%26)) + " ")
	}
	if n := len(Terms(many.String())); n != MaxTerms {
		t.Errorf("a query has %d terms", n)
	}
	if n := len(Terms(strings.Repeat("the of and ", 1000))); n == 0 || n > MaxTerms {
		t.Errorf("a query of stop words has %d terms", n)
	}
	for _, text := range []string{
		strings.Repeat("x", 1e6), strings.Repeat("aB", 1e5), strings.Repeat("a1", 1e5), strings.Repeat("a.b-", 1e5), strings.Repeat("éß", 1e5),
	} {
		terms := strings.Fields(Index(text))
		if len(terms) > 1+maxParts {
			t.Errorf("one word of %d bytes gives %d terms", len(text), len(terms))
		}
		for _, term := range terms {
			checkTerm(t, term)
		}
	}
}

// checkTerm checks what every term keeps, whatever the text.
func checkTerm(t *testing.T, term string) {
	t.Helper()
	if term == "" || len(term) > MaxTermBytes || !utf8.ValidString(term) {
		t.Errorf("term %q of %d bytes", term, len(term))
	}
	for _, r := range term {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) && r != 'ー' {
			t.Errorf("term %q holds %q", term, r)
		}
		if r < utf8.RuneSelf && unicode.IsUpper(r) {
			t.Errorf("term %q is not in lower case", term)
		}
	}
}

func FuzzTerms(f *testing.F) {
	for _, s := range []string{
		"", "MaxChunkSize", ".goreleaser.yaml v1.2.3", "ERR_FOO-42", "HTTPServers URLs", "don't", "日本語ABCﾃｽﾄ", "ฐานข้อมูล", "e\u0301\u0301",
		"İıŞß", "\x00\xff", "''a''", "A.\u0301B", "ǅ ﬁ ½ ①", strings.Repeat("aB1", 100),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		indexed := strings.Fields(Index(text))
		for _, term := range indexed {
			checkTerm(t, term)
			// A term is found by itself: reading it again gives it back first.
			if again := strings.Fields(Index(term)); len(again) == 0 || again[0] != term {
				t.Errorf("term %q of %q reads again as %q", term, text, again)
			}
		}
		terms := Terms(text)
		if len(terms) > MaxTerms {
			t.Errorf("%d terms", len(terms))
		}
		if len(terms) == 0 && len(indexed) > 0 {
			t.Errorf("%q is indexed as %q and cannot be asked for", text, indexed)
		}
		for i, term := range terms {
			if !slices.Contains(indexed, term) {
				t.Errorf("a text does not hold its own term %q", term)
			}
			if slices.Contains(terms[:i], term) {
				t.Errorf("term %q twice", term)
			}
		}
	})
}

func BenchmarkIndex(b *testing.B) {
	text := strings.Repeat("The reader in internal/ingest/reader.go bounds one line by MaxChunkSize (64 KiB). ", 50)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Index(text)
	}
}
