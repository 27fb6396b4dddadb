package gateway

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"ticketing.dev/common/problem"
)

// AllowHosts adds names under which the gateway answers. It always answers under localhost and under addresses.
// Under other names it doesn't: a page on the web can point a name of its own at 127.0.0.1, and its visitor's browser
// would then let it read what the gateway answers (DNS rebinding).
func (g *Gateway) AllowHosts(names ...string) {
	for _, name := range names {
		g.hosts = append(g.hosts, strings.ToLower(strings.TrimSpace(name)))
	}
}

func (g *Gateway) checkHost(r *http.Request) error {
	name := strings.ToLower(r.Host)
	if host, _, err := net.SplitHostPort(name); err == nil {
		name = host
	}
	name = strings.TrimSuffix(name, ".")
	_, err := netip.ParseAddr(strings.Trim(name, "[]"))
	isLocal := err == nil || name == "localhost" || strings.HasSuffix(name, ".localhost")
	if isLocal || slices.Contains(g.hosts, name) {
		return nil
	}
	return &problem.Error{
		Kind:    problem.CrossSite,
		Details: []problem.Detail{{Message: fmt.Sprintf("This site isn't called %q. To allow the name, set GATEWAY_HOSTS", name)}},
	}
}
