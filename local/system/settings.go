package system

import (
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"ticketing.dev/common/events"
)

// Settings are what the services are configured with.
type Settings struct {
	MongoURI  string
	NATSURL   string
	ClusterID string
	RedisAddr string
	// NATSLogins and RedisLogins are by service. A service without one connects without a password.
	NATSLogins, RedisLogins map[string]Login
	// EventKeys sign each service's events. Without them, events are unsigned.
	EventKeys map[string]string
	// JWTKey signs the sessions.
	JWTKey string
	// JWTKeyPrevious only verifies them.
	JWTKeyPrevious string
	// TicketKey and TicketKeyPrevious are for what buyers get. Without them, JWTKey is.
	TicketKey, TicketKeyPrevious string

	RequireStrongKeys bool
	TrustedProxies    string
	CookieName        string
	Stripe            Stripe
	SMTP              SMTP
	// SiteURL is where the links in mails lead.
	SiteURL  string
	OrderTTL time.Duration
	// MaxOpenOrders and MaxUnpaidReservations limit each user. Zero means no limit.
	MaxOpenOrders, MaxUnpaidReservations int
	// SessionIdle and SessionAbsolute are how long sessions last. Zero means the services' default.
	SessionIdle, SessionAbsolute time.Duration
	LogLevel                     slog.Level
	PprofAddr                    string
	Limits                       Limits
}

// Login is how a service connects to a store. CA is a file with certificates, for TLS.
type Login struct{ User, Password, CA string }

// logins are those of a stand-in, whose users are named like the services.
func logins(passwords map[string]string) map[string]Login {
	all := make(map[string]Login)
	for name, password := range passwords {
		all[name] = Login{User: name, Password: password}
	}
	return all
}

// shared is one login for all services, at a real server.
func shared(l Login) map[string]Login {
	all := make(map[string]Login)
	for _, name := range Services {
		all[name] = l
	}
	return all
}

// Stripe is a Stripe account. Without a URL, it's at Stripe's own API.
type Stripe struct{ Key, WebhookSecret, URL string }

// SMTP is a mail server, as auth reads it.
type SMTP struct {
	Host     string `env:"SMTP_HOST"`
	Port     string `env:"SMTP_PORT"`
	User     string `env:"SMTP_USER"`
	Password string `env:"SMTP_PASSWORD"`
	TLS      string `env:"SMTP_TLS"`
	From     string `env:"MAIL_FROM"`
}

// Limits bound what clients may do. Empty ones have the services' own defaults.
type Limits struct {
	RateFactor           string `env:"RATE_LIMIT_FACTOR"`
	WritesPerUser        string `env:"WRITES_PER_USER"`
	WritesPerAddress     string `env:"WRITES_PER_ADDRESS"`
	StreamsMax           string `env:"STREAMS_MAX"`
	StreamsMaxPerAddress string `env:"STREAMS_MAX_PER_ADDRESS"`
}

// Environ is the whole environment of a service's process. Each service gets only the variables and secrets that
// it reads.
func (s Settings) Environ(service, clientID, port string) []string {
	env := []string{
		"PORT=" + port,
		"LOG_LEVEL=" + s.LogLevel.String(),
		"GOMAXPROCS=" + strconv.Itoa(share(runtime.NumCPU())),
		"GOGC=400", // the heap stays at a few MiB, so collecting it less often costs little memory
		"NATS_URL=" + s.NATSURL, "NATS_CLUSTER_ID=" + s.ClusterID, "NATS_CLIENT_ID=" + clientID,
	}
	nats, redis := s.NATSLogins[service], s.RedisLogins[service]
	env = given(env, "NATS_USER", nats.User)
	env = given(env, "NATS_PASSWORD", nats.Password)
	env = given(env, "NATS_CA", nats.CA)
	env = given(env, "EVENT_KEY", s.EventKeys[service])
	env = given(env, "EVENT_PUBLIC_KEYS", s.publicKeys())
	if service == "expiration" {
		env = append(env, "REDIS_ADDR="+s.RedisAddr)
	} else {
		env = given(env, "REDIS_ADDR", s.RedisAddr)
	}
	env = given(env, "REDIS_USERNAME", redis.User)
	env = given(env, "REDIS_PASSWORD", redis.Password)
	env = given(env, "REDIS_CA", redis.CA)
	env = given(env, "PPROF_ADDR", s.PprofAddr)
	if service != "expiration" {
		env = append(env,
			"MONGO_URI="+s.MongoURI,
			"JWT_KEY="+s.JWTKey,
			"REQUIRE_STRONG_KEYS="+strconv.FormatBool(s.RequireStrongKeys),
			"TRUSTED_PROXIES="+s.TrustedProxies,
			"COOKIE_NAME="+s.CookieName)
		env = given(env, "JWT_KEY_PREVIOUS", s.JWTKeyPrevious)
		env = given(env, "SESSION_IDLE_TIMEOUT", duration(s.SessionIdle))
		env = given(env, "SESSION_ABSOLUTE_TIMEOUT", duration(s.SessionAbsolute))
		env = given(env, "RATE_LIMIT_FACTOR", s.Limits.RateFactor)
		env = given(env, "WRITES_PER_USER", s.Limits.WritesPerUser)
		env = given(env, "WRITES_PER_ADDRESS", s.Limits.WritesPerAddress)
	}
	switch service {
	case "auth":
		env = given(env, "SITE_URL", s.SiteURL)
		env = given(env, "SMTP_HOST", s.SMTP.Host)
		env = given(env, "SMTP_PORT", s.SMTP.Port)
		env = given(env, "SMTP_USER", s.SMTP.User)
		env = given(env, "SMTP_PASSWORD", s.SMTP.Password)
		env = given(env, "SMTP_TLS", s.SMTP.TLS)
		env = given(env, "MAIL_FROM", s.SMTP.From)
	case "tickets":
		env = given(env, "TICKET_KEY", s.TicketKey)
		env = given(env, "TICKET_KEY_PREVIOUS", s.TicketKeyPrevious)
		env = given(env, "STREAMS_MAX", s.Limits.StreamsMax)
		env = given(env, "STREAMS_MAX_PER_ADDRESS", s.Limits.StreamsMaxPerAddress)
	case "orders":
		env = append(env,
			"ORDER_TTL="+s.OrderTTL.String(),
			"MAX_OPEN_ORDERS="+strconv.Itoa(s.MaxOpenOrders),
			"MAX_UNPAID_RESERVATIONS="+strconv.Itoa(s.MaxUnpaidReservations))
	case "payments":
		env = append(env,
			"STRIPE_KEY="+s.Stripe.Key, "STRIPE_WEBHOOK_SECRET="+s.Stripe.WebhookSecret, "STRIPE_API_URL="+s.Stripe.URL)
	}
	return env
}

func (s Settings) publicKeys() string {
	var all []string
	for _, service := range slices.Sorted(maps.Keys(s.EventKeys)) {
		if key, err := events.PublicKey(service, s.EventKeys[service]); err == nil { // else the service says what's wrong with it
			all = append(all, key)
		}
	}
	return strings.Join(all, ",")
}

// given adds a variable that has a value.
func given(env []string, name, value string) []string {
	if value == "" {
		return env
	}
	return append(env, name+"="+value)
}

// duration is empty for zero.
func duration(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// share is how many of a machine's cores a service uses at once. All parts of the system run side by side, so more
// would only make their schedulers compete.
func share(cores int) int { return max(1, cores/4) }
