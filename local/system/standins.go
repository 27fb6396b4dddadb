package system

import (
	"cmp"
	"context"
	"fmt"
	"net/url"

	"ticketing.dev/common/process"
)

const (
	// clusterID is the one of the broker's stand-in.
	clusterID = "ticketing"
	// sandboxKey is one of those that the Stripe sandbox takes: any test key.
	sandboxKey = "sk_test_sandbox"
	// loopback is where the gateway calls the services from.
	loopback = "127.0.0.0/8,::1/128"
)

// startStandins starts what the environment names no real server for, and decides on the services' settings.
func greetsMail(addr string) process.Probe { return process.Answers(addr, "", "220 ") }

func (s *System) startStandins(ctx context.Context) (err error) {
	c := s.config
	s.settings = Settings{
		JWTKey: c.JWTKey, JWTKeyPrevious: c.JWTKeyPrevious, RequireStrongKeys: c.RequireStrongKeys, TrustedProxies: loopback,
		CookieName: s.dir.cookieName(), OrderTTL: c.OrderTTL, LogLevel: c.LogLevel, PprofAddr: c.PprofAddr, Limits: c.Limits,
		MaxOpenOrders: c.MaxOpenOrders, MaxUnpaidReservations: c.MaxUnpaidReservations,
	}
	if c.JWTKey == "" {
		if s.settings.JWTKey, err = s.dir.secret("jwt-key", ""); err != nil {
			return fmt.Errorf("session key: %w", err)
		}
	}
	secret, err := s.dir.secret("stripe-webhook-secret", "whsec_")
	if err != nil {
		return fmt.Errorf("webhook secret: %w", err)
	}
	var starting []func() error
	start := func(realOne, kind, scheme string, probe func(addr string) process.Probe, args ...string) {
		if realOne == "" {
			starting = append(starting, func() error { return s.startStandin(ctx, kind, scheme, probe, args...) })
		}
	}
	if c.SMTP.Host == "" {
		if s.mailbox, err = s.ports.Free(); err != nil {
			return err
		}
	}
	start(c.SMTP.Host, "mail", "smtp", greetsMail, "-http-addr", s.mailbox)
	start(c.MongoURI, "mongo", "mongodb", accepts, "-sync")
	start(c.NATSURL, "nats", "nats", greets)
	start(c.RedisAddr, "redis", "redis", accepts)
	// The sandbox's webhooks come in through the gateway, as Stripe's do.
	start(c.StripeKey, "stripe", "http", accepts, "-webhook-url", s.gatewayURL()+"/api/payments/webhook", "-webhook-secret", secret)
	s.onClose(s.stopStandins)
	if err := together(starting); err != nil {
		return err
	}
	s.connect(secret)
	return nil
}

func accepts(addr string) process.Probe { return process.Answers(addr, "", "") }
func greets(addr string) process.Probe  { return process.Answers(addr, "", "INFO ") }

func (s *System) startStandin(ctx context.Context, kind, scheme string, probe func(addr string) process.Probe, args ...string) error {
	addr, err := s.ports.Free()
	if err != nil {
		return err
	}
	c := process.Command{Path: s.config.Standin, Args: append([]string{kind, "-addr", addr, "-dir", s.dir.path(kind)}, args...)}
	p, err := s.start(kind, &url.URL{Scheme: scheme, Host: addr}, c, probe(addr))
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.standins[kind] = p
	s.mu.Unlock()
	return s.awaitReady(ctx, p)
}

// connect settles where the services find what they run on.
func (s *System) connect(secret string) {
	c := s.config
	s.settings.MongoURI, s.settings.NATSURL, s.settings.RedisAddr = c.MongoURI, c.NATSURL, c.RedisAddr
	s.settings.ClusterID = cmp.Or(c.ClusterID, clusterID)
	// Without the secret that Stripe signs with, no webhook is accepted as Stripe's.
	s.settings.Stripe = Stripe{Key: c.StripeKey, WebhookSecret: cmp.Or(c.StripeWebhookSecret, secret), URL: c.StripeAPIURL}
	s.settings.SMTP, s.settings.SiteURL = c.SMTP, cmp.Or(c.SiteURL, s.siteURL())
	if p := s.standins["mail"]; p != nil {
		s.settings.SMTP = SMTP{Host: p.url.Hostname(), Port: p.url.Port(), TLS: "none"}
	}
	if p := s.standins["mongo"]; p != nil {
		s.settings.MongoURI = p.url.String()
	}
	if p := s.standins["nats"]; p != nil {
		s.settings.NATSURL, s.settings.ClusterID = p.url.String(), clusterID
	}
	if p := s.standins["redis"]; p != nil {
		s.settings.RedisAddr = p.url.Host
	}
	if p := s.standins["stripe"]; p != nil {
		s.settings.Stripe = Stripe{Key: sandboxKey, WebhookSecret: secret, URL: p.url.String()}
	}
}
