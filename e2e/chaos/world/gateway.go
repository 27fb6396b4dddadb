package world

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

func (w *World) listen(ctx context.Context) (err error) {
	if err := os.MkdirAll(filepath.Join(w.config.Dir, "log"), 0o700); err != nil {
		return err
	}
	if w.log, err = os.Create(w.Log("gateway")); err != nil {
		return err
	}
	w.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	return err
}

func (w *World) serve(context.Context) error {
	routes, err := gateway.ReadRoutes(filepath.Join(w.config.Root, manifest))
	if err != nil {
		return err
	}
	g := gateway.New(routes, w.backends, slog.New(slog.NewJSONHandler(w.log, nil)))
	w.server = &http.Server{
		Handler: g, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(slog.NewJSONHandler(w.log, nil), slog.LevelWarn),
	}
	go func() { _ = w.server.Serve(w.listener) }() // until it is closed
	return nil
}

// backends are a service's replicas, which keep their addresses: one that doesn't run refuses connections.
func (w *World) backends(service string) (urls []*url.URL) {
	for _, replica := range ReplicaNames(strings.TrimSuffix(service, "-srv")) {
		urls = append(urls, &url.URL{Scheme: "http", Host: w.addrs[replica]})
	}
	return urls
}
