// Package faults hurts a world by a plan that a seed decides, and undoes it all.
package faults

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"ticketing.dev/e2e/chaos/world"
	"ticketing.dev/local/sandbox"
)

// Kind is what is done.
type Kind string

// The kinds of faults.
const (
	Kill     Kind = "kill"     // of a process with SIGKILL, and a start some time later
	Pause    Kind = "pause"    // of a process with SIGSTOP, and SIGCONT some time later
	Cut      Kind = "cut"      // of a link: connections are refused, or stay open and lose what is sent
	Slow     Kind = "slow"     // of a link: latency, jitter, and sometimes little bandwidth
	Wipe     Kind = "wipe"     // of Redis: emptied while it runs, or killed and its files removed
	Replay   Kind = "replay"   // of events: old ones are published again, in any order
	Stripe   Kind = "stripe"   // Stripe is slow, hangs, or fails before or after taking effect
	Webhooks Kind = "webhooks" // are lost, doubled or slow
	Refund   Kind = "refund"   // of payments, by hand in Stripe's dashboard, whole or in part
	Outage   Kind = "outage"   // of the broker: killed or frozen until orders have expired meanwhile
)

// Kinds are all of them.
var Kinds = []Kind{Kill, Pause, Cut, Slow, Wipe, Replay, Stripe, Webhooks, Refund, Outage}

// Dashboard is where people refund payments at Stripe.
const Dashboard = "dashboard"

// Fault is one thing that is done to the world.
type Fault struct {
	Kind Kind
	// Target is a process or a link, redis, stripe, events or dashboard.
	Target string
	// At is when, since the load began, and For how long until it is undone; 0 is at once.
	At, For time.Duration

	// Lose is what is lost on a link that is cut but takes connections; "" refuses them.
	Lose world.Direction `json:",omitempty"`
	// Latency, Jitter and Rate, in kilobytes a second or 0 for no limit, are of a slow link.
	Latency, Jitter time.Duration `json:",omitempty"`
	Rate            int64         `json:",omitempty"`
	// Flush says that Redis is emptied while it runs.
	Flush bool `json:",omitempty"`
	// Freeze says that the broker is stopped with SIGSTOP during an outage, and not killed.
	Freeze bool `json:",omitempty"`
	// Channels are those of the events that come again, Count the most of each (or of payments that are
	// refunded), and Choice their seed.
	Channels []string `json:",omitempty"`
	Count    int      `json:",omitempty"`
	Choice   uint64   `json:",omitempty"`
	// Trouble is what Stripe does.
	Trouble []sandbox.Fault `json:",omitempty"`
}

func (f Fault) String() string { return string(f.Kind) + " " + f.Target + f.details() }

// details say what else there is to it, for people.
func (f Fault) details() (details string) {
	switch {
	case f.Kind == Cut && f.Lose != "":
		details = fmt.Sprintf(" (loses what is sent %s)", f.Lose)
	case f.Kind == Slow:
		details = fmt.Sprintf(" (%v ± %v", f.Latency, f.Jitter)
		if f.Rate > 0 {
			details += fmt.Sprintf(", %d KB/s", f.Rate)
		}
		details += ")"
	case f.Kind == Outage && f.Freeze:
		details = " (frozen)"
	case f.Kind == Outage:
		details = " (killed)"
	case f.Kind == Wipe && f.Flush:
		details = " (FLUSHALL)"
	case f.Kind == Wipe:
		details = " (killed, its files removed)"
	case f.Kind == Replay:
		details = fmt.Sprintf(" (up to %d of %s)", f.Count, strings.Join(f.Channels, ", "))
	case f.Kind == Refund:
		details = fmt.Sprintf(" (up to %d payments)", f.Count)
	case len(f.Trouble) > 0:
		var all []string
		for _, t := range f.Trouble {
			all = append(all, t.Operation+" "+t.Kind)
		}
		details = " (" + strings.Join(all, ", ") + ")"
	}
	return details
}

// Plan is everything that is done to a world in one round.
type Plan struct {
	Faults []Fault // in the order of At
	// Skew is how far the clock of a replica is ahead, by its name.
	Skew map[string]time.Duration
	// OrderTTL is how long orders may stay unpaid.
	OrderTTL time.Duration
}

// Selection narrows what may be done: "kill", or "kill:nats", a kind and what it hits: a process, a
// service, or either end of a link. An empty one is everything.
type Selection []string

// Check finds what selects nothing, where some processes are spared.
func (s Selection) Check(spared ...string) error {
	for _, pattern := range s {
		if !slices.ContainsFunc(candidates(spared), func(c candidate) bool { return c.matches(pattern) }) {
			return fmt.Errorf("no fault is %q: the kinds are %v, and what they hit is behind a colon", pattern, Kinds)
		}
	}
	return nil
}

// allows says whether a fault is one that may be done.
func (s Selection) allows(f Fault) bool {
	return slices.ContainsFunc(s, candidate{f.Kind, f.Target}.matches)
}

// candidate is something that may be done.
type candidate struct {
	kind   Kind
	target string
}

// candidates are everything that may be done, in a fixed order. Processes that are spared are neither killed
// nor paused.
func candidates(spared []string) (all []candidate) {
	stores := []string{world.Mongo, world.NATS, world.Redis}
	for _, process := range slices.Concat(world.AllReplicas(), stores) {
		if !slices.Contains(spared, process) {
			all = append(all, candidate{Kill, process}, candidate{Pause, process})
		}
	}
	for _, link := range world.LinkNames() {
		all = append(all, candidate{Cut, link}, candidate{Slow, link})
	}
	return append(all, candidate{Wipe, world.Redis}, candidate{Replay, "events"}, candidate{Stripe, world.Stripe}, candidate{Webhooks, world.Stripe}, candidate{Refund, Dashboard}, candidate{Outage, world.NATS})
}

// matches says whether the candidate is of a pattern of a Selection.
func (c candidate) matches(pattern string) bool {
	kind, target, narrowed := strings.Cut(pattern, ":")
	if kind != string(c.kind) {
		return false
	}
	if !narrowed {
		return true
	}
	from, to, _ := strings.Cut(c.target, "→")
	return slices.Contains([]string{c.target, from, world.ServiceOf(from), to}, target)
}

const (
	// fewest and most are how many faults there are in each usual time; a shorter round has fewest, too.
	fewest, most = 7, 12
	usual        = 20 * time.Second
	// firstAt leaves the load a moment to begin.
	firstAt = 500 * time.Millisecond
	// longPause is longer than the broker waits for an acknowledgement, 15 seconds.
	longPause = 16 * time.Second
	// outage is longer than the database's driver waits for it, 5 seconds, and noticed longer than the
	// broker waits for a client.
	outage  = 6 * time.Second
	noticed = 6 * time.Second
	// overdue is how long after its time orders ends an order of which it hears nothing (orders/service.go).
	overdue = 6 * time.Second
	// maxSkew is how far a clock may be off: two may differ by twice that.
	maxSkew = 1500 * time.Millisecond
	// shortestTTL and longestTTL are of orders.
	shortestTTL, longestTTL = 8 * time.Second, 12 * time.Second
)

// Draw decides what is done in a round whose load takes a time, where some processes are spared. A selection
// must have passed its Check.
func Draw(seed uint64, load time.Duration, s Selection, spared ...string) Plan {
	d := drawer{Rand: rand.New(rand.NewPCG(seed, 0xfa)), load: load, candidates: candidates(spared)}
	d.ttl = d.between(shortestTTL, longestTTL).Round(time.Second)
	p := Plan{OrderTTL: d.ttl, Skew: make(map[string]time.Duration)}
	for _, replica := range world.AllReplicas() {
		p.Skew[replica] = d.between(-maxSkew, maxSkew).Round(time.Millisecond)
	}
	if d.chance(0.25) {
		clear(p.Skew)
	}
	if len(s) == 0 {
		for _, k := range Kinds {
			if k != Outage || d.chance(0.5) { // little is bought while the broker is away
				s = append(s, string(k))
			}
		}
		s = append(s, string(Kill), string(Kill), string(Pause), string(Cut)) // what is done most
	}
	want := fewest + d.IntN(most-fewest+1)
	for range max(fewest, int(time.Duration(want)*load/usual)) {
		f, ok := d.fault(s, p.Faults)
		if !ok {
			continue
		}
		p.Faults = append(p.Faults, f)
		if twin, ok := d.twin(f); ok && s.allows(twin) && !slices.ContainsFunc(p.Faults, twin.meets) {
			p.Faults = append(p.Faults, twin)
		}
	}
	slices.SortFunc(p.Faults, func(a, b Fault) int { return int(a.At - b.At) })
	return p
}

// drawer draws by the seed.
type drawer struct {
	*rand.Rand
	load, ttl  time.Duration
	candidates []candidate
}

func (d drawer) chance(p float64) bool { return d.Float64() < p }

func (d drawer) between(shortest, longest time.Duration) time.Duration {
	return shortest + time.Duration(d.Int64N(int64(longest-shortest)+1))
}

func pick[T any](d drawer, from ...T) T { return from[d.IntN(len(from))] }

// attempts are how often something is drawn again that would hit what is hit already.
const attempts = 20

// fault draws one that hits nothing that another one hits at the time.
func (d drawer) fault(s Selection, others []Fault) (Fault, bool) {
	for range attempts {
		pattern := pick(d, s...)
		var matching []candidate
		for _, c := range d.candidates {
			if c.matches(pattern) {
				matching = append(matching, c)
			}
		}
		f := d.detailed(pick(d, matching...))
		begin := firstAt
		switch f.Kind {
		case Replay, Refund:
			begin = d.load / 4 // some events have been published, and some orders paid
		case Outage:
			begin = min(d.load/4, 3*time.Second) // payments know of some orders
		}
		f.At = d.between(begin, max(begin, d.load-f.For)).Round(time.Millisecond)
		f.For = min(f.For, max(0, d.load-f.At)).Round(time.Millisecond)
		if !slices.ContainsFunc(others, f.meets) {
			return f, true
		}
	}
	return Fault{}, false
}

// twin hits the other replica of a service at the same time, now and then, so that nobody is left: then
// long enough for the broker to notice.
func (d drawer) twin(f Fault) (Fault, bool) {
	names := world.ReplicaNames(world.ServiceOf(f.Target))
	if len(names) < 2 || f.Kind != Kill && f.Kind != Pause || !d.chance(0.3) {
		return f, false
	}
	twin := f
	if twin.Target = names[0]; twin.Target == f.Target {
		twin.Target = names[1]
	}
	twin.For = min(d.between(noticed, 2*noticed), d.load-f.At).Round(time.Millisecond)
	return twin, true
}

// meets says whether two faults hit the same at the same time, or with no time between them.
func (f Fault) meets(other Fault) bool {
	const gap = time.Second
	return f.Target == other.Target && f.At < other.At+other.For+gap && other.At < f.At+f.For+gap
}

// detailed draws how long a fault lasts, and what else there is to it.
func (d drawer) detailed(c candidate) Fault {
	f := Fault{Kind: c.kind, Target: c.target}
	switch c.kind {
	case Kill:
		f.For = d.between(0, 6*time.Second)
		if d.chance(0.3) {
			f.For = d.between(outage, 2*outage)
		}
	case Pause:
		f.For = d.between(500*time.Millisecond, 6*time.Second)
		if strings.Contains(c.target, "-") && d.chance(0.2) {
			f.For = d.between(longPause, longPause+4*time.Second)
		}
	case Outage:
		f.For = d.between(d.ttl+overdue, d.ttl+2*overdue)
		f.Freeze = d.chance(0.5)
	case Cut:
		f.For = d.between(500*time.Millisecond, 6*time.Second)
		if d.chance(0.4) {
			f.For = d.between(outage, 2*outage+2*time.Second)
		}
		f.Lose = pick(d, "", world.Both, world.There, world.Back)
	case Slow:
		f.For = d.between(2*time.Second, 10*time.Second)
		f.Latency = d.between(20*time.Millisecond, time.Second)
		f.Jitter = d.between(0, f.Latency)
		if d.chance(0.3) {
			f.Rate = 2 + d.Int64N(30)
		}
	case Wipe:
		if f.Flush = d.chance(0.5); !f.Flush {
			f.For = d.between(0, 4*time.Second)
		}
	case Replay:
		f.For = d.between(2*time.Second, 8*time.Second)
		f.Channels = d.channels()
		f.Count = 3 + d.IntN(15)
		if len(f.Channels) < len(world.Channels) && d.chance(0.5) { // of a few, all that there is
			f.Count = 100
		}
		f.Choice = d.Uint64()
	case Refund:
		f.Count = 1 + d.IntN(3)
		f.Choice = d.Uint64()
	case Stripe:
		f.For = d.between(2*time.Second, 8*time.Second)
		f.Trouble = d.trouble()
	case Webhooks:
		f.For = d.between(3*time.Second, 10*time.Second)
		f.Trouble = []sandbox.Fault{{Operation: "webhooks", Kind: pick(d, "drop", "duplicate", "slow"), Probability: 0.7}}
		if f.Trouble[0].Kind == "slow" {
			f.Trouble[0].DelayMS = 500 + d.Int64N(6000)
		}
	}
	return f
}

// channels are some, or all.
func (d drawer) channels() []string {
	if d.chance(0.5) {
		return world.Channels
	}
	some := slices.Clone(world.Channels)
	d.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
	return some[:1+d.IntN(4)]
}

// trouble is what Stripe does to one or two of its operations.
func (d drawer) trouble() (all []sandbox.Fault) {
	operations := []string{
		"payment_intents.create", "payment_intents.confirm", "payment_intents.confirm", "payment_intents.cancel",
		"payment_intents.retrieve", "refunds.create", "refunds.list", "payment_methods.create", "*",
	}
	for range 1 + d.IntN(2) {
		t := sandbox.Fault{
			Operation:   pick(d, operations...),
			Kind:        pick(d, "slow", "hang", "error_before", "error_after", "hang_after", "drop_after"),
			Probability: 0.3 + 0.6*d.Float64(),
		}
		if t.Kind == "slow" {
			t.DelayMS = 500 + d.Int64N(9000)
		}
		all = append(all, t)
	}
	return all
}
