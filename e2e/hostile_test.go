package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"claude-mem/internal/config"
	"claude-mem/internal/testbin"
)

const (
	idleConns  = 10_000
	bigClients = 24
	bigBody    = 30 << 20 // just under what a batch may have
	// maxResident bounds the daemon's memory through all of this. It needs some
	// 10 KiB for each connection; of the bodies it holds no more than it has room for.
	maxResident = 640 << 20
)

// TestHostileClients does to a daemon what it must survive without growing out of
// bounds: ten thousand connections that say nothing, many bodies as large as any
// may be, bodies far larger, and clients that never finish a header.
func TestHostileClients(t *testing.T) {
	p := testbin.NewProfile(t, binary)
	state := p.Serve()
	addr := net.JoinHostPort(state.Host, strconv.Itoa(state.Port))
	key := p.Config().String(config.ServerAPIKey)

	slow := dial(t, addr, 1)[0]
	started := time.Now()
	if _, err := io.WriteString(slow, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "); err != nil {
		t.Fatal(err)
	}
	idle := dial(t, addr, min(idleConns, roomForConns(t)))

	// Valid to the last byte, and nothing in it is worth keeping: no projectId.
	large := []byte(`[{"payload":"` + strings.Repeat("x", bigBody) + `"}]`)
	var all sync.WaitGroup
	for range bigClients {
		all.Go(func() {
			status, err := send(t, addr, key, bytes.NewReader(large), int64(len(large)))
			if err != nil || status != http.StatusBadRequest && status != http.StatusServiceUnavailable {
				t.Errorf("a large batch: status %d, %v", status, err)
			}
		})
		all.Go(func() {
			// More than any route takes, and not announced.
			status, err := send(t, addr, key, io.LimitReader(spaces{}, 64<<20), -1)
			cut := err != nil && status == 0 // the rest of the body is not waited for
			if !cut && status != http.StatusRequestEntityTooLarge && status != http.StatusServiceUnavailable {
				t.Errorf("64 MiB: status %d, %v", status, err)
			}
		})
	}
	all.Wait()

	if status := healthz(t, addr); status != http.StatusOK {
		t.Errorf("afterwards /healthz answers %d", status)
	}
	if peak, ok := peakResident(state.PID); ok && peak > maxResident {
		t.Errorf("the daemon took %d MiB, more than %d", peak>>20, maxResident>>20)
	} else {
		t.Logf("%d idle connections, %d large bodies: at most %d MiB", len(idle), bigClients, peak>>20)
	}
	// A header that does not end is not waited for. What comes first is the answer or
	// the end; what must not come is our own deadline.
	_ = slow.SetReadDeadline(started.Add(time.Minute))
	if _, err := io.ReadAll(slow); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("after a minute the daemon still waits for the end of a header")
	}
}

// dial opens n connections that are closed when the test ends.
func dial(t *testing.T, addr string, n int) []net.Conn {
	t.Helper()
	conns := make([]net.Conn, n)
	for i := range conns {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
		if err != nil {
			t.Fatalf("connection %d: %v", i+1, err)
		}
		t.Cleanup(func() { _ = c.Close() })
		conns[i] = c
	}
	return conns
}

func send(t *testing.T, addr, key string, body io.Reader, length int64) (int, error) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/v1/events/batch", body)
	if err != nil {
		return 0, err
	}
	req.ContentLength = length
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Api-Key", key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, errors.Join(err, res.Body.Close())
}

func healthz(t *testing.T, addr string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// spaces is a body without an end.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// peakResident is the most memory that the process ever had, where the system tells.
func peakResident(pid int) (int64, bool) {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, false
	}
	for line := range bytes.Lines(status) {
		var kib int64
		if n, _ := fmt.Sscanf(string(line), "VmHWM: %d kB", &kib); n == 1 {
			return kib << 10, true
		}
	}
	return 0, false
}
