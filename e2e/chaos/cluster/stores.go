package cluster

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

func (c *Cluster) startStores(ctx context.Context) error {
	secret := "whsec_" + rand.Text()
	for _, name := range []string{Mongo, NATS, Redis, Stripe} {
		if name == Mongo && c.config.Mongo != nil {
			c.addrs[Mongo] = c.config.Mongo.server.addr
			continue
		}
		addr, err := c.address(name)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(c.StoreDir(name), 0o700); err != nil {
			return err
		}
		cmd, probe := c.store(name, addr, secret)
		if err := c.start(name, cmd, probe); err != nil {
			return err
		}
	}
	c.settings = system.Settings{
		NATSURL: "nats://" + c.addrs[NATS], ClusterID: clusterID,
		RedisAddr: c.addrs[Redis],
		JWTKey:    rand.Text() + rand.Text(),
		Stripe:    system.Stripe{Key: sandboxKey, WebhookSecret: secret, URL: "http://" + c.addrs[Stripe]},
		OrderTTL:  c.config.OrderTTL,
		LogLevel:  slog.LevelInfo,
		Limits:    system.Limits{RateFactor: "0"}, // all its users have one address
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	return c.AwaitReady(ctx)
}

// store returns a store's program and its readiness probe.
func (c *Cluster) store(name, addr, webhookSecret string) (process.Command, process.Probe) {
	cmd := process.Command{Path: c.config.Programs.Standin, Args: []string{name, "-addr", addr, "-dir", c.StoreDir(name), "-sync",
		"-webhook-url", c.Gateway() + "/api/payments/webhook", "-webhook-secret", webhookSecret}}
	switch name {
	case NATS:
		return cmd, process.Answers(addr, "", "INFO ") // its greeting
	case Redis:
		return c.redis(addr), process.Answers(addr, "PING\r\n", "+PONG") // refused while it reads its files
	}
	return cmd, process.Answers(addr, "", "")
}

// redis is the real one, as infra/k8s/expiration-redis-depl.yaml runs it.
func (c *Cluster) redis(addr string) process.Command {
	host, port, _ := net.SplitHostPort(addr) // it was joined
	return process.Command{Path: c.config.Programs.Redis, Args: []string{
		"--bind", host, "--port", port, "--dir", c.StoreDir(Redis), "--save", "",
		"--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction",
	}}
}

// StoreDir is where a store keeps its data.
func (c *Cluster) StoreDir(name string) string { return filepath.Join(c.config.Dir, name) }
