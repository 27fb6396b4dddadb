package cluster

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ticketing.dev/local/gateway"
)

const manifest = "infra/k8s/ingress-srv.yaml"

func (c *Cluster) listen(ctx context.Context) (err error) {
	if err := os.MkdirAll(filepath.Join(c.config.Dir, "log"), 0o700); err != nil {
		return err
	}
	if c.log, err = os.Create(c.Log("gateway")); err != nil {
		return err
	}
	c.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	return err
}

func (c *Cluster) serve(context.Context) error {
	routes, err := gateway.ReadRoutes(filepath.Join(c.config.Root, manifest))
	if err != nil {
		return err
	}
	g := gateway.New(routes, c.backends, slog.New(slog.NewJSONHandler(c.log, nil)))
	c.server = &http.Server{
		Handler: g, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(slog.NewJSONHandler(c.log, nil), slog.LevelWarn),
	}
	go func() { _ = c.server.Serve(c.listener) }() // until it is closed
	return nil
}

// backends are a service's replicas, which keep their addresses: one that doesn't run refuses connections.
func (c *Cluster) backends(service string) (urls []*url.URL) {
	for _, replica := range ReplicaNames(strings.TrimSuffix(service, "-srv")) {
		urls = append(urls, &url.URL{Scheme: "http", Host: c.addrs[replica]})
	}
	return urls
}
