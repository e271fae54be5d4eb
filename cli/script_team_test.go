package cli_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"claude-mem/client"
	"claude-mem/memory"
)

// The commands of scripts about a team's server.

// far is what the program itself hands to hooks for servers that speak TLS.
func far(ctx context.Context, url, key string, r memory.HookRecord) (memory.HookAnswer, error) {
	return client.New(url, key, client.Options{Transport: client.OneShot{}, Retries: -1}).Hook(ctx, r)
}

// freePort finds a port that is free at the moment.
func freePort() (string, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return "", err
	}
	return port, l.Close()
}

// writes puts a text into a file: writes FILE TEXT.
func writes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: writes FILE TEXT")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(args[1]+"\n"), 0o600))
}

// private checks that only its owner may read a file: private FILE.
func private(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: private FILE")
	}
	fi, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if fi.Mode().Perm() != 0o600 {
		ts.Fatalf("%s has mode %v", args[0], fi.Mode())
	}
}

// delivered runs hooks with the payload until nothing waits for the server: each
// has time to deliver a few records only.
func delivered(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: delivered PAYLOAD")
	}
	payload := ts.ReadFile(args[0])
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		file := ts.MkAbs("delivered.json")
		ts.Check(os.WriteFile(file, []byte(payload), 0o600))
		ts.Check(ts.Exec("sh", "-c", "claude-mem hook claude-code <"+file))
		ts.Check(ts.Exec("claude-mem", "status"))
		if !strings.Contains(ts.ReadFile("stdout"), "until it answers") {
			return
		}
	}
	ts.Fatalf("after a minute there are records that wait")
}

// tls puts a server that speaks TLS in front of another, and lets the script trust
// it: tls VARIABLE URL.
func tls(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tls VARIABLE URL")
	}
	behind, err := url.Parse(args[1])
	ts.Check(err)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(behind)
		r.Out.Host = behind.Host
	}}
	srv := httptest.NewTLSServer(http.HandlerFunc(proxy.ServeHTTP))
	ts.Defer(srv.Close)
	cert := filepath.Join(ts.MkAbs("."), "ca.pem")
	ts.Check(os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600))
	ts.Setenv("SSL_CERT_FILE", cert)
	ts.Setenv(args[0], fmt.Sprint(srv.URL))
}
