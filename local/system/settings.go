package system

import (
	"log/slog"
	"runtime"
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
	LogLevel          slog.Level
	PprofAddr         string
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
		"PPROF_ADDR=" + s.PprofAddr,
		"GOMAXPROCS=" + strconv.Itoa(share(runtime.NumCPU())),
		"GOGC=400", // the heap stays at a few MiB, so collecting it less often costs little memory
	}
}

// share is how many of a machine's cores a service uses at once. All parts of the system run side by side, so more
// would only make their schedulers compete.
func share(cores int) int { return max(1, cores/4) }
