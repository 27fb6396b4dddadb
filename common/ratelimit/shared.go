package ratelimit

import (
	"context"
	_ "embed"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"ticketing.dev/common/outage"
)

const (
	// sharedTimeout bounds each call. Redis usually takes less than a millisecond.
	sharedTimeout = 100 * time.Millisecond
	// sharedPause is how long processes count by themselves after a failed call.
	sharedPause = time.Second
	// sharedConnections bounds the connections of a process. A call holds one for a fraction of a millisecond.
	sharedConnections = 16
)

// Shared counts attempts in a Redis, so that all replicas of a service have a limit together. While Redis is away,
// each process counts by itself. A nil Shared never counts in a Redis.
type Shared struct {
	pool   *redis.Pool
	prefix string
	outage *outage.Outage
	// pausedUntil is when Redis may be called again after a failure, in Unix nanoseconds.
	pausedUntil atomic.Int64
}

// Connect returns the Shared of a service, or nil if the configuration names no Redis, which doesn't have to be up. It
// fails if the certificates of Redis can't be read.
func (c Config) Connect(service string, log *slog.Logger) (*Shared, error) {
	if c.RedisAddr == "" {
		return nil, nil
	}
	encryption, err := c.Redis.TLS()
	if err != nil {
		return nil, err
	}
	options := []redis.DialOption{
		redis.DialClientName(service), redis.DialUsername(c.Redis.Username), redis.DialPassword(c.Redis.Password),
		redis.DialUseTLS(encryption != nil), redis.DialTLSConfig(encryption),
		redis.DialConnectTimeout(sharedTimeout), redis.DialReadTimeout(sharedTimeout), redis.DialWriteTimeout(sharedTimeout),
	}
	pool := &redis.Pool{
		MaxIdle: sharedConnections, MaxActive: sharedConnections, Wait: true,
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			return redis.DialContext(ctx, "tcp", c.RedisAddr, options...)
		},
	}
	return &Shared{pool: pool, prefix: "limit:" + service + ":", outage: outage.New(log,
		"rate limits: Redis unavailable, so each process counts by itself", "rate limits: Redis available again")}, nil
}

// Close ends the connections.
func (s *Shared) Close() error {
	if s == nil {
		return nil
	}
	return s.pool.Close()
}

// Limit makes processes count together for a limit. Each process goes on counting by itself as well: what it refuses
// by itself costs Redis nothing, and its counts are there when Redis isn't.
func (s *Shared) Limit(name string, own Limit) Limit {
	rule, ok := own.(rule)
	if s == nil || !ok {
		return own
	}
	return &sharedLimit{Shared: s, own: own, rule: rule, prefix: s.prefix + name + ":"}
}

// rule is a limit that Redis can count for.
type rule interface {
	Limit
	// script counts in Redis, with these arguments.
	script() (script *redis.Script, args []any)
}

//go:embed bucket.lua
var bucketSource string

//go:embed delay.lua
var delaySource string

var bucketScript, delayScript = redis.NewScript(1, bucketSource), redis.NewScript(1, delaySource)

func (b *Bucket) script() (*redis.Script, []any) {
	return bucketScript, []any{b.burst.Microseconds(), b.every.Microseconds()}
}

func (d *Delay) script() (*redis.Script, []any) {
	return delayScript, []any{d.free, d.first.Microseconds(), d.longest.Microseconds()}
}

type sharedLimit struct {
	*Shared
	own    Limit
	rule   rule
	prefix string
}

// Take counts an attempt.
func (l *sharedLimit) Take(key string) (giveBack func(), wait time.Duration) {
	ownBack, wait := l.own.Take(key)
	if wait > 0 {
		return nil, wait
	}
	taken, ok := l.run(key, "take")
	if !ok {
		return ownBack, 0
	}
	if wait := time.Duration(taken[0]) * time.Microsecond; wait > 0 {
		ownBack()
		return nil, wait
	}
	return func() {
		ownBack()
		_, _ = l.run(key, "giveBack", taken[1:]...) // if Redis is away, the attempt stays counted there
	}, 0
}

// run calls the script, unless Redis has just failed.
func (l *sharedLimit) run(key, what string, given ...int64) (answer []int64, ok bool) {
	if time.Now().UnixNano() < l.pausedUntil.Load() {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), sharedTimeout)
	defer cancel()
	script, args := l.rule.script()
	args = append(append([]any{l.prefix + key}, args...), what)
	for _, n := range given {
		args = append(args, n)
	}
	answer, err := l.call(ctx, script, args)
	l.outage.Report(err)
	if err != nil {
		l.pausedUntil.Store(time.Now().Add(sharedPause).UnixNano())
		return nil, false
	}
	return answer, true
}

// call runs a script, whose first argument is its key.
func (s *Shared) call(ctx context.Context, script *redis.Script, args []any) ([]int64, error) {
	conn, err := s.pool.GetContext(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	answer, err := redis.Int64s(script.DoContext(ctx, conn, args...))
	if err == nil && len(answer) == 0 {
		err = errors.New("the script returned nothing")
	}
	return answer, err
}
