package hooks

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"claude-mem/internal/config"
)

func TestReadAnswer(t *testing.T) {
	for name, tt := range map[string]struct {
		raw    string
		status int // 0: an error
		body   string
	}{
		"with a length":         {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}more", 200, "{}"},
		"in other letters":      {"HTTP/1.0 200 OK\r\ncontent-length:2\r\n\r\n{}", 200, "{}"},
		"to the end":            {"HTTP/1.0 503 x\n\nabc", 503, "abc"},
		"without a reason":      {"HTTP/1.0 200\r\n\r\n", 200, ""},
		"shorter than it says":  {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", 0, ""},
		"longer than we take":   {"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{}", 0, ""},
		"a negative length":     {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 0, ""},
		"something else":        {"SSH-2.0-OpenSSH\r\n\r\n", 0, ""},
		"a head without an end": {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("y", 2*maxHead), 0, ""},
		"nothing":               {"", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			status, body, err := readAnswer(strings.NewReader(tt.raw))
			if (err != nil) != (tt.status == 0) {
				t.Fatalf("status %d, error %v", status, err)
			}
			if err == nil && (status != tt.status || string(body) != tt.body) {
				t.Errorf("got %d and %q", status, body)
			}
		})
	}
}

func FuzzReadAnswer(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
	f.Add("HTTP/1.0 400 x\n\n")
	f.Fuzz(func(t *testing.T, raw string) {
		if _, body, err := readAnswer(strings.NewReader(raw)); err == nil && len(body) > len(raw) {
			t.Errorf("%d bytes out of %d", len(body), len(raw))
		}
	})
}

// What is asked of a server stands in its contract; here is how it is asked.
func TestRequest(t *testing.T) {
	r := newRig(t)
	var got *http.Request
	var body []byte
	r.serve(func(w http.ResponseWriter, req *http.Request) {
		got = req
		body, _ = io.ReadAll(req.Body)
		_, _ = io.WriteString(w, `{}`)
	})
	r.run(toolPayload)
	if got == nil || got.Method != http.MethodPost || got.URL.Path != "/v1/hooks" || got.Header.Get("Authorization") != "Bearer cmem_k" ||
		got.Header.Get("Content-Type") != "application/json" || int64(len(body)) != got.ContentLength {
		t.Errorf("sent %+v with %d bytes", got, len(body))
	}
}

// A server may live below a path. An address that is none is no fault of the record.
func TestServerAddress(t *testing.T) {
	r := newRig(t)
	path := ""
	r.serve(func(w http.ResponseWriter, req *http.Request) {
		path = req.URL.Path
		_, _ = io.WriteString(w, `{}`)
	})
	url, _ := (&call{params: Params{find: r.find}, cfg: settings(t)}).server()
	r.vars = []string{config.ServerURL + "=" + url + "/memory/"}
	if r.run(toolPayload); path != "/memory/v1/hooks" {
		t.Errorf("asked for %q", path)
	}
	for _, address := range []string{"ftp://127.0.0.1", "http://", "127.0.0.1:80", "http://127.0.0.1 x", "http://u@127.0.0.1"} {
		_, err := post(t.Context(), address, "k", toolRecord)
		if err == nil || wrong(err) {
			t.Errorf("%s: %v: the record is not at fault", address, err)
		}
	}
}
