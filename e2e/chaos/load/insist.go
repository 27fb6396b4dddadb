package load

import (
	"context"
	"net/http"
	"time"

	"ticketing.dev/e2e/chaos/history"
)

const (
	// pause is the wait before a request is sent again; it doubles up to longestPause.
	pause        = 100 * time.Millisecond
	longestPause = time.Second
	// newsTimeout is how long clients take it that something is just not known yet.
	newsTimeout = 5 * time.Second
	// attempts is how often a client sends what is not answered before it gives up.
	attempts = 5
)

// insist sends a request until it is answered, as clients do: one without an answer a few times, and
// what is not known yet for some seconds. Every attempt is an Op of its own; the last is returned.
func insist(ctx context.Context, send func() history.Op) history.Op {
	began := time.Now()
	for attempt, wait := 1, pause; ; wait = min(2*wait, longestPause) {
		op := send()
		notYet := op.Status == http.StatusNotFound && time.Since(began) < newsTimeout
		if op.Outcome == history.Unknown {
			attempt++
		}
		again := op.Outcome == history.Unknown && attempt <= attempts
		if !notYet && !again || !sleep(ctx, wait) {
			return op
		}
	}
}
