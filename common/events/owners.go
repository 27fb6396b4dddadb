package events

import (
	"maps"
	"slices"
)

// owners are the services that publish the channels. The broker's permissions follow it.
var owners = map[string]string{
	TicketCreated{}.Subject():      "tickets",
	TicketUpdated{}.Subject():      "tickets",
	OrderCreated{}.Subject():       "orders",
	OrderCancelled{}.Subject():     "orders",
	OrderCompleted{}.Subject():     "orders",
	ExpirationComplete{}.Subject(): "expiration",
	PaymentStarted{}.Subject():     "payments",
	PaymentCreated{}.Subject():     "payments",
	PaymentFailed{}.Subject():      "payments",
	PaymentRefunded{}.Subject():    "payments",
	SessionEnded{}.Subject():       "auth",
}

// Owner is the only service that may publish a channel, or empty if the channel carries no events.
func Owner(channel string) string { return owners[channel] }

// Services are the services that publish events.
func Services() []string { return slices.Compact(slices.Sorted(maps.Values(owners))) }

// Owned are the channels of a service, in order.
func Owned(service string) []string {
	channels := slices.Sorted(maps.Keys(owners))
	return slices.DeleteFunc(channels, func(channel string) bool { return owners[channel] != service })
}
