package system

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"

	"ticketing.dev/common/events"
	"ticketing.dev/common/process"
)

const (
	// clusterID is the one of the broker's stand-in.
	clusterID = "ticketing"
	// sandboxKey is one of those that the Stripe sandbox takes: any test key.
	sandboxKey = "sk_test_sandbox"
	// The passwords of the stand-ins' users are in the data directory.
	natsUsersFile, redisUsersFile = "nats-users.json", "redis-users.json"
	// eventKeysFile has the services' private keys.
	eventKeysFile = "event-keys.json"
	// operator is the broker's user that may do everything: broker.Operator.
	operator = "operator"
	// redisUser is the user in the URL of Redis. Each service has a user of its own.
	redisUser = "expiration"
	// loopback is where the gateway calls the services from.
	loopback = "127.0.0.0/8,::1/128"
)

// startStandins starts what the environment names no real server for, and decides on the services' settings.
func (s *System) startStandins(ctx context.Context) (err error) {
	c := s.config
	s.settings = Settings{
		JWTKey: c.JWTKey, JWTKeyPrevious: c.JWTKeyPrevious, RequireStrongKeys: c.RequireStrongKeys, TrustedProxies: loopback,
		CookieName: s.dir.cookieName(), OrderTTL: c.OrderTTL, LogLevel: c.LogLevel, SessionIdle: c.SessionIdle, SessionAbsolute: c.SessionAbsolute, PprofAddr: c.PprofAddr, Limits: c.Limits,
		TicketKey: c.TicketKey, TicketKeyPrevious: c.TicketKeyPrevious,
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
	if err := s.readEventKeys(); err != nil {
		return err
	}
	natsUsers, err := s.dir.secrets(natsUsersFile, password, append(slices.Clone(Services), operator)...)
	if err != nil {
		return err
	}
	redisUsers, err := s.dir.secrets(redisUsersFile, password, Services...)
	if err != nil {
		return err
	}
	var starting []func() error
	start := func(realOne, kind string, at url.URL, probe func(addr string) process.Probe, args ...string) {
		if realOne == "" {
			starting = append(starting, func() error { return s.startStandin(ctx, kind, at, probe, args...) })
		}
	}
	if c.SMTP.Host == "" {
		if s.mailbox, err = s.config.Ports.Free(); err != nil {
			return err
		}
	}
	start(c.SMTP.Host, "mail", url.URL{Scheme: "smtp"}, greetsMail, "-http-addr", s.mailbox)
	start(c.MongoURI, "mongo", url.URL{Scheme: "mongodb"}, accepts, "-sync")
	start(c.NATSURL, "nats", url.URL{Scheme: "nats", User: url.UserPassword(operator, natsUsers[operator])}, greets,
		"-users", s.dir.path(natsUsersFile))
	start(c.RedisAddr, "redis", url.URL{Scheme: "redis", User: url.UserPassword(redisUser, redisUsers[redisUser])}, accepts,
		"-users", s.dir.path(redisUsersFile))
	// The sandbox's webhooks come in through the gateway, as Stripe's do.
	start(c.StripeKey, "stripe", url.URL{Scheme: "http"}, accepts, "-webhook-url", s.gatewayURL()+"/api/payments/webhook", "-webhook-secret", secret)
	s.onClose(s.stopStandins)
	if err := together(starting); err != nil {
		return err
	}
	s.connect(secret, natsUsers, redisUsers)
	return nil
}

// readEventKeys generates the services' keys together with the broker's data. An older broker has unsigned events, which
// services with keys would refuse, and so may a real one.
func (s *System) readEventKeys() (err error) {
	if len(s.config.EventKeys) > 0 {
		s.settings.EventKeys = s.config.EventKeys
		return nil
	}
	_, noKeys := os.Stat(s.dir.path(eventKeysFile))
	_, noBroker := os.Stat(s.dir.path("nats"))
	if s.config.NATSURL != "" || noKeys != nil && noBroker == nil {
		return nil
	}
	s.settings.EventKeys, err = s.dir.secrets(eventKeysFile, events.NewKey, Services...)
	return err
}

func accepts(addr string) process.Probe { return process.Answers(addr, "", "") }
func greets(addr string) process.Probe  { return process.Answers(addr, "", "INFO ") }
func greetsMail(addr string) process.Probe {
	return process.Answers(addr, "", "220 ")
}
func pongs(addr string) process.Probe { return process.Answers(addr, "PING\r\n", "+PONG") } // not while it loads its files

// redisServer runs Redis with the settings of infra/k8s/expiration-redis-depl.yaml, except for its users.
// Beside the services' users, the default one stays: the probe has no password.
func (s *System) redisServer(addr string) (process.Command, error) {
	host, port, _ := net.SplitHostPort(addr) // it was joined
	users, err := s.dir.secrets(redisUsersFile, password, Services...)
	args := []string{
		"--bind", host, "--port", port, "--dir", s.dir.path("redis"), "--save", "",
		"--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction",
	}
	for _, service := range Services {
		args = append(args, "--user", service, "on", ">"+users[service])
		if service == redisUser {
			args = append(args, "~*", "&*", "+@all")
		} else {
			args = append(args, "~limit:"+service+":*", "+@all", "-@dangerous", "-@admin")
		}
	}
	return process.Command{Path: s.config.RedisServer, Args: args}, err
}

func (s *System) startStandin(ctx context.Context, kind string, at url.URL, probe func(addr string) process.Probe, args ...string) error {
	addr, err := s.config.Ports.Free()
	if err != nil {
		return err
	}
	c := process.Command{Path: s.config.Standin, Args: append([]string{kind, "-addr", addr, "-dir", s.dir.path(kind)}, args...)}
	if kind == "redis" && s.config.RedisServer != "" {
		probe = pongs
		if c, err = s.redisServer(addr); err != nil {
			return err
		}
		if err := os.MkdirAll(s.dir.path(kind), 0o700); err != nil {
			return fmt.Errorf("redis: %w", err)
		}
	}
	at.Host = addr
	p, err := s.start(kind, &at, c, probe(addr))
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.standins[kind] = p
	s.mu.Unlock()
	return s.awaitReady(ctx, p)
}

// connect settles where the services find what they run on.
func (s *System) connect(secret string, natsUsers, redisUsers map[string]string) {
	c := s.config
	s.settings.MongoURI, s.settings.NATSURL, s.settings.RedisAddr = c.MongoURI, c.NATSURL, c.RedisAddr
	s.settings.NATSLogins = shared(Login{c.NATSUser, c.NATSPassword, c.NATSCA})
	s.settings.RedisLogins = shared(Login{c.RedisUsername, c.RedisPassword, c.RedisCA})
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
		s.settings.NATSURL, s.settings.ClusterID = "nats://"+p.url.Host, clusterID
		s.settings.NATSLogins = logins(natsUsers)
	}
	if p := s.standins["redis"]; p != nil {
		s.settings.RedisAddr, s.settings.RedisLogins = p.url.Host, logins(redisUsers)
	}
	if p := s.standins["stripe"]; p != nil {
		s.settings.Stripe = Stripe{Key: sandboxKey, WebhookSecret: secret, URL: p.url.String()}
	}
}
