// Package faults plans faults by a seed, injects them, and undoes them.
package faults

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"ticketing.dev/e2e/chaos/cluster"
	"ticketing.dev/local/sandbox"
)

// Kind is a kind of fault.
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

var Kinds = []Kind{Kill, Pause, Cut, Slow, Wipe, Replay, Stripe, Webhooks, Refund, Outage}

// Dashboard is the target of refunds.
const Dashboard = "dashboard"

// Fault is one planned fault.
type Fault struct {
	Kind Kind `json:",omitempty"`
	// Target is a process or a link, redis, stripe, events or dashboard.
	Target string `json:",omitempty"`
	// At is when, since the load began, and For how long it lasts.
	At, For time.Duration `json:",omitempty"`

	// Lose is the direction in which a cut link loses what is sent. If empty, it refuses connections.
	Lose cluster.Direction `json:",omitempty"`
	// Latency, Jitter and Rate, in kilobytes a second or 0 for no limit, slow a link.
	Latency, Jitter time.Duration `json:",omitempty"`
	Rate            int64         `json:",omitempty"`
	// Flush wipes Redis while it runs.
	Flush bool `json:",omitempty"`
	// Freeze pauses the broker during an outage instead of killing it.
	Freeze bool `json:",omitempty"`
	// Channels are replayed, at most Count events of each. Count payments are refunded. Choice is the seed for both.
	Channels []string `json:",omitempty"`
	Count    int      `json:",omitempty"`
	Choice   uint64   `json:",omitempty"`
	// Trouble is for the sandbox.
	Trouble []sandbox.Fault `json:",omitempty"`
}

func (f Fault) String() string { return string(f.Kind) + " " + f.Target + " " + f.details() }

// details are the fields that not every fault has.
func (f Fault) details() string {
	f.Kind, f.Target, f.At, f.For = "", "", 0, 0
	text, err := json.Marshal(f)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Plan is all faults of one round.
type Plan struct {
	Faults []Fault // in the order of At
	// Skew is how far a replica's clock is ahead, by its name.
	Skew map[string]time.Duration
	// OrderTTL is how long orders may stay unpaid.
	OrderTTL time.Duration
}

// Selection limits the faults of a plan to kinds, such as "kill", or to kinds and targets, such as "kill:nats": a
// process, a service, or either end of a link. An empty one allows all.
type Selection []string

// Check finds a pattern that selects nothing when some processes are spared.
func (s Selection) Check(spared ...string) error {
	for _, pattern := range s {
		if !slices.ContainsFunc(candidates(spared), func(c candidate) bool { return c.matches(pattern) }) {
			return fmt.Errorf("no fault is %q: it takes a kind of %v and, after a colon, a target", pattern, Kinds)
		}
	}
	return nil
}

// candidate is a fault without its details.
type candidate struct {
	kind   Kind
	target string
}

// candidates are in a fixed order. Spared processes are neither killed nor paused.
func candidates(spared []string) (all []candidate) {
	stores := []string{cluster.Mongo, cluster.NATS, cluster.Redis}
	for _, process := range slices.Concat(cluster.AllReplicas(), stores) {
		if !slices.Contains(spared, process) {
			all = append(all, candidate{Kill, process}, candidate{Pause, process})
		}
	}
	for _, link := range cluster.LinkNames() {
		all = append(all, candidate{Cut, link}, candidate{Slow, link})
	}
	return append(all, candidate{Wipe, cluster.Redis}, candidate{Replay, "events"}, candidate{Stripe, cluster.Stripe},
		candidate{Webhooks, cluster.Stripe}, candidate{Refund, Dashboard}, candidate{Outage, cluster.NATS})
}

// matches reports whether a pattern of a Selection selects the candidate.
func (c candidate) matches(pattern string) bool {
	kind, target, narrowed := strings.Cut(pattern, ":")
	from, to, _ := strings.Cut(c.target, "→")
	return kind == string(c.kind) && (!narrowed || slices.Contains([]string{c.target, from, cluster.ServiceOf(from), to}, target))
}

const (
	// fewest and most faults happen in the usual time. A shorter round has at least fewest.
	fewest, most = 7, 12
	usual        = 20 * time.Second
	firstAt      = 500 * time.Millisecond
	// longPause exceeds the 15 seconds after which the broker redelivers.
	longPause = 16 * time.Second
	// outage exceeds the 5 seconds that the database's driver waits, and noticed those after which the broker drops
	// a client.
	outage  = 6 * time.Second
	noticed = 6 * time.Second
	// handling is how much longer handlers wait for answers on an open connection than for a new one.
	handling = 7 * time.Second
	// overdue is how long after its time orders ends an order on its own (orders/service.go).
	overdue = 6 * time.Second
	// maxSkew is how far a clock may be off. Two may differ by twice that.
	maxSkew                 = 1500 * time.Millisecond
	shortestTTL, longestTTL = 8 * time.Second, 12 * time.Second
)

// Draw plans a round by its seed. The selection must have passed its Check.
func Draw(seed uint64, load time.Duration, s Selection, spared ...string) Plan {
	d := drawer{Rand: rand.New(rand.NewPCG(seed, 0xfa)), load: load, candidates: candidates(spared)}
	d.ttl = d.between(shortestTTL, longestTTL).Round(time.Second)
	p := Plan{OrderTTL: d.ttl, Skew: make(map[string]time.Duration)}
	for _, replica := range cluster.AllReplicas() {
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
		s = append(s, string(Kill), string(Kill), string(Pause), string(Cut)) // the most common
	}
	want := fewest + d.IntN(most-fewest+1)
	for range max(fewest, int(time.Duration(want)*load/usual)) {
		f, ok := d.fault(s, p.Faults)
		if !ok {
			continue
		}
		p.Faults = append(p.Faults, f)
		if twin, ok := d.twin(f); ok && slices.ContainsFunc(s, candidate{twin.Kind, twin.Target}.matches) && !slices.ContainsFunc(p.Faults, twin.meets) {
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

// attempts is how often a fault is redrawn that would overlap another on its target.
const attempts = 20

// fault draws a fault that overlaps no other on its target.
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

// twin is now and then the same fault of the other replica, so that none is left, for long enough that the broker
// notices.
func (d drawer) twin(f Fault) (Fault, bool) {
	names := cluster.ReplicaNames(cluster.ServiceOf(f.Target))
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

// meets reports whether two faults overlap on one target, or nearly.
func (f Fault) meets(other Fault) bool {
	const gap = time.Second
	return f.Target == other.Target && f.At < other.At+other.For+gap && other.At < f.At+f.For+gap
}

// detailed draws a fault's length and details.
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
		f.Lose = pick(d, "", cluster.Both, cluster.There, cluster.Back)
		if f.Lose != "" && f.For > outage {
			f.For += handling
		}
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
		if len(f.Channels) < len(cluster.Channels) && d.chance(0.5) { // all events of a few channels
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

func (d drawer) channels() []string {
	if d.chance(0.5) {
		return cluster.Channels
	}
	some := slices.Clone(cluster.Channels)
	d.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
	return some[:1+d.IntN(4)]
}

// trouble is for one or two of Stripe's operations.
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
