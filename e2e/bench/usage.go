package main

import (
	"maps"
	"os"
	"time"

	"ticketing.dev/common/process"
	"ticketing.dev/local/system"
)

// harness is this process: the clients, and the gateway, which only Stripe's webhooks use.
const harness = "bench"

// usage is the user and system time that each process has taken, by its name.
type usage map[string]time.Duration

// pids are the processes of a system by name, and this one. Servers that the system didn't start are missing.
func pids(r system.Run) map[string][]int {
	all := map[string][]int{harness: {os.Getpid()}}
	for name, p := range map[string]system.Part{"mongo": r.Mongo, "nats": r.NATS, "redis": r.Redis, "stripe": r.Stripe} {
		if p.PID != 0 {
			all[name] = []int{p.PID}
		}
	}
	for name, s := range r.Services {
		for _, replica := range s.All() {
			all[name] = append(all[name], replica.PID)
		}
	}
	return all
}

// processor reads the processor time of a system's processes. Replicas count as one.
func processor(r system.Run) usage { return read(pids(r)) }

func read(all map[string][]int) usage {
	u := make(usage)
	for name, replicas := range all {
		for _, pid := range replicas {
			took, err := process.Processor(pid)
			if err != nil {
				panic(err) // nothing stops a process meanwhile
			}
			u[name] += took
		}
	}
	return u
}

// memory reads what each of the services holds, in bytes.
func memory(r system.Run) map[string]int64 {
	held := make(map[string]int64)
	for _, name := range system.Services {
		for _, replica := range r.Services[name].All() {
			if n, err := process.Resident(replica.PID); err == nil {
				held[name] += n
			}
		}
	}
	return held
}

// since is what has been taken since before.
func (u usage) since(before usage) usage {
	d := maps.Clone(u)
	for name := range d {
		d[name] -= before[name]
	}
	return d
}

// of is the sum for some of the processes.
func (u usage) of(names []string) (sum time.Duration) {
	for _, name := range names {
		sum += u[name]
	}
	return sum
}
