package orders

import (
	"errors"
	"slices"
	"testing"
	"time"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/problem"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

const buyer = "65a0000000000000000000b1"

// placed is an order in a status, with nothing recorded.
func placed(status Status) *Order {
	o := Place(&Ticket{ID: "65a000000000000000000071", Title: "Gig", Price: 1999, Released: 2}, buyer, noon)
	return &Order{
		Root:   aggregate.Root{ID: o.ID},
		UserID: o.UserID, Status: status, ExpiresAt: o.ExpiresAt, Ticket: o.Ticket, Slot: o.Slot,
	}
}

func TestPlaceClaimsTheNextReservation(t *testing.T) {
	o := Place(&Ticket{ID: "65a000000000000000000071", Title: "Gig", Price: 1999, Released: 2}, buyer, noon.Add(1234567))
	if o.Slot != "65a000000000000000000071/3" || o.Ticket.Reservation != 3 {
		t.Errorf("slot %s, reservation %d", o.Slot, o.Ticket.Reservation)
	}
	if o.Status != Created || !o.ExpiresAt.Equal(noon.Add(time.Millisecond)) {
		t.Errorf("status %s until %s", o.Status, o.ExpiresAt)
	}
	created, ok := o.Recorded()[0].(events.OrderCreated)
	want := events.OrderCreated{Order: events.Order{ID: o.ID, Status: "created", UserID: buyer, ExpiresAt: o.ExpiresAt,
		Ticket: events.OrderedTicket{ID: "65a000000000000000000071", Title: "Gig", Price: 1999, Reservation: 3}}}
	if !ok || created != want {
		t.Errorf("recorded %+v, want %+v", o.Recorded(), want)
	}
}

// transition is what a change does to an order in a status.
type transition struct {
	what   string
	from   Status
	do     func(*Order) error
	to     Status
	err    error
	events []string
	reason Reason
}

func (c transition) test(t *testing.T) {
	o := placed(c.from)
	if err := c.do(o); !errors.Is(err, c.err) {
		t.Errorf("got %v, want %v", err, c.err)
	}
	var recorded []string
	for _, e := range o.Recorded() {
		recorded = append(recorded, e.Subject())
	}
	if o.Status != c.to || o.Reason != c.reason || !slices.Equal(recorded, c.events) {
		t.Errorf("now %s for %q, recorded %v; want %s for %q, %v", o.Status, o.Reason, recorded, c.to, c.reason, c.events)
	}
}

func TestTransitions(t *testing.T) {
	cancel := func(o *Order) error { return o.Cancel(buyer) }
	cancelAsAnother := func(o *Order) error { return o.Cancel("65a0000000000000000000b2") }
	expireInTime := func(o *Order) error { return o.Expire(noon) }
	expireEarly := func(o *Order) error { return o.Expire(noon.Add(-time.Millisecond)) }
	start := func(o *Order) error { o.StartPayment(); return nil }
	pay := func(o *Order) error { return o.Pay(1999) }
	payLess := func(o *Order) error { return o.Pay(1998) }
	fail := func(o *Order) error { o.FailPayment(); return nil }

	for _, c := range []transition{
		{"cancel", Created, cancel, Cancelled, nil, []string{"order:cancelled"}, ByUser},
		{"cancel again", Cancelled, cancel, Cancelled, nil, nil, ""},
		{"cancel what is paid", Complete, cancel, Complete, ErrComplete, nil, ""},
		{"cancel while paying", AwaitingPayment, cancel, AwaitingPayment, ErrPaymentInFlight, nil, ""},
		{"cancel another's", Created, cancelAsAnother, Created, problem.ErrNotOwner, nil, ""},
		{"cancel another's, cancelled", Cancelled, cancelAsAnother, Cancelled, problem.ErrNotOwner, nil, ""},

		{"expire", Created, expireInTime, Cancelled, nil, []string{"order:cancelled"}, Expired},
		{"expire early", Created, expireEarly, Created, ErrNotYet, nil, ""},
		{"expire while paying", AwaitingPayment, expireInTime, AwaitingPayment, nil, nil, ""},
		{"expire what is paid", Complete, expireInTime, Complete, nil, nil, ""},
		{"expire again", Cancelled, expireInTime, Cancelled, nil, nil, ""},

		{"start", Created, start, AwaitingPayment, nil, nil, ""},
		{"start again", AwaitingPayment, start, AwaitingPayment, nil, nil, ""},
		{"start late", Complete, start, Complete, nil, nil, ""},
		{"start when cancelled", Cancelled, start, Cancelled, nil, nil, ""},

		{"pay", AwaitingPayment, pay, Complete, nil, []string{"order:completed"}, ""},
		{"pay before the start is known", Created, pay, Complete, nil, []string{"order:completed"}, ""},
		{"pay again", Complete, pay, Complete, nil, nil, ""},
		{"pay when cancelled", Cancelled, pay, Cancelled, nil, nil, ""},
		{"pay something else", AwaitingPayment, payLess, AwaitingPayment, ErrAmount, nil, ""},

		{"fail", AwaitingPayment, fail, Cancelled, nil, []string{"order:cancelled"}, PaymentFailed},
		{"fail before the start is known", Created, fail, Cancelled, nil, []string{"order:cancelled"}, PaymentFailed},
		{"fail when cancelled", Cancelled, fail, Cancelled, nil, nil, ""},
		{"fail when paid", Complete, fail, Complete, nil, nil, ""},
	} {
		t.Run(c.what, c.test)
	}
}

func TestCancelledOrdersGiveTheirReason(t *testing.T) {
	o := placed(Created)
	if err := o.Expire(noon); err != nil {
		t.Fatal(err)
	}
	told := o.Recorded()[0].(events.OrderCancelled)
	if told.Reason != "expired" || told.Status != "cancelled" || told.Ticket.Price != money.Cents(1999) {
		t.Errorf("told %+v", told)
	}
}
