package system

import (
	"log/slog"
	"strconv"
	"time"
)

// Settings are what the services are configured with.
type Settings struct {
	MongoURI  string
	NATSURL   string
	ClusterID string
	RedisAddr string
	// JWTKey signs the sessions.
	JWTKey            string
	RequireStrongKeys bool
	TrustedProxies    string
	CookieName        string
	Stripe            Stripe
	OrderTTL          time.Duration
	// MaxOpenOrders and MaxUnpaidReservations limit each user. Zero means no limit.
	MaxOpenOrders, MaxUnpaidReservations int
	LogLevel                             slog.Level
}

// Stripe is a Stripe account. Without a URL, it's at Stripe's own API.
type Stripe struct{ Key, WebhookSecret, URL string }

// Environ is the whole environment of a service's process.
func (s Settings) Environ(clientID, port string) []string {
	return []string{
		"PORT=" + port,
		"LOG_LEVEL=" + s.LogLevel.String(),
		"MONGO_URI=" + s.MongoURI,
		"NATS_URL=" + s.NATSURL,
		"NATS_CLUSTER_ID=" + s.ClusterID,
		"NATS_CLIENT_ID=" + clientID,
		"REDIS_ADDR=" + s.RedisAddr,
		"JWT_KEY=" + s.JWTKey,
		"REQUIRE_STRONG_KEYS=" + strconv.FormatBool(s.RequireStrongKeys),
		"TRUSTED_PROXIES=" + s.TrustedProxies,
		"COOKIE_NAME=" + s.CookieName,
		"STRIPE_KEY=" + s.Stripe.Key,
		"STRIPE_WEBHOOK_SECRET=" + s.Stripe.WebhookSecret,
		"STRIPE_API_URL=" + s.Stripe.URL,
		"ORDER_TTL=" + s.OrderTTL.String(),
		"MAX_OPEN_ORDERS=" + strconv.Itoa(s.MaxOpenOrders),
		"MAX_UNPAID_RESERVATIONS=" + strconv.Itoa(s.MaxUnpaidReservations),
	}
}
