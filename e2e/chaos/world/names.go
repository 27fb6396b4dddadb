package world

import (
	"strconv"
	"strings"

	"ticketing.dev/local/system"
)

// The names of the stores.
const (
	Mongo  = "mongo"
	NATS   = "nats"
	Redis  = "redis"
	Stripe = "stripe"
)

var Replicas = map[string]int{"auth": 1, "tickets": 2, "orders": 2, "payments": 2, "expiration": 2}

// ways are the stores of each service.
var ways = map[string][]string{
	"auth":       {Mongo, NATS},
	"tickets":    {Mongo, NATS},
	"orders":     {Mongo, NATS},
	"payments":   {Mongo, NATS, Stripe},
	"expiration": {Redis, NATS},
}

// ReplicaNames are, for example, orders-1 and orders-2.
func ReplicaNames(service string) []string {
	names := make([]string, Replicas[service])
	for i := range names {
		names[i] = service + "-" + strconv.Itoa(i+1)
	}
	return names
}

// AllReplicas are in the order in which they start.
func AllReplicas() (names []string) {
	for _, service := range system.Services {
		names = append(names, ReplicaNames(service)...)
	}
	return names
}

func ServiceOf(replica string) string {
	name, _, _ := strings.Cut(replica, "-")
	return name
}

// LinkNames are in a fixed order.
func LinkNames() (names []string) {
	for _, replica := range AllReplicas() {
		for _, to := range ways[ServiceOf(replica)] {
			names = append(names, linkName(replica, to))
		}
	}
	return names
}

func linkName(from, to string) string { return from + "→" + to }
