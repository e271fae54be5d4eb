package privacy

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPrivateAndInjectedBlocks(t *testing.T) {
	for in, want := range map[string]string{
		"a <private>b</private> c":                       "a  c",
		"a <PRIVATE>b</Private> c":                       "a  c",
		`a <private reason="x">b</private> c`:            "a  c",
		"a <private\n>b</private > c":                    "a  c",
		"a <private>b <private>c</private> d</private>e": "a e",
		"a <private>b":                                   "a ",
		"a <private>b <private>c</private> d":            "a ",
		"<private>a</private>b<private>c</private>d":     "bd",
		"<pri<private>x</private>vate>y</private>z":      "z",
		"a <private/> b":                                 "a <private/> b",
		"a <privateer>b</privateer>":                     "a <privateer>b</privateer>",
		"a </private> b":                                 "a </private> b",
		"1 < 2 <private":                                 "1 < 2 <private",
		"x <claude-mem-context>old</claude-mem-context>": "x ",
		"x <claude-mem-context>old, cut off":             "x ",
		"<system-reminder>s</system-reminder>p":          "p",
		"a <system-reminder> in a string":                "a <system-reminder> in a string",
		"<hook_context>c</hook_context>\n\nbuild calc":   "\n\nbuild calc",
	} {
		if got := Text(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestCharacters(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                           "plain",
		"nul\x00 and \xff\xfe":            "nul and ",
		"né 日本 🎉":                         "né 日本 🎉",
		"\x1b[31mred\x1b[0m\ttab\r":       "\x1b[31mred\x1b[0m\ttab\r",
		strings.Repeat("\x01\x02abc", 40): "[removed: binary, 200 bytes]",
	} {
		if got := Text(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// fake makes a credential of the right shape that no scanner of repositories
// mistakes for a real one.
func fake(prefix string, length int) string {
	const body = "Q7w2Er9Tz1Ui5Op3As8Df6Gh4Jk0LyXcVbNm"
	return prefix + strings.Repeat(body, length/len(body)+1)[:length]
}

func fakeHex(prefix string, length int) string {
	return prefix + strings.Repeat("3f9a1c7e5b2d8046", length/16+1)[:length]
}

func TestTokens(t *testing.T) {
	for _, r := range rules {
		var secret string
		switch r.rest {
		case hex:
			secret = fakeHex(r.prefix, r.min)
		case upper:
			secret = strings.ToUpper(fake(r.prefix, r.min))
		default:
			secret = fake(r.prefix, r.min)
		}
		for _, text := range []string{"%", "see % here", "x=%;", `\n%\n`, `{"k":"%"}`, "(%)", "%.", "https://%@host/x"} {
			got := Text(strings.ReplaceAll(text, "%", secret))
			if strings.Contains(got, secret) || !strings.Contains(got, "[redacted:") {
				t.Errorf("%s in %q: got %q", r.kind, text, got)
			}
		}
		short := secret[:len(secret)-1]
		if got := Text("see " + short); strings.Contains(got, "[redacted:"+r.kind) {
			t.Errorf("%s is taken one character too short: %q", r.kind, got)
		}
	}
}

func TestSecrets(t *testing.T) {
	jwt := fake("eyJ", 20) + "." + fake("eyJ", 30) + "." + fake("", 43)
	pem := "-----BEGIN RSA PRIVATE KEY-----\n" + fake("MIIE", 200) + "\n-----END RSA PRIVATE KEY-----"
	for in, want := range map[string]string{
		"jwt " + jwt:                              "jwt [redacted:jwt]",
		"key:\n" + pem + "\nend":                  "key:\n[redacted:private-key]\nend",
		strings.ReplaceAll(pem, "\n", `\n`) + `"`: `[redacted:private-key]"`,
		pem[:150]: "[redacted:private-key]",
		"psql postgres://ann:hunter2@db:5432/app":              "psql postgres://ann:[redacted:password]@db:5432/app",
		"redis://:s3cr3t@cache/0":                              "redis://:[redacted:password]@cache/0",
		"https://" + fake("", 24) + "@git.example.com":         "https://[redacted:token]@git.example.com",
		"curl -H 'Authorization: Bearer " + fake("", 32) + "'": "curl -H 'Authorization: Bearer [redacted:bearer-token]'",
		"Authorization: Basic YW5uOmh1bnRlcjI=":                "Authorization: Basic [redacted:basic-credentials]",
		"Authorization: token " + fake("", 32):                 "Authorization: token [redacted:authorization]",
		"X-Api-Key: " + fake("", 32):                           "X-Api-Key: [redacted:api-key]",
		"Cookie: session=" + fake("", 32) + "; a=b":            "Cookie: [redacted:cookie]",
		"DB_PASSWORD=hunter2":                                  "DB_PASSWORD=[redacted:password]",
		"export API_TOKEN=correcthorse\nX=1":                   "export API_TOKEN=[redacted:token]\nX=1",
		"AWS_SECRET_ACCESS_KEY=" + fake("", 40):                "AWS_SECRET_ACCESS_KEY=[redacted:access-key]",
		"password: hunter2":                                    "password: [redacted:password]",
		`password = "hunter2!"`:                                `password = "[redacted:password]"`,
		`apiKey: '` + fake("", 24) + `',`:                      `apiKey: '[redacted:api-key]',`,
		`"client_secret": "` + fake("", 24) + `"`:              `"client_secret": "[redacted:secret]"`,
		`\"password\": \"hunter2\"`:                            `\"password\": \"[redacted:password]\"`,
		"mysql --password hunter2 -h db":                       "mysql --password [redacted:password] -h db",
		"mysql --password=hunter2 -h db":                       "mysql --password=[redacted:password] -h db",
		"GET /x?access_token=" + fake("", 24) + "&p=1":         "GET /x?access_token=[redacted:token]&p=1",
		"AccountKey=" + fake("", 86) + "==;Endpoint":           "AccountKey=[redacted:account-key];Endpoint",
		"bot 123456789:AA" + fake("", 33):                      "bot [redacted:telegram-token]",
		"API_TOKEN=" + fake("ghp_", 36):                        "API_TOKEN=[redacted:github-token]",
	} {
		if got := Text(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}

// TestWhatIsNoSecret holds what real code and prose say next to the words that
// announce a secret.
func TestWhatIsNoSecret(t *testing.T) {
	for _, in := range []string{
		`token := r.Header.Get("Authorization")`,
		`token = strings.TrimPrefix(h, "Bearer ")`,
		"var password string",
		"password: string",
		"Password string `json:\"password\"`",
		`password = os.Getenv("DB_PASSWORD")`,
		"password=$DB_PASSWORD psql",
		"PASSWORD=${PASSWORD:-} ./run",
		"API_KEY=<your key>",
		"token: ${{ secrets.GITHUB_TOKEN }}",
		`apiKey: process.env.API_KEY,`,
		`secret: config.Auth.Secret2,`,
		`if token == "" {`,
		`"token": "your-token-here"`,
		`<input type="password" name="password">`,
		`passwordField: "password1234567"`,
		"max_tokens: 4096",
		"totalTokens=12345678",
		"Use Basic authentication or Bearer tokens.",
		"a Bearer authentication scheme",
		"commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
		"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"id 0190163d-8694-739b-aea5-966c26f8ad91",
		"https://example.com:8080/a@b",
		"http://user@host/path",
		"postgres://user:$PASSWORD@host/db",
		"git@github.com:org/repo.git",
		"-----BEGIN RSA PRIVATE KEY-----",
		`strings.HasPrefix(s, "-----BEGIN PRIVATE KEY-----")`,
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
		"task-list-of-things-to-do-in-2024",
		"github.com/spf13/cobra@v1.10.2",
		"ssh-key-rotation.yaml token-bucket.go",
		"tokens := map[string]int{}",
		"--token flag is required",
		"TestTokenRefresh: token expired after 30s",
		"const Token = iota + 1",
	} {
		if got := Text(in); got != in {
			t.Errorf("%q became %q", in, got)
		}
	}
}

func TestBlobs(t *testing.T) {
	body := fake("", 2000)
	for in, want := range map[string]string{
		"img " + fake("iVBORw0KGgo", 100) + " end":              "img [removed: image/png, 83 bytes] end",
		"src=\"data:image/svg+xml;base64," + fake("PHN2Zy", 90): "src=\"[removed: image/svg+xml, 72 bytes]",
		"x " + body + "== y":                                    "x [removed: base64, 1500 bytes] y",
		strings.Repeat("a", 3000):                               strings.Repeat("a", 3000),
		strings.Repeat("word ", 500):                            strings.Repeat("word ", 500),
		strings.Repeat("/usr/local/lib", 100):                   strings.Repeat("/usr/local/lib", 100),
	} {
		if got := Text(in); got != want {
			t.Errorf("%.40q…: got %.120q, want %.120q", in, got, want)
		}
	}
	var lines []string
	for i := 0; i < 1900; i += 76 {
		lines = append(lines, body[i:i+76])
	}
	if got, want := Text("-\n"+strings.Join(lines, "\n")+"\n-"), "-\n[removed: base64, 1425 bytes]-"; got != want {
		t.Errorf("wrapped lines: got %q, want %q", got, want)
	}
}

func TestCut(t *testing.T) {
	s := strings.Repeat("é", 1000)
	got := Cut(s, 200)
	if len(got) > 200 || !utf8.ValidString(got) {
		t.Errorf("%d bytes, valid %v", len(got), utf8.ValidString(got))
	}
	if !strings.HasPrefix(got, "éé") || !strings.HasSuffix(got, "éé") || !strings.Contains(got, "bytes cut") {
		t.Errorf("got %q", got)
	}
	if got := Cut("short", 5); got != "short" {
		t.Errorf("got %q", got)
	}
	if got := Cut(s, 3); got != cutMark(2000) {
		t.Errorf("no room for both ends: got %q", got)
	}
}

// TestValuesAreFollowedOnlySoFar holds the bounds without which a text made of
// nothing but names would be read once for each of them; BenchmarkHostile shows
// what they save.
func TestValuesAreFollowedOnlySoFar(t *testing.T) {
	for name, in := range map[string]string{
		"bare":   "DB_PASSWORD=" + strings.Repeat("a1-", maxValue/3+1),
		"quoted": `password = "` + strings.Repeat("a1-", maxValue/3+1) + `"`,
	} {
		if got := Text(in); got != in {
			t.Errorf("%s: got %.80q…", name, got)
		}
	}
}

// BenchmarkHostile cleans texts that are made to be slow. Bytes per second should
// not depend on the length.
func BenchmarkHostile(b *testing.B) {
	for _, unit := range []string{
		"<system-reminder>", "<private>", "<private></private>", "password=\"", "PASSWORD=", "cookie: ",
		"-----BEGIN PRIVATE KEY-----#", "eyJaaaaaaaaaaaaaaaaaaaaa.", fake("sk-", 20) + ".", "a://a:", "Bearer ", "data:a;base64,",
	} {
		for _, size := range []int{20_000, 200_000} {
			b.Run(fmt.Sprintf("%.12s/%d", unit, size), func(b *testing.B) {
				s := strings.Repeat(unit, size/len(unit))
				b.SetBytes(int64(len(s)))
				for b.Loop() {
					Text(s)
				}
			})
		}
	}
}
