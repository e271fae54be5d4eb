package client

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"time"
)

// OneShot is a transport for a process that makes one request and exits, as a
// hook does: it dials, writes the request, reads the answer and closes. It keeps
// no pool, starts no goroutine unless the context is cancelled in mid-air, knows
// no proxies, and takes its deadline from the context.
type OneShot struct{}

// RoundTrip implements http.RoundTripper.
func (o OneShot) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer func() { _ = req.Body.Close() }()
	}
	conn, err := o.dial(req)
	if err != nil {
		return nil, err
	}
	// Covers the body as well, which is read after we returned.
	stop := context.AfterFunc(req.Context(), func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	fail := func(err error) (*http.Response, error) {
		stop()
		_ = conn.Close()
		if cause := req.Context().Err(); cause != nil {
			err = cause
		}
		return nil, err
	}
	out := *req // a transport must leave the request alone
	out.Close = true
	if err := out.Write(conn); err != nil {
		return fail(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), req)
	if err != nil {
		return fail(err)
	}
	res.Body = &oneShotBody{ReadCloser: res.Body, conn: conn, stop: stop}
	return res, nil
}

func (OneShot) dial(req *http.Request) (net.Conn, error) {
	ctx := req.Context()
	deadline, _ := ctx.Deadline() // the zero time is no deadline
	host, port := req.URL.Hostname(), req.URL.Port()
	secure := req.URL.Scheme == "https"
	if port == "" {
		port = "80"
		if secure {
			port = "443"
		}
	}
	d := net.Dialer{Deadline: deadline, KeepAlive: -1}
	conn, err := d.DialContext(context.WithoutCancel(ctx), "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(deadline); err != nil {
		_ = conn.Close()
		return nil, err
	}
	if secure {
		return tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}), nil
	}
	return conn, nil
}

// oneShotBody is an answer's body and the connection it comes from.
type oneShotBody struct {
	io.ReadCloser
	conn net.Conn
	stop func() bool
}

// Close gives the connection up.
func (b *oneShotBody) Close() error {
	b.stop()
	// Closing the inner body would first drain it; the connection goes anyway.
	return b.conn.Close()
}
