package embeddings

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"claude-mem/internal/tokens"
	"claude-mem/providers"
)

// asked is what the stub was sent.
type asked struct {
	Model string   `json:"model"`
	Input []string `json:"input"`
	path  string
	key   string
}

// serve is a client of a server that answers so, and what that was asked last.
func serve(t *testing.T, status int, answer string, header ...string) (*Client, *asked) {
	t.Helper()
	var last asked
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		last = asked{path: r.URL.Path, key: r.Header.Get("Authorization")}
		if err := json.NewDecoder(r.Body).Decode(&last); err != nil {
			t.Error(err)
		}
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(srv.Close)
	c, err := New(Config{URL: srv.URL + "/v1/", Model: "m", Key: "sk-key"})
	if err != nil {
		t.Fatal(err)
	}
	return c, &last
}

func TestEmbed(t *testing.T) {
	c, last := serve(t, 200, `{"data":[{"index":1,"embedding":[3,4]},{"index":0,"embedding":[1,-2]}],"usage":{}}`)
	got, err := c.Embed(t.Context(), []string{"a", strings.Repeat("ü", maxText)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]float32{{1, -2}, {3, 4}}, got.Vectors); diff != "" {
		t.Error(diff)
	}
	if last.Model != "m" || last.path != "/v1/embeddings" || last.key != "Bearer sk-key" || len(last.Input) != 2 {
		t.Errorf("asked %+v", last)
	}
	if n := len(last.Input[1]); n > maxText || n < maxText-4 || strings.ContainsRune(last.Input[1], '\ufffd') {
		t.Errorf("a long text was cut to %d bytes", n)
	}
}

// Tokens are the server's own count, or else about as many as the text that is sent has.
func TestTokensAreCounted(t *testing.T) {
	about := int64(tokens.Estimate(strings.Repeat("a", maxText)))
	for usage, want := range map[string]int64{`{"prompt_tokens":12,"total_tokens":12}`: 12, `{}`: about, `{"prompt_tokens":-3}`: about} {
		c, _ := serve(t, 200, `{"data":[{"index":0,"embedding":[1]}],"usage":`+usage+`}`)
		got, err := c.Embed(t.Context(), []string{strings.Repeat("a", 2*maxText)})
		if err != nil || got.Tokens != want {
			t.Errorf("%s: %d tokens, %v; want %d", usage, got.Tokens, err, want)
		}
	}
}

func TestOnlyAServerOnThisMachineIsFree(t *testing.T) {
	for url, want := range map[string]bool{
		"http://127.0.0.1:11434/v1": true, "http://LocalHost/v1": true, "http://[::1]:80/v1": true, "http://[::ffff:127.0.0.1]/v1": true,
		"https://api.example.com/v1": false, "http://ollama:11434/v1": false, "http://10.0.0.7/v1": false, "http://127.0.0.1.example.com/v1": false,
	} {
		c, err := New(Config{URL: url, Model: "m"})
		if err != nil || c.Free() != want {
			t.Errorf("%s: free %t, %v", url, c.Free(), err)
		}
	}
}

func TestFailuresAreClassified(t *testing.T) {
	for status, want := range map[int]providers.Class{
		401: providers.Auth, 403: providers.Auth, 402: providers.Quota, 429: providers.RateLimit, 503: providers.Overloaded,
		500: providers.Transient, 408: providers.Transient, 400: providers.BadRequest, 404: providers.Auth, 302: providers.BadRequest,
	} {
		c, _ := serve(t, status, `{"error":"you sent sk-key"}`, "Retry-After", "7", "Location", "/elsewhere")
		_, err := c.Embed(t.Context(), []string{"private words"})
		e, ok := errors.AsType[*providers.Error](err)
		if !ok || e.Class != want || e.RetryAfter != 7*time.Second {
			t.Errorf("%d: %v", status, err)
		}
		if strings.Contains(err.Error(), "sk-key") || strings.Contains(err.Error(), "private") {
			t.Errorf("%d: the error tells too much: %v", status, err)
		}
	}
	c, err := New(Config{URL: "http://user:secret@127.0.0.1:1/v1", Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Embed(t.Context(), []string{"x"})
	if e, ok := errors.AsType[*providers.Error](err); !ok || e.Class != providers.Transient || strings.Contains(err.Error(), "secret") {
		t.Errorf("nobody there: %v", err)
	}
}

func TestWhatCannotWorkIsRefused(t *testing.T) {
	for _, c := range []Config{{}, {URL: "localhost:1", Model: "m"}, {URL: "ftp://x/v1", Model: "m"}, {URL: "http://x/v1"}} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[2]}]}`, `{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[2]}]}`,
		`{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[2,3]}]}`, `{"data":[{"index":-1},{"index":9}]}`, `[]`, `null`, `{"data":[{"index":0,"embedding":[1e39]},{}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var a answer
		if json.Unmarshal(b, &a) != nil {
			return
		}
		made, err := a.vectors(2)
		vs := made.Vectors
		if err != nil {
			if e, ok := errors.AsType[*providers.Error](err); !ok || e.Class != providers.BadRequest {
				t.Errorf("%v", err)
			}
			return
		}
		if len(vs) != 2 || len(vs[0]) == 0 || len(vs[0]) != len(vs[1]) {
			t.Errorf("%s gives %v", b, vs)
		}
	})
}
