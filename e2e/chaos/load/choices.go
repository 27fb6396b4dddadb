package load

import (
	"context"
	"math/rand/v2"
	"time"
)

// choices is one client's chance.
type choices struct{ *rand.Rand }

// chance is true in so many of 100 cases.
func (c choices) chance(percent int) bool { return c.IntN(100) < percent }

// between is a time from least to most.
func (c choices) between(least, most time.Duration) time.Duration {
	return least + time.Duration(c.Int64N(int64(most-least)+1))
}

// think waits for as long as a person does before the next step. It says whether ctx goes on.
func (c choices) think(ctx context.Context, least, most time.Duration) bool {
	return sleep(ctx, c.between(least, most))
}

// price is between the least that can be charged and some hundred dollars, in cents.
func (c choices) price() int64 {
	if c.chance(30) {
		return 1999 // has no exact binary fraction, which a float would show
	}
	return 50 + c.Int64N(30000)
}

// sleep waits, and says whether ctx goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
