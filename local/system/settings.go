package system

import (
	"log/slog"
	"strconv"
	"time"

	"ticketing.dev/common/bus/stan"
	"ticketing.dev/common/mongodb"
	"ticketing.dev/common/session"
	"ticketing.dev/payments"
)

// settings are what the services are configured with.
type settings struct {
	mongo     mongodb.Config
	nats      stan.Config
	redisAddr string
	session   session.Config
	stripe    payments.StripeConfig
	orderTTL  time.Duration
	logLevel  slog.Level
}

// environ is the whole environment of a service's process.
func (s settings) environ(name string, port int) []string {
	return []string{
		"PORT=" + strconv.Itoa(port),
		"LOG_LEVEL=" + s.logLevel.String(),
		"MONGO_URI=" + s.mongo.URI,
		"NATS_URL=" + s.nats.URL,
		"NATS_CLUSTER_ID=" + s.nats.ClusterID,
		"NATS_CLIENT_ID=" + name,
		"REDIS_ADDR=" + s.redisAddr,
		"JWT_KEY=" + s.session.Key,
		"REQUIRE_STRONG_KEYS=" + strconv.FormatBool(s.session.RequireStrong),
		"STRIPE_KEY=" + s.stripe.Key,
		"STRIPE_WEBHOOK_SECRET=" + s.stripe.WebhookSecret,
		"STRIPE_API_URL=" + s.stripe.URL,
		"ORDER_TTL=" + s.orderTTL.String(),
	}
}
