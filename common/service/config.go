package service

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/caarlos0/env/v11"
)

// Config is what every service reads from its environment. A service's own configuration embeds it.
type Config struct {
	// Port is where HTTP is served.
	Port int `env:"PORT" envDefault:"3000"`
	// LogLevel is debug, info, warn or error. debug shows every request.
	LogLevel slog.Level `env:"LOG_LEVEL" envDefault:"info"`
}

func (c Config) base() Config { return c }

type configuration interface{ base() Config }

// load reads a configuration from the environment by its `env` tags. The error names all that is
// missing or wrong at once, a line each.
func load[C any]() (C, error) {
	c, err := env.ParseAs[C]()
	if all, ok := errors.AsType[env.AggregateError](err); ok {
		return c, fmt.Errorf("configuration: %w", errors.Join(all.Errors...))
	}
	return c, err
}
