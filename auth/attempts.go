package auth

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"ticketing.dev/common/ratelimit"
)

// attempts limit guessing and floods. They count before the database is read or a password is hashed, and a sign-in
// that succeeds is given back.
//
// No limit locks an owner out: attackers elsewhere slow down an account's sign-ins from new devices to one every
// half minute, and never those from a device that has signed in before.
type attempts struct {
	// guesses are the passwords for one account from one network, deviceGuesses those from one known device.
	guesses, deviceGuesses ratelimit.Limit
	// account, network and all count sign-ins from unknown devices: for one account, from one network, in all.
	account, network, all ratelimit.Limit
	// signUps are those from one network, allSignUps in all.
	signUps, allSignUps ratelimit.Limit
	// resets are links for a new password that are asked for or used, by account; resetsByNetwork those from one network.
	resets, resetsByNetwork ratelimit.Limit
}

// newAttempts returns the limits, which replicas have together if shared isn't nil.
func newAttempts(c ratelimit.Config, shared *ratelimit.Shared, now func() time.Time) attempts {
	return attempts{
		guesses:         shared.Limit("guesses", c.NewDelay(10, 15*time.Minute, now)),
		deviceGuesses:   shared.Limit("device-guesses", c.NewDelay(10, time.Minute, now)),
		account:         shared.Limit("account", c.NewBucket(100, 30*time.Second, now)),
		network:         shared.Limit("network", c.NewBucket(100, 6*time.Second, now)),
		all:             shared.Limit("all", c.NewBucket(300, 50*time.Millisecond, now)),
		signUps:         shared.Limit("sign-ups", c.NewBucket(1000, time.Second, now)),
		allSignUps:      shared.Limit("all-sign-ups", c.NewBucket(2000, 100*time.Millisecond, now)),
		resets:          shared.Limit("resets", c.NewBucket(5, 5*time.Minute, now)),
		resetsByNetwork: shared.Limit("resets-by-network", c.NewBucket(100, 10*time.Second, now)),
	}
}

// newSigningIn lets one network have a quarter of the places in the hasher's queue. Without that, a flood from one
// network fills the queue before its limit per minute is used up, and the service refuses all other sign-ins.
func newSigningIn(workers int, c ratelimit.Config) *ratelimit.Seats[netip.Prefix] {
	seats := &ratelimit.Seats[netip.Prefix]{Refusal: ErrBusy}
	if c.Factor > 0 {
		seats.MaxEach = workers * queuePerWorker / 4
	}
	return seats
}

// countSignIn counts a sign-in.
func (s *Service) countSignIn(r *http.Request, c Credentials) (giveBack func(), err error) {
	account := c.account()
	if device := s.sessions.Device(r, account); device != "" {
		return ratelimit.Take(ratelimit.Attempt{Limit: s.attempts.deviceGuesses, Key: device})
	}
	network := s.sessions.Proxies().Network(r).String()
	return ratelimit.Take(
		ratelimit.Attempt{Limit: s.attempts.guesses, Key: network + " " + account},
		ratelimit.Attempt{Limit: s.attempts.network, Key: network},
		ratelimit.Attempt{Limit: s.attempts.account, Key: account},
		ratelimit.Attempt{Limit: s.attempts.all},
	)
}

// countSignUp counts a sign-up, whatever becomes of it.
func (s *Service) countSignUp(r *http.Request) error {
	_, err := ratelimit.Take(
		ratelimit.Attempt{Limit: s.attempts.signUps, Key: s.sessions.Proxies().Network(r).String()},
		ratelimit.Attempt{Limit: s.attempts.allSignUps},
	)
	return err
}

// account names the account that is meant, however its email is typed. It's bounded, since it's a key in memory.
func (c Credentials) account() string {
	if email := parseEmail(c.Email); email != "" {
		return string(email)
	}
	typed := strings.ToLower(strings.TrimSpace(c.Email))
	return typed[:min(len(typed), maxLocal)]
}
