package expiration

import (
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

const (
	// redisTimeout ends each step of a call: waiting for a connection, making one, writing, reading.
	// With its one retry a call to a Redis that does not answer ends in about five seconds, and a
	// handler that makes two ends before the bus gives its message to somebody else.
	redisTimeout = 2 * time.Second
	// redisBackoff comes before the retry. It also keeps asynq, which asks again at once after an
	// error, from spinning while Redis is away.
	redisBackoff = 250 * time.Millisecond
)

// Connect makes a client for the Redis at addr, host:port, which need not be there yet. No call of it
// lasts long: asynq makes most of them without a deadline.
func Connect(addr string) *redis.Client {
	logging.Disable() // go-redis writes to stderr what its callers are told as well
	return redis.NewClient(&redis.Options{
		Addr:                  addr,
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
	})
}
