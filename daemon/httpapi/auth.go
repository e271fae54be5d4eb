package httpapi

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"claude-mem/memory"
)

// authenticate finds the key that the request presents. It asks storage each time:
// a key that was revoked a moment ago is refused.
func (a *API) authenticate(r *http.Request, scope string) (memory.APIKey, error) {
	token := presentedKey(r.Header)
	if token == "" {
		if a.Access.mayBypass(r) {
			return *a.Access.LocalDev, nil
		}
		return memory.APIKey{}, memory.Errorf(memory.CodeUnauthorized, "Missing API key (Authorization: Bearer <key> or X-Api-Key: <key>)")
	}
	key, err := a.Store.KeyByHash(r.Context(), memory.HashKey(token))
	if err != nil && !errors.Is(err, memory.ErrNotFound) {
		return memory.APIKey{}, err
	}
	// One answer for all of them: it must not tell which keys once were good.
	if err != nil || !key.Usable(memory.Now()) || !key.Allows(scope) {
		return memory.APIKey{}, memory.Errorf(memory.CodeForbidden, "Invalid API key or insufficient scope")
	}
	if key.TeamID == "" {
		return memory.APIKey{}, memory.Errorf(memory.CodeForbidden, "API key is not bound to a team")
	}
	return key, nil
}

// presentedKey finds the key in either header; the word Bearer in any case, as
// clients write it differently.
func presentedKey(h http.Header) string {
	const bearer = "bearer "
	if v := h.Get("Authorization"); len(v) > len(bearer) && strings.EqualFold(v[:len(bearer)], bearer) {
		return strings.TrimSpace(v[len(bearer):])
	}
	return strings.TrimSpace(h.Get("X-Api-Key"))
}

// mayBypass reports whether a request without a key comes from this very machine,
// and from nobody's behalf, in a mode that lets it in.
func (a Access) mayBypass(r *http.Request) bool {
	if a.LocalDev == nil {
		return false
	}
	for _, forwarded := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"} {
		if r.Header.Get(forwarded) != "" {
			return false
		}
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback() && loopbackName(hostOf(r.Host))
}

// check refuses requests that a web page could have made. A page that an attacker
// points at us by a DNS name of his own carries that name as Host; a page of
// another site carries its Origin.
func (a Access) check(r *http.Request) error {
	host := hostOf(r.Host)
	if !a.AnyHost && !loopbackName(host) && !slices.ContainsFunc(a.Hosts, func(h string) bool { return strings.EqualFold(h, host) }) {
		if _, err := netip.ParseAddr(host); err != nil || !a.Wide {
			return memory.Errorf(memory.CodeForbidden, "Host not allowed")
		}
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
			return memory.Errorf(memory.CodeForbidden, "CORS not allowed")
		}
	}
	return nil
}

// hostOf is the name or address in a Host header, without port and brackets.
func hostOf(hostport string) string {
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		return h
	}
	return strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
}

func loopbackName(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
