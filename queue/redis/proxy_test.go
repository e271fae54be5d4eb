package redis_test

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
)

// proxy is a network between a client and Redis that can fail: cut, so that
// connections break and none is made, or mute, so that they stay and say nothing.
type proxy struct {
	l     net.Listener
	to    string
	wg    sync.WaitGroup
	mu    sync.Mutex
	gone  bool
	quiet chan struct{} // closed: nothing is muted
	hush  string        // a word of a client at which the proxy falls mute
	conns map[net.Conn]bool
}

func newProxy(t testing.TB, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{l: l, to: to, conns: make(map[net.Conn]bool), quiet: make(chan struct{})}
	close(p.quiet)
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		p.unmute()
		p.cut()
		p.wg.Wait()
	})
	return p
}

func (p *proxy) addr() string { return p.l.Addr().String() }

func (p *proxy) accept() {
	for {
		c, err := p.l.Accept()
		if err != nil {
			return
		}
		p.wg.Go(func() { p.serve(c) })
	}
}

// serve connects a client with the server until one of them hangs up.
func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer server.Close()
	if !p.add(client, server) {
		return
	}
	var wg sync.WaitGroup
	for from, to := range map[net.Conn]net.Conn{client: server, server: client} {
		wg.Go(func() {
			defer to.Close()
			p.pump(to, from)
		})
	}
	wg.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, client)
	delete(p.conns, server)
}

// pump copies what comes in, and holds it back while the proxy is mute.
func (p *proxy) pump(to io.Writer, from io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		<-p.hears(buf[:n])
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// hears returns what to wait for before the words are passed on.
func (p *proxy) hears(words []byte) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hush != "" && bytes.Contains(words, []byte(p.hush)) {
		p.hush, p.quiet = "", make(chan struct{})
	}
	return p.quiet
}

func (p *proxy) add(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return false
	}
	for _, c := range conns {
		p.conns[c] = true
	}
	return true
}

// cut breaks all connections and refuses new ones, for good.
func (p *proxy) cut() {
	p.l.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
	for c := range p.conns {
		c.Close()
	}
}

// muteAt mutes the proxy when a client says the word, before that is passed on.
func (p *proxy) muteAt(word string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hush = word
}

// mute holds back everything from now on, in both directions.
func (p *proxy) mute() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.quiet = make(chan struct{})
}

// muted reports whether the proxy holds everything back.
func (p *proxy) muted() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.quiet:
		return false
	default:
		return true
	}
}

// unmute lets through what was held back.
func (p *proxy) unmute() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.quiet:
	default:
		close(p.quiet)
	}
}
