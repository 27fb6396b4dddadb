package main

import (
	"maps"
	"os"
	"time"

	"ticketing.dev/common/process"
	"ticketing.dev/local/system"
)

// usage is the user and system time that each process has taken, by its name.
type usage map[string]time.Duration

// processor reads the processor time of the system's processes, and of this one, which also has the gateway and the
// clients. Replicas count as one.
func processor(r system.Run) usage {
	u := usage{}
	u.add("gateway and clients", os.Getpid())
	u.add("mongo", r.Mongo.PID)
	u.add("nats", r.NATS.PID)
	u.add("redis", r.Redis.PID)
	u.add("stripe", r.Stripe.PID)
	for name, s := range r.Services {
		for _, replica := range s.All() {
			u.add(name, replica.PID)
		}
	}
	return u
}

func (u usage) add(name string, pid int) {
	took, err := process.Processor(pid)
	if err != nil {
		panic(err) // nothing stops a process meanwhile
	}
	u[name] += took
}

// since is what has been taken since before.
func (u usage) since(before usage) usage {
	d := maps.Clone(u)
	for name := range d {
		d[name] -= before[name]
	}
	return d
}

func (u usage) total() (sum time.Duration) {
	for _, took := range u {
		sum += took
	}
	return sum
}
