package system

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"go.mongodb.org/mongo-driver/x/mongo/driver/connstring"

	"ticketing.dev/common/forwarded"
	"ticketing.dev/common/process"
)

const (
	defaultAddr     = "127.0.0.1:0"
	defaultOrderTTL = 15 * time.Minute
	// defaultLongestPause is short enough to see that a part recovers.
	defaultLongestPause = 5 * time.Second
	// manifest has the gateway's routes, below the root of the repository.
	manifest = "infra/k8s/ingress-srv.yaml"
)

// Config says what to run.
type Config struct {
	// Dir has the data, keys, and logs, and run.json while the system runs.
	Dir string
	// Addr is where the gateway listens, such as localhost:8080. The default is a free port.
	Addr string
	// OrderTTL is how long a ticket stays reserved without a payment. The default is 15 minutes.
	OrderTTL time.Duration
	// Replicas is how many replicas of a service run, by its name. The default is one.
	Replicas map[string]int
	// Replica, if set, returns the settings of a replica, such as orders-2, and more of its environment. It's given
	// the settings that all share.
	Replica func(name string, shared Settings) (s Settings, environ []string, err error)
	// RedisServer is the program to run in place of Redis's stand-in.
	RedisServer string
	// LongestPause is how long a process that keeps dying young waits for its next start. The default is 5 seconds.
	LongestPause time.Duration
	// Ports hands out the ports. Systems that start side by side can share one.
	Ports *process.Ports
	// Client is BuiltClient, DevClient, the URL of a client that's already running, or NoClient, the default.
	Client string
	// Environment names real servers to use instead of stand-ins.
	Environment
	// Root is the root of the repository. By default it's looked for from the working directory up.
	Root string
	// Bin has the programs. By default they're built into .bin below Root, where the next start finds them.
	Bin string
	// Progress hears of what takes long. Nil discards.
	Progress io.Writer
	// Errors gets warnings and errors from the logs in readable form, or everything if Verbose. Nil discards.
	Errors  io.Writer
	Verbose bool
}

// Environment is the configuration from environment variables. Parts that it doesn't name are stand-ins.
type Environment struct {
	MongoURI string `env:"MONGO_URI"`
	NATSURL  string `env:"NATS_URL"`
	// ClusterID belongs to NATSURL. The default is ticketing.
	ClusterID string `env:"NATS_CLUSTER_ID"`
	// NATSUser, NATSPassword and NATSCA belong to NATSURL. All services share the user.
	NATSUser     string `env:"NATS_USER"`
	NATSPassword string `env:"NATS_PASSWORD"`
	NATSCA       string `env:"NATS_CA"`
	// EventKeys are the services' private keys, as auth:base64,orders:base64. By default a data directory has its own,
	// and events at a real broker are unsigned.
	EventKeys map[string]string `env:"EVENT_KEYS"`
	RedisAddr string            `env:"REDIS_ADDR"`
	// RedisUsername, RedisPassword and RedisCA belong to RedisAddr.
	RedisUsername string `env:"REDIS_USERNAME"`
	RedisPassword string `env:"REDIS_PASSWORD"`
	RedisCA       string `env:"REDIS_CA"`
	// MaxOpenOrders and MaxUnpaidReservations limit each user. Zero means no limit.
	MaxOpenOrders         int `env:"MAX_OPEN_ORDERS" envDefault:"4"`
	MaxUnpaidReservations int `env:"MAX_UNPAID_RESERVATIONS" envDefault:"3"`
	// JWTKey signs the sessions. By default each data directory has a key of its own.
	JWTKey string `env:"JWT_KEY"`
	// JWTKeyPrevious only verifies them, as after JWTKey has been replaced.
	JWTKeyPrevious string `env:"JWT_KEY_PREVIOUS"`
	// SessionIdle and SessionAbsolute are how long sessions last. By default, the services decide.
	SessionIdle     time.Duration `env:"SESSION_IDLE_TIMEOUT"`
	SessionAbsolute time.Duration `env:"SESSION_ABSOLUTE_TIMEOUT"`
	// TicketKey encrypts what buyers get, instead of JWTKey. TicketKeyPrevious only decrypts.
	TicketKey         string `env:"TICKET_KEY"`
	TicketKeyPrevious string `env:"TICKET_KEY_PREVIOUS"`
	// RequireStrongKeys refuses a JWTKey that can be guessed.
	RequireStrongKeys bool `env:"REQUIRE_STRONG_KEYS"`
	// TrustedProxies may tell the gateway what a visitor asked for. The client, which calls the gateway for its
	// visitors, is one of them.
	TrustedProxies forwarded.Proxies `env:"TRUSTED_PROXIES" envDefault:"127.0.0.0/8,::1/128"`
	// GatewayHosts are names under which the gateway answers, besides localhost and addresses.
	GatewayHosts []string `env:"GATEWAY_HOSTS" envDefault:"ticketing.dev"`
	StripeKey    string   `env:"STRIPE_KEY"`
	// StripeWebhookSecret and StripeAPIURL belong to StripeKey.
	StripeWebhookSecret string `env:"STRIPE_WEBHOOK_SECRET"`
	StripeAPIURL        string `env:"STRIPE_API_URL"`
	// StripePublishableKey is for Stripe's card form in the client.
	StripePublishableKey string `env:"STRIPE_PUBLISHABLE_KEY"`
	// SMTP is the server that mail is sent by.
	SMTP SMTP
	// SiteURL is where the links in mails lead. The default is the gateway.
	SiteURL string `env:"SITE_URL"`
	// Standin is the program of the stand-ins (local/cmd/standin). By default it's built.
	Standin  string     `env:"STANDIN"`
	LogLevel slog.Level `env:"LOG_LEVEL"`
	// PprofAddr makes each service serve Go's profiles. All get the same address, so its port is 0.
	PprofAddr string `env:"PPROF_ADDR"`
	Limits    Limits
}

// ReadEnvironment reads this process's environment variables.
func ReadEnvironment() (Environment, error) { return env.ParseAs[Environment]() }

func (c *Config) setDefaults() {
	if c.Addr == "" {
		c.Addr = defaultAddr
	}
	if c.OrderTTL == 0 {
		c.OrderTTL = defaultOrderTTL
	}
	if c.LongestPause == 0 {
		c.LongestPause = defaultLongestPause
	}
	if c.Ports == nil {
		c.Ports = process.NewPorts()
	}
	if c.Progress == nil {
		c.Progress = io.Discard
	}
	if c.Errors == nil {
		c.Errors = io.Discard
	}
}

// check finds the repository, and what's wrong before anything is started.
func (c *Config) check() (err error) {
	if c.Dir == "" {
		return errors.New("no data directory is named")
	}
	if c.OrderTTL < 0 {
		return fmt.Errorf("orders cannot live for %v", c.OrderTTL)
	}
	for name, n := range c.Replicas {
		if !slices.Contains(Services, name) {
			return fmt.Errorf("replicas of %q: the services are %s", name, strings.Join(Services, ", "))
		}
		if n < 1 {
			return fmt.Errorf("%d replicas of %s: there must be one", n, name)
		}
	}
	if c.MongoURI != "" {
		if err := namesNoDatabase(c.MongoURI); err != nil {
			return err
		}
	}
	if c.Root == "" {
		if c.Root, err = FindRoot(); err != nil {
			return err
		}
	}
	return c.checkClient()
}

// namesNoDatabase refuses a URI with a database, which all services would share.
func namesNoDatabase(uri string) error {
	parsed, err := connstring.ParseAndValidate(uri)
	if err != nil {
		return fmt.Errorf("MONGO_URI: %w", err)
	}
	if parsed.Database != "" {
		return fmt.Errorf("MONGO_URI names the database %s, but each service has its own", parsed.Database)
	}
	return nil
}

// FindRoot looks for the repository from the working directory up.
func FindRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, manifest)); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is not in the repository: no %s from there up", start, manifest)
		}
	}
}

func (c *Config) replicas(service string) int { return max(1, c.Replicas[service]) }
