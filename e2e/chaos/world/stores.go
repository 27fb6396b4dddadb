package world

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/session"
	"ticketing.dev/local/system"
	"ticketing.dev/payments"
)

const (
	clusterID  = "ticketing"
	sandboxKey = "sk_test_sandbox"
)

// startTimeout is how long the stores, and then the services, may take to serve.
const startTimeout = 90 * time.Second

func (w *World) startStores(ctx context.Context) error {
	secret := "whsec_" + rand.Text()
	for _, name := range []string{Mongo, NATS, Redis, Stripe} {
		if name == Mongo && w.config.Mongo != nil {
			w.addrs[Mongo] = w.config.Mongo.server.addr
			continue
		}
		addr, err := w.address(name)
		if err != nil {
			return err
		}
		dir := w.StoreDir(name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		c := command{path: w.config.Programs.Standin, args: []string{name, "-addr", addr, "-dir", dir, "-sync",
			"-webhook-url", w.Gateway() + "/api/payments/webhook", "-webhook-secret", secret}}
		probe := takesConnections(addr)
		switch name {
		case NATS:
			probe = answersINFO(addr)
		case Redis:
			c, probe = w.redis(addr, dir), answersPING(addr)
		}
		if err := w.add(name, c, probe); err != nil {
			return err
		}
	}
	w.settings = system.Settings{
		NATS:      stan.Config{URL: "nats://" + w.addrs[NATS], ClusterID: clusterID},
		RedisAddr: w.addrs[Redis],
		Session:   session.Config{Key: rand.Text() + rand.Text()},
		Stripe:    payments.StripeConfig{Key: sandboxKey, WebhookSecret: secret, URL: "http://" + w.addrs[Stripe]},
		OrderTTL:  w.config.OrderTTL,
		LogLevel:  slog.LevelInfo,
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return w.AwaitReady(ctx)
}

// redis is the real one, as infra/k8s/expiration-redis-depl.yaml runs it.
func (w *World) redis(addr, dir string) command {
	host, port, _ := net.SplitHostPort(addr) // it was joined
	return command{path: w.config.Programs.Redis, args: []string{
		"--bind", host, "--port", port, "--dir", dir, "--save", "",
		"--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction",
	}}
}

// StoreDir is where a store keeps its data.
func (w *World) StoreDir(name string) string { return filepath.Join(w.config.Dir, name) }
