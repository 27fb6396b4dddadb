package cluster

import (
	"slices"
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

// stores are the stores of a service, by the addresses in its environment. Other processes have none.
func stores(service string) (names []string) {
	if !slices.Contains(system.Services, service) {
		return nil
	}
	for _, variable := range (system.Settings{}).Environ(service, "", "") {
		name, _, _ := strings.Cut(variable, "=")
		if store := map[string]string{"MONGO_URI": Mongo, "NATS_URL": NATS, "REDIS_ADDR": Redis, "STRIPE_API_URL": Stripe}[name]; store != "" {
			names = append(names, store)
		}
	}
	return names
}

// ReplicaNames are, for example, orders-1 and orders-2. auth has one replica.
func ReplicaNames(service string) []string {
	if service == "auth" {
		return system.ReplicaNames(service, 1)
	}
	return system.ReplicaNames(service, 2)
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
		for _, to := range stores(ServiceOf(replica)) {
			names = append(names, linkName(replica, to))
		}
	}
	return names
}

func linkName(from, to string) string { return from + "→" + to }
