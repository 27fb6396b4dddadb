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

// checkName checks the cookie's name for plain http.
func checkName(name string) error {
	if err := (&http.Cookie{Name: name}).Valid(); err != nil {
		return fmt.Errorf("COOKIE_NAME %q: %w", name, err)
	}
	if strings.HasPrefix(strings.ToLower(name), "__") {
		return fmt.Errorf("COOKIE_NAME %q: browsers keep names that start with __Host- or __Secure- for https", name)
	}
	return nil
}

// names are the possible names of the session cookie, starting with the one for this request.
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
		if slices.ContainsFunc(r.CookiesNamed(name), s.valid) {
			http.SetCookie(w, s.cookie(r, name, "", -1))
		}
	}
}

// valid reports whether a cookie holds a session.
func (s *Sessions) valid(c *http.Cookie) bool {
	_, err := s.open(c.Value)
	return err == nil
}

// cookie returns a session cookie. Scripts can't read it, and browsers don't send it with writes from other sites.
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

// trimPadding removes the padding from a securecookie value. Next.js escapes = as %3D when it passes a cookie on,
// which would make the session invalid.
func trimPadding(value string) string { return strings.TrimRight(value, "=") }

// addPadding restores the padding of a value. Values with padding, which earlier releases set, stay as they are.
func addPadding(value string) string { return value + strings.Repeat("=", -len(value)&3) }

// plainLocal reports whether the site is served over plain http on the browser's own machine. No network could read
// the cookie there, and not every browser keeps a Secure one.
func (s *Sessions) plainLocal(r *http.Request) bool {
	host, scheme := s.proxies.Asked(r)
	return scheme != "https" && local(host)
}

// local reports whether a host is localhost, below localhost (RFC 6761 §6.3), or a loopback address.
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
