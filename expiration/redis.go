package expiration

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"ticketing.dev/common/outage"
	"ticketing.dev/common/redisdb"
)

const (
	// redisTimeout bounds each step of a call: waiting for a connection, dialing, writing, reading. With one retry,
	// a call takes at most about five seconds, and a handler that makes two ends before its message is redelivered.
	redisTimeout = 2 * time.Second
	// redisBackoff precedes the retry. It also keeps asynq, which retries immediately, from spinning during an outage.
	redisBackoff = 250 * time.Millisecond
)

// Redis is where the timers are stored.
type Redis struct {
	// Addr is host:port.
	Addr string `env:"REDIS_ADDR,required,notEmpty"`
	redisdb.Login
}

// Connect returns a client, whose server doesn't have to be up yet. Its timeouts bound every call, since asynq makes
// most of them without a deadline. It fails if the certificates can't be read.
func Connect(r Redis) (*redis.Client, error) {
	encryption, err := r.TLS()
	if err != nil {
		return nil, err
	}
	logging.Disable() // go-redis also logs the errors that it returns
	return redis.NewClient(&redis.Options{
		Addr:                  r.Addr,
		Username:              r.Username,
		Password:              r.Password,
		TLSConfig:             encryption,
		ClientName:            "expiration",
		DialTimeout:           redisTimeout,
		DialerRetries:         1,
		ReadTimeout:           redisTimeout,
		WriteTimeout:          redisTimeout,
		PoolTimeout:           redisTimeout,
		ContextTimeoutEnabled: true,
		MaxRetries:            1,
		MinRetryBackoff:       redisBackoff,
		MaxRetryBackoff:       2 * redisBackoff,
	}), nil
}

// logger forwards asynq's log. During a Redis outage, which is already logged, asynq repeats errors several times a
// second: they go to the debug level.
type logger struct {
	log    *slog.Logger
	outage *outage.Outage
}

func (l logger) Debug(args ...any) { l.write(slog.LevelDebug, args) }
func (l logger) Info(args ...any)  { l.write(slog.LevelInfo, args) }
func (l logger) Warn(args ...any)  { l.write(slog.LevelWarn, args) }
func (l logger) Error(args ...any) { l.write(slog.LevelError, args) }

// Fatal doesn't end the process. asynq doesn't call it.
func (l logger) Fatal(args ...any) { l.write(slog.LevelError, args) }

func (l logger) write(level slog.Level, args []any) {
	if l.outage.On() {
		level = slog.LevelDebug
	}
	l.log.Log(context.Background(), level, "asynq: "+fmt.Sprint(args...))
}
