package world

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"ticketing.dev/common/process"
	"ticketing.dev/local/system"
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
		if err := os.MkdirAll(w.StoreDir(name), 0o700); err != nil {
			return err
		}
		c, probe := w.store(name, addr, secret)
		if err := w.start(name, c, probe); err != nil {
			return err
		}
	}
	w.settings = system.Settings{
		NATSURL: "nats://" + w.addrs[NATS], ClusterID: clusterID,
		RedisAddr: w.addrs[Redis],
		JWTKey:    rand.Text() + rand.Text(),
		Stripe:    system.Stripe{Key: sandboxKey, WebhookSecret: secret, URL: "http://" + w.addrs[Stripe]},
		OrderTTL:  w.config.OrderTTL,
		LogLevel:  slog.LevelInfo,
		Limits:    system.Limits{RateFactor: "0"}, // all its users have one address
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return w.AwaitReady(ctx)
}

// store is the program of a store and how to see that it serves.
func (w *World) store(name, addr, webhookSecret string) (process.Command, process.Probe) {
	c := process.Command{Path: w.config.Programs.Standin, Args: []string{name, "-addr", addr, "-dir", w.StoreDir(name), "-sync",
		"-webhook-url", w.Gateway() + "/api/payments/webhook", "-webhook-secret", webhookSecret}}
	switch name {
	case NATS:
		return c, process.Answers(addr, "", "INFO ") // its greeting
	case Redis:
		return w.redis(addr), process.Answers(addr, "PING\r\n", "+PONG") // refused while it reads its files
	}
	return c, process.Answers(addr, "", "")
}

// redis is the real one, as infra/k8s/expiration-redis-depl.yaml runs it.
func (w *World) redis(addr string) process.Command {
	host, port, _ := net.SplitHostPort(addr) // it was joined
	return process.Command{Path: w.config.Programs.Redis, Args: []string{
		"--bind", host, "--port", port, "--dir", w.StoreDir(Redis), "--save", "",
		"--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction",
	}}
}

// StoreDir is where a store keeps its data.
func (w *World) StoreDir(name string) string { return filepath.Join(w.config.Dir, name) }
