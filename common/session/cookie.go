package session

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// cookie makes the session cookie. Scripts cannot read it, and other sites cannot make a browser
// send it with their writes. maxAge is in seconds; below 0 it removes the cookie.
func (s *Sessions) cookie(r *http.Request, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name:     cookieName,
		Value:    value,
		Path:     "/",
		MaxAge:   maxAge,
		HttpOnly: true,
		Secure:   !s.plainLocal(r),
		SameSite: http.SameSiteLaxMode,
	}
}

// bare takes off the padding with which securecookie ends a value. What is left are letters, digits, -
// and _, which nobody escapes. Next.js sets a cookie that it passes on with %3D for =, and that would
// be no session any more.
func bare(value string) string { return strings.TrimRight(value, "=") }

// padded gives a bare value its padding back. One that has it stays as it is: sessions were once given
// so.
func padded(value string) string { return value + strings.Repeat("=", -len(value)&3) }

// plainLocal says whether the site is served over plain http on the browser's own machine. There is
// no network to protect the cookie from, and not every browser keeps a Secure one there.
func (s *Sessions) plainLocal(r *http.Request) bool {
	host, scheme := s.proxies.Asked(r)
	return scheme != "https" && local(host)
}

// local says whether a Host header names the machine that asks: localhost and what is below it
// (RFC 6761 §6.3), or a loopback address.
func local(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
