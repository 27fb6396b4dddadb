package check

import (
	"fmt"
	"slices"
	"strings"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/system"
)

// Bounds for a replica at the end, when nothing is under way: about twice the usual. A leak grows with each
// request, message or reconnection, of which a round has hundreds.
const (
	// mostGoroutines don't serve a connection. Services have 38 to 56: the relay's 16 workers, clients of the
	// broker and the database, and a few for each subscription.
	mostGoroutines = 90
	// mostServed serve a connection each. The gateway keeps up to 256 open.
	mostServed = 256
	// serve starts them.
	serve = "net/http.(*Server).Serve"
	// mostResident is in bytes. Services hold 20 to 28 MB after a round.
	mostResident = 80 << 20
	// mostHashing is for auth: each password being hashed takes 19 MB, on both cores, until the runtime returns
	// it. It holds 50 to 101 MB.
	mostHashing = 250 << 20
)

// mostLinks bounds a replica's connections to a store: up to 100 in the pool of MongoDB's driver and a few that
// watch the server; one for each session of the broker, of which there is one; up to ten for each core in
// asynq's server and client; two idle ones to Stripe.
var mostLinks = map[string]int{"mongo": 104, "nats": 2, "redis": 60, "stripe": 8}

// operators reports dead letters, which mean that an event was lost or wrong.
func (j *judge) operators() {
	for _, service := range sorted(j.h.Final.DeadLetters) {
		if letters := j.h.Final.DeadLetters[service]; len(letters) > 0 {
			j.broken(P2, fmt.Sprintf("%s has %d dead letters, the first: %s", service, len(letters), letters[0]))
		}
	}
}

// processes checks how processes exited and which resources they held.
func (j *judge) processes() {
	for _, p := range j.h.Final.Processes {
		if p.Exit != "" {
			j.broken(Exit, fmt.Sprintf("%s exited badly: %s", p.Name, p.Exit))
		}
		if len(p.Deaths) > 0 {
			j.broken(Exit, fmt.Sprintf("%s died %d times without being killed, first: %s", p.Name, len(p.Deaths), p.Deaths[0]))
		}
		if service, _, _ := strings.Cut(p.Name, "-"); slices.Contains(system.Services, service) {
			j.bounded(service, p)
		}
	}
}

func (j *judge) bounded(service string, p history.Process) {
	served := p.Stacks[serve]
	if p.Goroutines-served > mostGoroutines || served > mostServed {
		by, n := commonest(p.Stacks)
		j.broken(Leak, fmt.Sprintf("%s has %d goroutines, %d of them started by %s", p.Name, p.Goroutines, n, by))
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

func commonest(stacks map[string]int) (by string, n int) {
	for _, f := range sorted(stacks) {
		if stacks[f] > n {
			by, n = f, stacks[f]
		}
	}
	return by, n
}
