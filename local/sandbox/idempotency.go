package sandbox

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// Stripe: https://docs.stripe.com/api/idempotent_requests. "Stripe's idempotency
// works by saving the resulting status code and body of the first request made for
// any given idempotency key, regardless of whether it succeeds or fails.
// Subsequent requests with the same key return the same result, including 500
// errors." Keys are removed after 24 hours.
const keyLifetime = 24 * time.Hour

// storedAnswer is the response to the first request with an idempotency key.
type storedAnswer struct {
	Path    string    `json:"path"`
	Form    string    `json:"form"` // its parameters, sorted
	Created time.Time `json:"created"`
	Answer  answer    `json:"answer"`
}

func (a storedAnswer) expired(now time.Time) bool { return now.Sub(a.Created) >= keyLifetime }

// repeats refuses a call that differs from the first one.
func (a storedAnswer) repeats(c *call) error {
	if a.Path != c.path {
		return misusedKey("Keys for idempotent requests can only be used for the same endpoint they were first used for ('%s' vs '%s'). "+
			"Try using a key other than '%s' if you meant to execute a different request.", c.path, a.Path, c.key)
	}
	if a.Form != c.form.Encode() {
		return misusedKey("Keys for idempotent requests can only be used with the same parameters they were first used with. "+
			"Try using a key other than '%s' if you meant to execute a different request.", c.key)
	}
	return nil
}

func misusedKey(format string, args ...any) error {
	refusal := invalid("", "", format, args...)
	refusal.Type = stripe.ErrorTypeIdempotency
	return refusal
}

// remember stores the response under the call's key in the transaction of its effect, so that a crash leaves
// both or neither.
func remember(tx *tx, c *call, a answer) {
	if c.key != "" {
		put(tx, answers, c.key, storedAnswer{c.path, c.form.Encode(), tx.now, a})
	}
}

// recall returns the response to an earlier request with the call's key, or nil.
func (s *Sandbox) recall(c *call) (past *answer, err error) {
	if c.key == "" {
		return nil, nil
	}
	err = s.store.update(func(tx *tx) error {
		stored, found, err := lookUp[storedAnswer](tx, answers, c.key)
		if err != nil || !found || stored.expired(tx.now) {
			return err
		}
		past = &stored.Answer
		return stored.repeats(c)
	})
	return past, err
}

// forgetOldAnswers removes expired keys.
func forgetOldAnswers(tx *tx) error {
	var old []string
	err := each(tx, answers, func(key string, a storedAnswer) error {
		if a.expired(tx.now) {
			old = append(old, key)
		}
		return nil
	})
	for _, key := range old {
		err = errors.Join(err, remove(tx, answers, key))
	}
	return err
}

// claim reserves an idempotency key while its request runs. release may be called twice. Another request with the
// key gets 409, as at Stripe. Keys in use aren't stored: a request that a crash interrupts has had no effect.
func (s *Sandbox) claim(key string) (release func(), err error) {
	if key == "" {
		return func() {}, nil
	}
	if _, used := s.keysInUse.LoadOrStore(key, true); used {
		return nil, &apiError{
			Status: http.StatusConflict,
			Type:   stripe.ErrorTypeIdempotency,
			Code:   stripe.ErrorCodeIdempotencyKeyInUse,
			Message: "There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, " +
				"and the other request is still going through): " + key + ". Please try again later.",
		}
	}
	return sync.OnceFunc(func() { s.keysInUse.Delete(key) }), nil
}
