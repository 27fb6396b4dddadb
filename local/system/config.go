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
)

const (
	defaultAddr     = "127.0.0.1:0"
	defaultOrderTTL = 15 * time.Minute
	// manifest holds the routes of the gateway, below the root of the repository.
	manifest = "infra/k8s/ingress-srv.yaml"
)

// Config says what to run.
type Config struct {
	// Dir keeps data, keys and logs, and holds run.json while the system runs.
	Dir string
	// Addr is where the gateway listens, such as localhost:8080: unless set, a free port.
	Addr string
	// OrderTTL is how long a ticket stays reserved without a payment: unless set, 15 minutes.
	OrderTTL time.Duration
	// Processes runs each service and each stand-in in a process of its own. One that dies is started
	// again.
	Processes bool
	// Replicas is how many there are of a service, by its name: unless set, one.
	Replicas map[string]int
	// Client is what shows pages: BuiltClient, DevClient, the URL of one that runs already, or NoClient,
	// as when it is not set.
	Client string
	// Environment names real parts to use instead of stand-ins.
	Environment
	// Bin is where the programs are built to run as processes: unless set, bin below Dir.
	Bin string
	// Root is the root of the repository: unless set, it is looked for from the working directory up.
	Root string
	// Progress is told what takes long. Nil is silence.
	Progress io.Writer
	// Errors is told, readably, what somebody should see of the logs: warnings and errors, or with
	// Verbose everything. Nil is silence.
	Errors  io.Writer
	Verbose bool
}

// Environment is what the environment variables say. A part that is not named is a stand-in.
type Environment struct {
	MongoURI string `env:"MONGO_URI"`
	NATSURL  string `env:"NATS_URL"`
	// ClusterID belongs to NATSURL: unless set, ticketing.
	ClusterID string `env:"NATS_CLUSTER_ID"`
	RedisAddr string `env:"REDIS_ADDR"`
	// JWTKey signs the sessions; without one a key is made, once for each data directory.
	JWTKey string `env:"JWT_KEY"`
	// RequireStrongKeys refuses a JWTKey that can be guessed.
	RequireStrongKeys bool `env:"REQUIRE_STRONG_KEYS"`
	// TrustedProxies are those that the gateway believes about what a visitor asked for. The client, which
	// asks the gateway for its visitors, is one.
	TrustedProxies forwarded.Proxies `env:"TRUSTED_PROXIES" envDefault:"127.0.0.0/8,::1/128"`
	StripeKey      string            `env:"STRIPE_KEY"`
	// StripeWebhookSecret and StripeAPIURL belong to StripeKey.
	StripeWebhookSecret string `env:"STRIPE_WEBHOOK_SECRET"`
	StripeAPIURL        string `env:"STRIPE_API_URL"`
	// StripePublishableKey is what the client shows Stripe's own form for cards with.
	StripePublishableKey string `env:"STRIPE_PUBLISHABLE_KEY"`
	// Standin is the program of the stand-ins (local/cmd/standin) for those that run as processes: unless
	// set, it is built.
	Standin  string     `env:"STANDIN"`
	LogLevel slog.Level `env:"LOG_LEVEL"`
}

// ReadEnvironment reads the environment variables of this process.
func ReadEnvironment() (Environment, error) { return env.ParseAs[Environment]() }

func (c *Config) setDefaults() {
	if c.Addr == "" {
		c.Addr = defaultAddr
	}
	if c.OrderTTL == 0 {
		c.OrderTTL = defaultOrderTTL
	}
	if c.Progress == nil {
		c.Progress = io.Discard
	}
	if c.Errors == nil {
		c.Errors = io.Discard
	}
}

// check finds what can be known to be wrong before anything is started, and the repository.
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

// namesNoDatabase keeps the services apart: with a database in the URI they would all use that one.
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
