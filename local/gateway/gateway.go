// Package gateway is the ingress on one machine: it sends each request to the service that the
// Ingress manifest names for its path.
//
// A service has any number of replicas, which take turns. Where they are is asked anew for each
// request, since a process that is started again may be somewhere else.
package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"ticketing.dev/common/forwarded"
	"ticketing.dev/common/problem"
	"ticketing.dev/common/web"
)

const (
	// retryAfter is how long clients should wait when a service is down: about as long as a process
	// takes to start again.
	retryAfter = time.Second
	// connections to a replica are kept open up to this many, or a busy gateway would run out of ports.
	connections = 256
)

// Backends says where the replicas of a service are now, by the service's name in the manifest.
type Backends func(service string) []*url.URL

// Gateway is an http.Handler for the routes of an Ingress.
type Gateway struct {
	routes   Routes
	backends Backends
	proxies  map[string]http.Handler // by service
	trusted  forwarded.Proxies
	upgrades bool
	hosts    []string // under which it answers, besides local ones

	ending context.Context // of the streams
	end    context.CancelFunc
}

// New makes a gateway.
func New(routes Routes, backends Backends, log *slog.Logger) *Gateway {
	g := &Gateway{routes: routes, backends: backends, proxies: make(map[string]http.Handler)}
	g.ending, g.end = context.WithCancel(context.Background())
	transport := &http.Transport{
		MaxIdleConnsPerHost: connections,
		DisableCompression:  true, // what a client accepts is between it and the service
	}
	for _, r := range routes {
		replicas := func() []*url.URL { return backends(r.Service) }
		g.proxies[r.Service] = g.proxy(&balancer{replicas: replicas, transport: transport}, log)
	}
	return g
}

// Trust makes the gateway pass on the visitor's address, host and scheme that these proxies report. By default, no peer is
// trusted. It must be called before the first request.
func (g *Gateway) Trust(proxies forwarded.Proxies) { g.trusted = proxies }

// AllowUpgrades makes the gateway pass on protocol upgrades, which hot reload of the client needs. By default,
// it drops the Upgrade header, as RFC 9110 §7.8 allows: an upgraded connection has no limits.
func (g *Gateway) AllowUpgrades() { g.upgrades = true }

// forward tells the service where the visitor is and which host and scheme they requested.
func (g *Gateway) forward(r *httputil.ProxyRequest) {
	if !g.upgrades {
		r.Out.Header.Del("Upgrade")
		r.Out.Header.Del("Connection")
	}
	if g.trusted.Trusted(r.In) {
		r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"] // to which the next line adds the peer
	}
	r.SetXForwarded()
	host, scheme := g.trusted.Asked(r.In)
	r.Out.Header.Set("X-Forwarded-Host", host)
	r.Out.Header.Set("X-Forwarded-Proto", scheme)
}

func (g *Gateway) proxy(transport http.RoundTripper, log *slog.Logger) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		// Out.Host stays as the client sent it, with its port: redirects and cookies are made for it.
		Rewrite:        g.forward,
		Transport:      transport,
		FlushInterval:  -1, // server-sent events are passed on as they come
		ModifyResponse: g.endable,
		ErrorHandler:   unavailable(log),
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := g.checkHost(r); err != nil {
		web.WriteError(w, r, err)
		return
	}
	route, ok := g.routes.match(r.URL.Path)
	switch {
	case !ok:
		web.WriteError(w, r, problem.ErrNotFound)
	case route.Path == "/" && len(g.backends(route.Service)) == 0:
		noClient(w, r)
	default:
		g.proxies[route.Service].ServeHTTP(w, watchBody(r))
	}
}

// unavailable answers where no replica has, in the form that the services' own errors have. A broken body is the
// visitor's fault, as the services say themselves.
func unavailable(log *slog.Logger) func(http.ResponseWriter, *http.Request, error) {
	return func(w http.ResponseWriter, r *http.Request, err error) {
		if bodyBroken(r) {
			web.WriteError(w, r, problem.New(problem.Invalid, "The request body is malformed"))
			return
		}
		if !errors.Is(err, context.Canceled) { // that is a client that has gone
			log.WarnContext(r.Context(), "no answer from the service", "method", r.Method, "path", r.URL.Path, "error", err)
		}
		web.WriteError(w, r, &problem.Error{
			Kind:       problem.Unavailable,
			Details:    []problem.Detail{{Message: "This service is away for a moment"}},
			RetryAfter: retryAfter,
		})
	}
}
