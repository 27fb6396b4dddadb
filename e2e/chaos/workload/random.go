package workload

import (
	"context"
	"math/rand/v2"
	"time"
)

// random makes one user's choices. The same seed makes the same choices.
type random struct{ *rand.Rand }

// chance is true in that many of 100 cases.
func (r random) chance(percent int) bool { return r.IntN(100) < percent }

func (r random) between(least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)+1))
}

// think waits as a person does before the next step. It's false if ctx ended.
func (r random) think(ctx context.Context, least, most time.Duration) bool {
	return sleep(ctx, r.between(least, most))
}

// price is in cents.
func (r random) price() int64 {
	if r.chance(30) {
		return 1999 // has no exact binary fraction, which a float would show
	}
	return 50 + r.Int64N(30000)
}

// pick is false if there is nothing to choose from.
func pick(r random, from []string) (string, bool) {
	if len(from) == 0 {
		return "", false
	}
	return from[r.IntN(len(from))], true
}

// sleep is false if ctx ended.
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
