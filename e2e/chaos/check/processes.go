package check

import (
	"fmt"
	"slices"
	"strings"

	"ticketing.dev/e2e/chaos/history"
)

// What a replica may hold at the end, when nothing is under way: about twice what one held after rounds
// without a leak, since what leaks does so with every request, message or reconnection, of which a round
// has hundreds.
const (
	// mostGoroutines are those that serve no connection. Services have 38 to 56: the relay's 16 workers,
	// the broker's and the database's clients, and a few for each subscription.
	mostGoroutines = 90
	// mostServed are those that serve a connection each. The gateway keeps up to 256 open to a replica.
	mostServed = 256
	// serve makes them.
	serve = "net/http.(*Server).Serve"
	// mostResident in bytes: services hold 20 to 28 MB after a round.
	mostResident = 80 << 20
	// mostHashing in bytes is for auth, in which each password that is hashed takes 19 MB for a moment,
	// on both cores and until the runtime gives it back; it holds 50 to 101 MB.
	mostHashing = 250 << 20
)

// mostLinks is how many connections a replica may have to a store. The pool of MongoDB's driver holds up
// to 100, and two or three more watch the server. The broker has one for each session, of which there is
// one. asynq's server and client keep up to ten for each core. Go keeps two idle ones to Stripe.
var mostLinks = map[string]int{"mongo": 104, "nats": 2, "redis": 60, "stripe": 8}

// services are those whose processes are bounded. What they run on is not what is judged.
var services = []string{"auth", "tickets", "orders", "payments", "expiration"}

// operators judges the dead letters, of which there are none where no event was lost or wrong.
func (j *judge) operators() {
	for _, service := range sorted(j.h.Final.DeadLetters) {
		if letters := j.h.Final.DeadLetters[service]; len(letters) > 0 {
			j.broken(P2, fmt.Sprintf("%s has %d dead letters, the first: %s", service, len(letters), letters[0]))
		}
	}
}

// processes judges how those end that were asked to, and what they hold before.
func (j *judge) processes() {
	for _, p := range j.h.Final.Processes {
		if p.Exit != "" {
			j.broken(Exit, fmt.Sprintf("%s did not end well: %s", p.Name, p.Exit))
		}
		if len(p.Deaths) > 0 {
			j.broken(Exit, fmt.Sprintf("%s has died %d times though nobody had killed it, at first: %s", p.Name, len(p.Deaths), p.Deaths[0]))
		}
		if service, _, _ := strings.Cut(p.Name, "-"); slices.Contains(services, service) {
			j.bounded(service, p)
		}
	}
}

func (j *judge) bounded(service string, p history.Process) {
	served := p.Stacks[serve]
	if p.Goroutines-served > mostGoroutines || served > mostServed {
		by, n := commonest(p.Stacks)
		j.broken(Leak, fmt.Sprintf("%s has %d goroutines, %d of them made by %s", p.Name, p.Goroutines, n, by))
	}
	most := int64(mostResident)
	if service == "auth" {
		most = mostHashing
	}
	if p.Resident > most {
		j.broken(Leak, fmt.Sprintf("%s holds %d MB, and held %d MB before", p.Name, p.Resident>>20, p.Before>>20))
	}
	for _, to := range sorted(p.Links) {
		if most, judged := mostLinks[to]; judged && p.Links[to] > most {
			j.broken(Leak, fmt.Sprintf("%s has %d connections to %s", p.Name, p.Links[to], to))
		}
	}
}

// commonest is the function that made the most goroutines.
func commonest(stacks map[string]int) (by string, n int) {
	for _, f := range sorted(stacks) {
		if stacks[f] > n {
			by, n = f, stacks[f]
		}
	}
	return by, n
}
