package session

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

const (
	// hostName is the cookie's name over https. Browsers take a cookie with this prefix only from the host
	// itself, over https and for all paths, so no other program can plant one (RFC 6265bis §4.1.3.2).
	hostName = "__Host-ticketing"
	// defaultName is the cookie's name over plain http where Config has none.
	defaultName = "ticketing"
	// oldName is the name that earlier releases gave the cookie. It's read, but never given. Other programs
	// use it as well: it's Flask's default.
	oldName = "session"
)

// checkName refuses what can't be the cookie's name over plain http.
func checkName(name string) error {
	if err := (&http.Cookie{Name: name}).Valid(); err != nil {
		return fmt.Errorf("COOKIE_NAME %q: %w", name, err)
	}
	if strings.HasPrefix(strings.ToLower(name), "__") {
		return fmt.Errorf("COOKIE_NAME %q: browsers keep names that start with __Host- or __Secure- for https", name)
	}
	return nil
}

// names are those that a session may have, the one for this request first.
func (s *Sessions) names(r *http.Request) []string {
	if s.plainLocal(r) {
		return []string{s.plainName, hostName, oldName}
	}
	return []string{hostName, s.plainName, oldName}
}

// give sets the session cookie, and removes the sessions that the request has under other names: they
// would outlive a sign-out, or name another user than the one who signs in. Cookies that aren't sessions
// of this system belong to other programs and stay. maxAge is in seconds; below 0 it removes the cookie.
func (s *Sessions) give(w http.ResponseWriter, r *http.Request, value string, maxAge int) {
	names := s.names(r)
	http.SetCookie(w, s.cookie(r, names[0], value, maxAge))
	for _, name := range names[1:] {
		if slices.ContainsFunc(r.CookiesNamed(name), s.good) {
			http.SetCookie(w, s.cookie(r, name, "", -1))
		}
	}
}

// good says whether a cookie holds a session.
func (s *Sessions) good(c *http.Cookie) bool {
	_, err := s.open(c.Value)
	return err == nil
}

// cookie makes a session cookie. Scripts cannot read it, and other sites cannot make a browser
// send it with their writes.
func (s *Sessions) cookie(r *http.Request, name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name:     name,
		Value:    value,
		Path:     "/",
		MaxAge:   maxAge,
		HttpOnly: true,
		Secure:   name == hostName || !s.plainLocal(r),
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
