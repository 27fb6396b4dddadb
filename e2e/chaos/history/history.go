// Package history is the record of a round: every request with its outcome, every fault, and the state at the end.
package history

import (
	"fmt"
	"time"

	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox"
)

type History struct {
	Seed   uint64  `json:"seed"`
	Ops    []Op    `json:"ops"`    // in the order in which they were called
	Faults []Fault `json:"faults"` // in the order in which they began
	// Healed is when the last fault had ended and everything served again.
	Healed   time.Duration `json:"healed"`
	OrderTTL time.Duration `json:"orderTTL"`
	// Began is the time of day at 0.
	Began time.Time `json:"began"`
	// Skew is the greatest difference between any two clocks.
	Skew time.Duration `json:"skew"`
	// Stall is the longest time that the machine stood still after Healed.
	Stall time.Duration `json:"stall"`
	Final Final         `json:"final"`
}

type Kind string

// The kinds of requests.
const (
	List       Kind = "list"        // POST /api/tickets: Title, Price → TicketState
	Edit       Kind = "edit"        // PUT /api/tickets/{Ticket}: Title, Price → TicketState
	Withdraw   Kind = "withdraw"    // DELETE /api/tickets/{Ticket}
	Place      Kind = "place"       // POST /api/orders: Ticket → OrderState
	Cancel     Kind = "cancel"      // DELETE /api/orders/{Order}
	Pay        Kind = "pay"         // POST /api/payments: Order, Token → ChargeState
	Decide     Kind = "decide"      // the payer's decision at the bank: Order, Decision
	ReadTicket Kind = "read-ticket" // GET /api/tickets/{Ticket} → TicketState
	ReadOrder  Kind = "read-order"  // GET /api/orders/{Order} → OrderState
	ReadCharge Kind = "read-charge" // GET /api/payments?orderId={Order} → ChargeState
	MyOrders   Kind = "my-orders"   // GET /api/orders → OrderStates
	MyCharges  Kind = "my-charges"  // GET /api/payments → ChargeStates
	MyTickets  Kind = "my-tickets"  // GET /api/tickets?seller=me → TicketStates
	Market     Kind = "market"      // GET /api/tickets → TicketStates
	Pry        Kind = "pry"         // a Tried request for another user's object: must be refused
	ComeBack   Kind = "come-back"   // a Tried request with the session of a user who signed out: must be refused
)

// Outcome is what a client knows about the effect of its request.
type Outcome string

// The outcomes.
const (
	OK      Outcome = "ok"      // it took effect
	Refused Outcome = "refused" // a status from 400 to 499: it had no effect
	Unknown Outcome = "unknown" // no response, or a status from 500: it may take effect, now or later
)

// Op is one request of a client. A retry is another Op.
type Op struct {
	ID   int    `json:"id"`
	User string `json:"user"` // the sender's id
	Kind Kind   `json:"kind"`
	// Call and Return are when it was sent and got its response, since the round began.
	Call    time.Duration `json:"call"`
	Return  time.Duration `json:"return"`
	Outcome Outcome       `json:"outcome"`
	Status  int           `json:"status,omitempty"` // of HTTP, 0 without a response
	Message string        `json:"message,omitempty"`

	// The request.
	Ticket string `json:"ticket,omitempty"`
	Order  string `json:"order,omitempty"`
	Title  string `json:"title,omitempty"`
	Price  int64  `json:"price,omitempty"` // in cents
	Token  string `json:"token,omitempty"` // of the card
	// Decision at the bank is "approve" or "refuse".
	Decision string `json:"decision,omitempty"`
	After    string `json:"after,omitempty"` // of a list: the id before the page
	// Tried is the kind of request that a Pry sends.
	Tried Kind `json:"tried,omitempty"`

	// The response.
	TicketState  *api.Ticket  `json:"ticketState,omitempty"`
	OrderState   *api.Order   `json:"orderState,omitempty"`
	ChargeState  *api.Charge  `json:"chargeState,omitempty"` // nil without a charge
	TicketStates []api.Ticket `json:"ticketStates,omitempty"`
	OrderStates  []api.Order  `json:"orderStates,omitempty"`
	ChargeStates []api.Charge `json:"chargeStates,omitempty"`
}

// Fault is a fault that was injected.
type Fault struct {
	Kind   string `json:"kind"`   // such as kill, pause, cut, slow, wipe
	Target string `json:"target"` // such as orders-1, nats, or orders-1→mongo
	// Details are its parameters.
	Details string        `json:"details,omitempty"`
	Begin   time.Duration `json:"begin"` // since the round began
	End     time.Duration `json:"end"`   // when it was undone; Begin for instant faults
	// Recovered is when its target served again, 0 if unknown.
	Recovered time.Duration `json:"recovered,omitempty"`
}

// Final is the state at the end.
type Final struct {
	// At is when it was read, since the round began. Quiet means that nothing was in progress.
	At    time.Duration `json:"at"`
	Quiet bool          `json:"quiet"`
	// Tickets are all that a user ever saw, by id, as tickets shows them.
	Tickets map[string]api.Ticket `json:"tickets"`
	// Orders and Charges come from their buyers' lists, by the order's id.
	Orders  map[string]api.Order  `json:"orders"`
	Charges map[string]api.Charge `json:"charges"`
	// Missing names missing objects, such as "ticket 65…".
	Missing []string       `json:"missing,omitempty"`
	Ledger  sandbox.Ledger `json:"ledger"`
	// DeadLetters and Stuck are lines of the operators' commands.
	DeadLetters map[string][]string `json:"deadLetters,omitempty"`
	Stuck       []string            `json:"stuck,omitempty"`
	Processes   []Process           `json:"processes,omitempty"`
}

// Process is one process at the end.
type Process struct {
	Name string `json:"name"` // such as orders-1
	// Restarts excludes starts that a service gave up because its database was down.
	Restarts int `json:"restarts"`
	// Goroutines are counted, in total and by the function that started them, if the process got SIGQUIT.
	Goroutines int            `json:"goroutines"`
	Stacks     map[string]int `json:"stacks,omitempty"`
	Resident   int64          `json:"resident"` // in bytes
	Before     int64          `json:"before"`   // resident before the load, in bytes, if it has never been restarted
	Links      map[string]int `json:"links"`    // open connections by what they lead to: mongo, nats, redis, stripe
	// Deaths are unexpected exits of runs that had served.
	Deaths []string `json:"deaths,omitempty"`
	// Exit is what went wrong when it was stopped.
	Exit string `json:"exit,omitempty"`
}

// Changes reports whether the request changes something.
func (op Op) Changes() bool {
	switch op.Kind {
	case List, Edit, Withdraw, Place, Cancel, Pay, Decide:
		return true
	}
	return false
}

// String is one line: times, user, request and response.
func (op Op) String() string {
	line := fmt.Sprintf("  %8.3fs %8.3fs  %s %s", op.Call.Seconds(), op.Return.Seconds(), op.User, op.Kind)
	for _, word := range []string{string(op.Tried), op.Ticket, op.Order, op.Title, op.Token, op.Decision} {
		if word != "" {
			line += " " + word
		}
	}
	line += fmt.Sprintf(": %s %d %s", op.Outcome, op.Status, op.Message)
	switch {
	case op.TicketState != nil:
		line += fmt.Sprintf("%+v", *op.TicketState)
	case op.OrderState != nil:
		line += fmt.Sprintf("%+v", *op.OrderState)
	case op.ChargeState != nil:
		line += fmt.Sprintf("%+v", *op.ChargeState)
	}
	return line
}

func (f Fault) String() string {
	return fmt.Sprintf("  %8.3fs %8.3fs  ~ %s %s %s", f.Begin.Seconds(), f.End.Seconds(), f.Kind, f.Target, f.Details)
}

// Tickets are those in the response.
func (op Op) Tickets() []api.Ticket { return shown(op.TicketState, op.TicketStates) }

// Orders are those in the response.
func (op Op) Orders() []api.Order { return shown(op.OrderState, op.OrderStates) }

// Charges are those in the response.
func (op Op) Charges() []api.Charge { return shown(op.ChargeState, op.ChargeStates) }

func shown[T any](one *T, list []T) []T {
	if one == nil {
		return list
	}
	return append([]T{*one}, list...)
}
