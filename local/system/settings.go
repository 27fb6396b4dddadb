package system

import (
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/forwarded"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/session"
	"ticketing.dev/payments"
)

// Settings are what the services are configured with.
type Settings struct {
	Mongo     mongodb.Config
	NATS      stan.Config
	RedisAddr string
	Session   session.Config
	Stripe    payments.StripeConfig
	OrderTTL  time.Duration
	LogLevel  slog.Level
}

// Environ is the whole environment of a service's process that listens on a port.
func (s Settings) Environ(name string, port int) []string {
	return []string{
		"PORT=" + strconv.Itoa(port),
		"LOG_LEVEL=" + s.LogLevel.String(),
		"MONGO_URI=" + s.Mongo.URI,
		"NATS_URL=" + s.NATS.URL,
		"NATS_CLUSTER_ID=" + s.NATS.ClusterID,
		"NATS_CLIENT_ID=" + name,
		"REDIS_ADDR=" + s.RedisAddr,
		"JWT_KEY=" + s.Session.Key,
		"REQUIRE_STRONG_KEYS=" + strconv.FormatBool(s.Session.RequireStrong),
		"TRUSTED_PROXIES=" + list(s.Session.Proxies),
		"COOKIE_NAME=" + s.Session.CookieName,
		"STRIPE_KEY=" + s.Stripe.Key,
		"STRIPE_WEBHOOK_SECRET=" + s.Stripe.WebhookSecret,
		"STRIPE_API_URL=" + s.Stripe.URL,
		"ORDER_TTL=" + s.OrderTTL.String(),
	}
}

// loopback is where the gateway asks the services from.
var loopback = forwarded.Proxies{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func list(proxies forwarded.Proxies) string {
	networks := make([]string, len(proxies))
	for i, p := range proxies {
		networks[i] = p.String()
	}
	return strings.Join(networks, ",")
}
