// Package ratelimit bounds how often something may happen: by user, by address, by account, or in all. Processes
// count together in a Redis if they have one (Shared), and otherwise each for itself.
//
// Every attempt counts before its work begins, so concurrent attempts can't slip through together. An attempt that
// turns out to be harmless, such as a sign-in with the right password, can be given back.
package ratelimit

import (
	"fmt"
	"time"

	"ticketing.dev/common/problem"
	"ticketing.dev/common/redisdb"
)

// Config is read from the environment of every service that limits requests.
type Config struct {
	// Factor multiplies every limit: 10 allows ten times as much. 0 lifts all of them, as for a load test.
	Factor int `env:"RATE_LIMIT_FACTOR" envDefault:"1"`
	// RedisAddr is the host:port of a Redis in which all replicas count together. Without it, each counts on its own.
	RedisAddr string `env:"REDIS_ADDR"`
	Redis     redisdb.Login
}

// maxKeys bounds the memory of a limit.
const maxKeys = 100_000

// Refused is the error for an attempt that came too early.
func Refused(wait time.Duration) error {
	seconds := int((wait + time.Second - 1) / time.Second)
	unit := "seconds"
	if seconds == 1 {
		unit = "second"
	}
	text := fmt.Sprintf("Too many attempts. Try again in %d %s.", seconds, unit)
	if seconds > 120 {
		text = fmt.Sprintf("Too many attempts. Try again in %d minutes.", (seconds+59)/60)
	}
	return &problem.Error{
		Kind:       problem.TooMany,
		Details:    []problem.Detail{{Message: text}},
		RetryAfter: time.Duration(seconds) * time.Second,
	}
}

// Limit decides whether an attempt of a key may go ahead now.
type Limit interface {
	// Take counts an attempt. If it's too early, nothing is counted, and wait is when to come back. giveBack
	// uncounts the attempt.
	Take(key string) (giveBack func(), wait time.Duration)
}

// Attempt is one limit that applies to an attempt.
type Attempt struct {
	Limit Limit
	Key   string
}

// Take takes from all limits or, if one refuses, from none. A nil Limit allows everything.
func Take(attempts ...Attempt) (giveBack func(), err error) {
	var taken []func()
	giveBack = func() {
		for _, undo := range taken {
			undo()
		}
	}
	for _, a := range attempts {
		if a.Limit == nil {
			continue
		}
		undo, wait := a.Limit.Take(a.Key)
		if wait > 0 {
			giveBack()
			return nil, Refused(wait)
		}
		taken = append(taken, undo)
	}
	return giveBack, nil
}

// sample is how many keys are looked at to make room for another one.
const sample = 8

// makeRoom keeps keys below maxKeys. It looks at a few keys at random, deletes those that have ended, and otherwise
// the one that ends first, so that a flood of keys costs little and rarely displaces the ones that matter.
func makeRoom[V any](keys map[string]V, now time.Time, end func(V) time.Time) {
	if len(keys) < maxKeys {
		return
	}
	first, firstEnd, looked := "", time.Time{}, 0
	for key, v := range keys { // in random order
		ends := end(v)
		if !ends.After(now) {
			delete(keys, key)
		} else if first == "" || ends.Before(firstEnd) {
			first, firstEnd = key, ends
		}
		if looked++; looked == sample {
			break
		}
	}
	if len(keys) >= maxKeys {
		delete(keys, first)
	}
}
