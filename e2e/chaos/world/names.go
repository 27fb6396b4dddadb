package world

import (
	"strconv"
	"strings"

	"ticketing.dev/local/system"
)

// The names of what the services run on.
const (
	Mongo  = "mongo"
	NATS   = "nats"
	Redis  = "redis"
	Stripe = "stripe"
)

// Replicas is how many there are of each service.
var Replicas = map[string]int{"auth": 1, "tickets": 2, "orders": 2, "payments": 2, "expiration": 2}

// ways are what each service is connected to.
var ways = map[string][]string{
	"auth":       {Mongo},
	"tickets":    {Mongo, NATS},
	"orders":     {Mongo, NATS},
	"payments":   {Mongo, NATS, Stripe},
	"expiration": {Redis, NATS},
}

// ReplicaNames are the names of the replicas of a service, such as orders-1 and orders-2.
func ReplicaNames(service string) []string {
	names := make([]string, Replicas[service])
	for i := range names {
		names[i] = service + "-" + strconv.Itoa(i+1)
	}
	return names
}

// AllReplicas are the names of all replicas, in the order in which they are started.
func AllReplicas() (names []string) {
	for _, service := range system.Services {
		names = append(names, ReplicaNames(service)...)
	}
	return names
}

// ServiceOf is the service of a replica.
func ServiceOf(replica string) string {
	name, _, _ := strings.Cut(replica, "-")
	return name
}

// LinkNames are the names of all links, in a fixed order.
func LinkNames() (names []string) {
	for _, replica := range AllReplicas() {
		for _, to := range ways[ServiceOf(replica)] {
			names = append(names, linkName(replica, to))
		}
	}
	return names
}

func linkName(from, to string) string { return from + "→" + to }
