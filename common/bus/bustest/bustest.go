// Package bustest holds what every implementation of bus.Bus must do. Each runs this one suite, so a
// test of a service on bus/memory says something about bus/stan too.
package bustest

import (
	"testing"

	"ticketing.dev/common/bus"
)

// Broker is a broker of the implementation under test.
type Broker interface {
	// Connect makes a connection that is ready to publish. The end of the test closes it.
	Connect(t *testing.T) bus.Bus
	// Restart ends the broker without warning and starts it again with what it has stored.
	Restart(t *testing.T)
}

// Run runs the suite, each test on a broker without messages that start makes for it. What is not
// acknowledged should come again within a second or so, for several tests wait for that.
func Run(t *testing.T, start func(t *testing.T) Broker) {
	for _, c := range []struct {
		promise string
		test    func(*testing.T, Broker)
	}{
		{"a channel is delivered from its first message", fromTheFirstMessage},
		{"a failure brings the message again until success", againUntilSuccess},
		{"messages are handled side by side", sideBySide},
		{"a handler has a deadline", deadline},
		{"members of a group share the messages", membersShare},
		{"every group gets every message", groupsGetAll},
		{"a message of a member that leaves goes to another", handedOver},
		{"leaving waits for the running handler", leavingWaits},
		{"a group keeps its place without members", keepsItsPlace},
		{"nothing is lost among many publishers", manyPublishers},
		{"nothing stored is lost when the broker restarts", restart},
		{"poison goes to the dead letters", poisonIsBuried},
		{"what cannot be decoded is poison", undecodableIsBuried},
		{"trouble never goes to the dead letters", troubleIsNotBuried},
		{"poison comes again until it is buried", againUntilBuried},
		{"a panic brings the message again", againAfterPanic},
		{"a channel is replayed in its order", replayed},
		{"a replay of an empty channel ends", replayEmpty},
		{"a replay ends with its context", replayCancelled},
		{"a replay ends when the broker does", replayFails},
		{"a new session says since when it lasts", sessionKnown},
	} {
		t.Run(c.promise, func(t *testing.T) {
			t.Parallel()
			c.test(t, start(t))
		})
	}
}
