package payments

import (
	"time"

	"ticketing.dev/common/ratelimit"
)

// guesses limit tokens that Stripe refuses and cards that banks decline, which is how stolen card data is tested.
// Payments that succeed don't count.
type guesses struct{ order, user, declines ratelimit.Limit }

// newGuesses returns the limits, which replicas have together if shared isn't nil.
func newGuesses(c ratelimit.Config, shared *ratelimit.Shared, now func() time.Time) guesses {
	return guesses{
		order:    shared.Limit("order", c.NewDelay(3, 10*time.Minute, now)),
		user:     shared.Limit("user", c.NewDelay(20, 10*time.Minute, now)),
		declines: shared.Limit("declines", c.NewDelay(3, 6*time.Hour, now)), // forgotten after a day
	}
}

// takeDecline counts a payment as declined before it's tried. The caller gives it back unless it is.
func (g guesses) takeDecline(user string) (giveBack func(), err error) {
	return ratelimit.Take(ratelimit.Attempt{Limit: g.declines, Key: user})
}

// take counts a token for an order before Stripe is asked. The caller gives it back unless Stripe refuses it.
func (g guesses) take(o *Order) (giveBack func(), err error) {
	return ratelimit.Take(ratelimit.Attempt{Limit: g.order, Key: o.ID}, ratelimit.Attempt{Limit: g.user, Key: o.UserID})
}
