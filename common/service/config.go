package service

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/caarlos0/env/v11"
)

// Config is what every service reads from its environment. Each service's configuration embeds it.
type Config struct {
	// Port is the HTTP port.
	Port int `env:"PORT" envDefault:"3000"`
	// LogLevel is debug, info, warn or error. debug shows every request.
	LogLevel slog.Level `env:"LOG_LEVEL" envDefault:"info"`
	// PprofAddr is a loopback address for Go's profiles, such as 127.0.0.1:6060. With port 0, the log has the
	// address. Empty means no profiles.
	PprofAddr string `env:"PPROF_ADDR"`
	// MetricsAddr is where Prometheus finds /metrics, such as :9464. Empty means that nothing is measured.
	MetricsAddr string `env:"METRICS_ADDR"`
}

func (c Config) base() Config { return c }

// configuration is a pointer to a struct that embeds Config.
type configuration interface{ base() Config }

// load reads a configuration from the environment by its `env` tags. The error lists everything that is missing
// or wrong, one per line.
func load(c configuration) error {
	err := env.Parse(c)
	if all, ok := errors.AsType[env.AggregateError](err); ok {
		return fmt.Errorf("configuration: %w", errors.Join(all.Errors...))
	}
	return err
}
