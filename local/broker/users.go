package broker

import (
	"slices"
	"time"

	nats "github.com/nats-io/nats-server/v2/server"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/events"
)

const (
	// Operator is the user that may use every channel, for tools on the machine.
	Operator = "operator"
	// server is the user of NATS Streaming itself, which is a client of the NATS server.
	server = "streaming"
)

// heartbeatReplies let a client answer each heartbeat, whose reply address is different every time, once.
var heartbeatReplies = nats.ResponsePermission{MaxMsgs: 1, Expires: 2 * time.Minute}

// Permissions are the NATS subjects that a service's client needs. Publishing is limited to the service's own events
// and dead letters. Subscribing isn't limited by channel, since every request to subscribe has the same subject.
func Permissions(service string) *nats.Permissions {
	return &nats.Permissions{
		Publish:   &nats.SubjectPermission{Allow: slices.Concat(requests, published(service))},
		Subscribe: &nats.SubjectPermission{Allow: answers},
		Response:  &heartbeatReplies,
	}
}

// requests are what every client of NATS Streaming sends, whatever it's for.
var requests = []string{
	"_STAN.discover.>", "_STAN.sub.*", "_STAN.subclose.*", "_STAN.unsub.*", "_STAN.close.*",
	"_INBOX.*", // acknowledgements
}

// answers are where a client listens: its own requests' answers, messages, and the receipts of what it published.
var answers = []string{"_INBOX.>", "_STAN.acks.*"}

func published(service string) []string {
	var subjects []string
	for _, channel := range append(events.Owned(service), bus.DeadLetters(service)) {
		subjects = append(subjects, "_STAN.pub.*."+channel)
	}
	return subjects
}

// users are the broker's users, including the streaming server's own.
func users(passwords map[string]string) []*nats.User {
	var all []*nats.User
	for name, password := range passwords {
		u := &nats.User{Username: name, Password: password}
		if name != Operator {
			u.Permissions = Permissions(name)
		}
		all = append(all, u)
	}
	return all
}
