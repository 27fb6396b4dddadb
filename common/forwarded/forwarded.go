// Package forwarded determines the host and scheme a visitor requested, using the headers of trusted
// proxies.
package forwarded

import (
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks whose X-Forwarded-Host and X-Forwarded-Proto are trusted. Other peers' headers
// are ignored, since any client can set them.
type Proxies []netip.Prefix

// Asked returns the host and scheme the visitor requested. In a list, the last value counts, since the
// nearest proxy wrote it.
func (p Proxies) Asked(r *http.Request) (host, scheme string) {
	host, scheme = r.Host, "http"
	if r.TLS != nil {
		scheme = "https"
	}
	if !p.trust(r.RemoteAddr) {
		return host, scheme
	}
	if given := last(r.Header.Values("X-Forwarded-Host")); given != "" {
		host = given
	}
	if given := strings.ToLower(last(r.Header.Values("X-Forwarded-Proto"))); given != "" {
		scheme = given
	}
	return host, scheme
}

func (p Proxies) trust(remote string) bool {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	for _, network := range p {
		if network.Contains(peer.Addr().Unmap().WithZone("")) {
			return true
		}
	}
	return false
}

// last takes the last value of a list that may be spread over several lines (RFC 9110 §5.3).
func last(lines []string) string {
	list := strings.Join(lines, ",")
	return strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:])
}
