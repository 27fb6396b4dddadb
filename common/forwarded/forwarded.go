// Package forwarded determines where a visitor is and which host and scheme they requested, using the headers of
// trusted proxies.
package forwarded

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the networks whose X-Forwarded-For, X-Forwarded-Host and X-Forwarded-Proto are trusted. Other peers' headers
// are ignored, since any client can set them.
type Proxies []netip.Prefix

// Asked returns the host and scheme the visitor requested. In a list, the last value counts, since the
// nearest proxy wrote it.
func (p Proxies) Asked(r *http.Request) (host, scheme string) {
	host, scheme = r.Host, "http"
	if r.TLS != nil {
		scheme = "https"
	}
	if !p.Trusted(r) {
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

// Trusted reports whether a trusted proxy sent the request.
func (p Proxies) Trusted(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	return p.contain(peer.Addr().Unmap().WithZone(""))
}

func (p Proxies) contain(addr netip.Addr) bool {
	return slices.ContainsFunc(p, func(network netip.Prefix) bool { return network.Contains(addr) })
}

// last takes the last value of a list that may be spread over several lines (RFC 9110 §5.3).
func last(lines []string) string {
	list := strings.Join(lines, ",")
	return strings.TrimSpace(list[strings.LastIndexByte(list, ',')+1:])
}

// Network returns the visitor's IPv4 address as a /32, or the /64 of an IPv6 address, which one visitor has to
// themselves. It's the last address of X-Forwarded-For that isn't a trusted proxy's: visitors can make up those
// before it. It's invalid if the request has no address, as in some tests.
func (p Proxies) Network(r *http.Request) netip.Prefix {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	visitor := peer.Addr().Unmap().WithZone("")
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for len(hops) > 0 && p.contain(visitor) {
		before, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1]))
		if err != nil {
			break
		}
		visitor, hops = before.Unmap().WithZone(""), hops[:len(hops)-1]
	}
	bits := visitor.BitLen()
	if visitor.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(visitor, bits).Masked()
}
