package system

import (
	"cmp"
	"context"
	"fmt"
	"net"

	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/session"
	"ticketing.dev/payments"
)

const (
	// clusterID is that of the stand-in for NATS Streaming.
	clusterID = "ticketing"
	// sandboxKey is one of those that the Stripe sandbox takes: any test key.
	sandboxKey = "sk_test_sandbox"
)

// standin says what a stand-in needs to know.
type standin struct {
	kind string // as local/cmd/standin names it: mongo, nats, redis, stripe
	dir  string
	// webhookURL and webhookSecret are for stripe.
	webhookURL, webhookSecret string
}

// startStandins starts what the environment names no real part for, and settles what the services are
// configured with.
func (s *System) startStandins(ctx context.Context) (err error) {
	c := s.config
	jwtKey := c.JWTKey
	if jwtKey == "" {
		if jwtKey, err = s.dir.secret("jwt-key", ""); err != nil {
			return fmt.Errorf("key of the sessions: %w", err)
		}
	}
	sessions := session.Config{Key: jwtKey, RequireStrong: c.RequireStrongKeys, Proxies: loopback, CookieName: s.dir.cookieName()}
	s.settings = Settings{Session: sessions, OrderTTL: c.OrderTTL, LogLevel: c.LogLevel}

	mongo, err := s.address(ctx, c.MongoURI, standin{kind: "mongo", dir: s.dir.path("mongo")})
	if err != nil {
		return err
	}
	s.settings.Mongo = mongodb.Config{URI: mongo}

	nats, err := s.address(ctx, c.NATSURL, standin{kind: "nats", dir: s.dir.path("nats")})
	if err != nil {
		return err
	}
	s.settings.NATS = stan.Config{URL: nats, ClusterID: clusterID}
	if c.NATSURL != "" {
		s.settings.NATS.ClusterID = cmp.Or(c.ClusterID, clusterID)
	}

	s.settings.RedisAddr = c.RedisAddr
	if c.RedisAddr == "" {
		redis, err := s.startStandin(ctx, standin{kind: "redis", dir: s.dir.path("redis")})
		if err != nil {
			return err
		}
		s.settings.RedisAddr = redis.url.Host
	}
	return s.startStripe(ctx)
}

// startStripe starts the sandbox, whose webhooks come in through the gateway as Stripe's do.
func (s *System) startStripe(ctx context.Context) error {
	secret, err := s.dir.secret("stripe-webhook-secret", "whsec_")
	if err != nil {
		return fmt.Errorf("secret of the webhooks: %w", err)
	}
	if c := s.config; c.StripeKey != "" {
		// Without the secret that Stripe signs with, no webhook is taken for one of Stripe's.
		secret = cmp.Or(c.StripeWebhookSecret, secret)
		s.settings.Stripe = payments.StripeConfig{Key: c.StripeKey, WebhookSecret: secret, URL: c.StripeAPIURL}
		return nil
	}
	sandbox, err := s.startStandin(ctx, standin{
		kind:          "stripe",
		dir:           s.dir.path("stripe"),
		webhookURL:    s.gatewayURL() + "/api/payments/webhook",
		webhookSecret: secret,
	})
	if err != nil {
		return err
	}
	s.settings.Stripe = payments.StripeConfig{Key: sandboxKey, WebhookSecret: secret, URL: sandbox.url.String()}
	return nil
}

// address is that of the real part if one is given, else that of a stand-in.
func (s *System) address(ctx context.Context, realOne string, o standin) (string, error) {
	if realOne != "" {
		return realOne, nil
	}
	u, err := s.startStandin(ctx, o)
	if err != nil {
		return "", err
	}
	return u.url.String(), nil
}

func (s *System) startStandin(ctx context.Context, o standin) (*unit, error) {
	u, err := s.launcher.standin(ctx, o)
	if err != nil {
		return nil, err
	}
	s.onClose(u.stop)
	if err := u.awaitReady(ctx); err != nil {
		return nil, fmt.Errorf("stand-in for %s: %w; see %s", o.kind, err, s.logs.file(o.kind))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standins[o.kind] = u
	return u, nil
}

// gatewayURL is where this machine reaches the gateway, also where it listens on every address.
func (s *System) gatewayURL() string {
	addr := *s.listener.Addr().(*net.TCPAddr)
	if addr.IP.IsUnspecified() {
		addr.IP = net.IPv4(127, 0, 0, 1)
	}
	return "http://" + addr.String()
}
