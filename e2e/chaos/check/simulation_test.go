package check

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox"
)

// simulation is a correct system in which requests, events and timers take random times, answers get lost
// and requests without one take effect late or never. It makes histories that break nothing.
type simulation struct {
	*rand.Rand
	h     history.History
	now   time.Duration
	queue []moment

	tickets  map[string]*api.Ticket
	reserved map[string]int // by ticket: the highest reservation that tickets has heard of
	orders   map[string]*api.Order
	number   map[string]int // by order: its reservation
	live     map[string]string
	claims   map[string]int // by ticket: how many reservations there were
	charges  map[string]*api.Charge
	payer    map[string]string
	ledger   map[string]*sandbox.LedgerEntry
	skew     time.Duration
	gone     map[string]bool // tickets that orders knows to be withdrawn
}

// up is a time up to some most.
func (s *simulation) up(most time.Duration) time.Duration {
	return time.Duration(s.Int64N(int64(most)))
}

// simulate makes a history of a correct system.
func simulate(seed uint64) history.History {
	s := &simulation{
		Rand:    rand.New(rand.NewPCG(seed, 0)),
		tickets: map[string]*api.Ticket{}, reserved: map[string]int{}, orders: map[string]*api.Order{}, number: map[string]int{},
		live: map[string]string{}, claims: map[string]int{}, charges: map[string]*api.Charge{}, payer: map[string]string{},
		ledger: map[string]*sandbox.LedgerEntry{}, skew: 2 * time.Second,
		gone: map[string]bool{},
	}
	s.h = history.History{Seed: seed, OrderTTL: storyTTL, Skew: s.skew, Began: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	for i := range 4 {
		s.after(s.up(time.Second), func() { s.sell(fmt.Sprintf("seller-%d", i), 6) })
	}
	for i := range 10 {
		s.after(s.up(3*time.Second), func() { s.shop(fmt.Sprintf("buyer-%d", i), 12) })
	}
	for len(s.queue) > 0 {
		m := s.queue[0]
		s.queue = s.queue[1:]
		s.now = m.at
		m.do()
	}
	s.h.Healed = s.now
	s.finish()
	return s.h
}

// request sends one: carry does it, at some moment, and writes the answer into the Op. What follows
// happens once the answer is there, or the client has given up.
func (s *simulation) request(op history.Op, carry func(*history.Op), then func(history.Op)) {
	op.ID, op.Call, op.Outcome = len(s.h.Ops), s.now, history.Unknown
	s.h.Ops = append(s.h.Ops, op)
	answer := func(op history.Op) {
		op.Return = s.now
		s.h.Ops[op.ID] = op
		then(op)
	}
	switch at := s.IntN(100); {
	case at < 4: // it never arrives
		s.after(s.up(5*time.Second), func() { answer(op) })
	case at < 8: // the response is lost, or the effect comes after the client gave up
		s.after(s.up(10*time.Second), func() { lost := op; carry(&lost) })
		s.after(s.up(5*time.Second), func() { answer(op) })
	default:
		s.after(s.up(300*time.Millisecond), func() {
			carry(&op)
			s.after(s.up(100*time.Millisecond), func() { answer(op) })
		})
	}
}

func done(op *history.Op, status int) { op.Outcome, op.Status = history.OK, status }

func refuse(op *history.Op, status int, message string) {
	op.Outcome, op.Status, op.Message = history.Refused, status, message
}

func copied[T any](v *T) *T {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}

// sell lets a seller list tickets, and edit them.
func (s *simulation) sell(seller string, n int) {
	if n == 0 {
		return
	}
	op := history.Op{User: seller, Kind: history.List, Title: fmt.Sprintf("%s %d", seller, n), Price: 50 + s.Int64N(5000)}
	s.request(op, func(op *history.Op) {
		t := &api.Ticket{ID: fmt.Sprintf("T%03d", len(s.tickets)), UserID: seller, Title: op.Title, Price: money.Cents(op.Price).Dollars(), Status: api.Available}
		s.tickets[t.ID] = t
		op.Ticket, op.TicketState = t.ID, copied(t)
		done(op, http.StatusCreated)
	}, func(op history.Op) {
		for i := range 4 {
			if op.Outcome == history.OK {
				s.after(s.up(15*time.Second), func() { s.edit(seller, op.Ticket, fmt.Sprintf("%s %d.%d", seller, n, i)) })
			}
		}
		if op.Outcome == history.OK && s.IntN(2) == 0 {
			s.after(s.up(15*time.Second), func() { s.withdraw(seller, op.Ticket) })
		}
		s.after(s.up(2*time.Second), func() { s.sell(seller, n-1) })
	})
}

func (s *simulation) edit(seller, ticket, title string) {
	op := history.Op{User: seller, Kind: history.Edit, Ticket: ticket, Title: title, Price: 50 + s.Int64N(5000)}
	s.request(op, func(op *history.Op) {
		t := s.tickets[ticket]
		if t.Status != api.Available {
			refuse(op, http.StatusBadRequest, "A "+t.Status+" ticket cannot be changed")
			return
		}
		t.Title, t.Price, t.Version = op.Title, money.Cents(op.Price).Dollars(), t.Version+1
		op.TicketState = copied(t)
		done(op, http.StatusOK)
	}, func(history.Op) {})
}

// shop lets a buyer go after tickets.
func (s *simulation) shop(buyer string, n int) {
	if n == 0 {
		return
	}
	again := func() { s.after(s.up(2*time.Second), func() { s.shop(buyer, n-1) }) }
	if len(s.tickets) == 0 {
		again()
		return
	}
	ticket := fmt.Sprintf("T%03d", max(0, len(s.tickets)-1-s.IntN(4)))
	s.request(history.Op{User: buyer, Kind: history.Place, Ticket: ticket}, func(op *history.Op) { s.place(op) }, func(op history.Op) {
		if op.Outcome == history.OK {
			s.use(*op.OrderState)
		} else {
			s.request(history.Op{User: buyer, Kind: history.MyOrders}, s.myOrders, func(history.Op) {})
		}
		again()
	})
	s.after(s.up(time.Second), func() {
		s.request(history.Op{User: "watcher", Kind: history.ReadTicket, Ticket: ticket}, s.readTicket, func(history.Op) {})
	})
}

func (s *simulation) place(op *history.Op) {
	if s.gone[op.Ticket] {
		refuse(op, http.StatusBadRequest, "The seller has withdrawn this ticket")
		return
	}
	if s.live[op.Ticket] != "" {
		refuse(op, http.StatusBadRequest, "Ticket is already reserved")
		return
	}
	t := s.tickets[op.Ticket]
	skewed := s.up(s.skew) - s.skew/2
	o := &api.Order{ID: fmt.Sprintf("O%03d", len(s.orders)), UserID: op.User, Status: api.Created,
		ExpiresAt: s.h.Began.Add(s.now + storyTTL + skewed),
		Ticket:    api.OrderedTicket{ID: t.ID, Title: t.Title, Price: t.Price}}
	s.orders[o.ID], s.live[t.ID] = o, o.ID
	s.claims[t.ID]++
	s.number[o.ID] = s.claims[t.ID]
	s.tell(o.ID)
	s.after(storyTTL+skewed+s.up(2*time.Second), func() {
		if o.Status == api.Created {
			s.end(o, api.Expired)
		}
	})
	op.Order, op.OrderState = o.ID, copied(o)
	done(op, http.StatusCreated)
}

func (s *simulation) end(o *api.Order, reason string) {
	o.Status, o.Reason, o.Version = api.Cancelled, reason, o.Version+1
	delete(s.live, o.Ticket.ID)
	s.tell(o.ID)
	s.after(s.up(2*time.Second), func() { s.settle(o.ID) })
}

// tell lets tickets hear of an order as it is now, once or twice, sooner or later.
func (s *simulation) tell(id string) {
	now := *s.orders[id]
	for range 1 + s.IntN(2) {
		s.after(s.up(3*time.Second), func() {
			t, n := s.tickets[now.Ticket.ID], s.number[id]
			next := *t
			switch {
			case t.Status == api.Withdrawn && now.Status != api.Complete:
				if n > s.reserved[t.ID] {
					s.sayWithdrawn(t.ID)
				}
			case now.Status == api.Created && n > s.reserved[t.ID]:
				next.Status, next.OrderID = api.Reserved, id
			case now.Status == api.Cancelled && n >= s.reserved[t.ID]:
				next.Status, next.OrderID = api.Available, ""
			case now.Status == api.Complete:
				next.Status, next.OrderID, next.Title, next.Price = api.Sold, id, now.Ticket.Title, now.Ticket.Price
			default:
				return
			}
			if t.Status != api.Sold && (next != *t || n > s.reserved[t.ID]) {
				next.Version++
				*t = next
			}
			s.reserved[t.ID] = max(n, s.reserved[t.ID])
		})
	}
}

// use is what a buyer does with an order.
func (s *simulation) use(o api.Order) {
	watch := func() {
		kind := []history.Kind{history.ReadOrder, history.ReadCharge, history.MyCharges}[s.IntN(3)]
		s.request(history.Op{User: o.UserID, Kind: kind, Order: map[bool]string{true: o.ID}[kind != history.MyCharges]},
			map[history.Kind]func(*history.Op){history.ReadOrder: s.readOrder, history.ReadCharge: s.readCharge, history.MyCharges: s.myCharges}[kind],
			func(history.Op) {})
	}
	for range 4 {
		s.after(s.up(12*time.Second), watch)
	}
	pay := func(token string) {
		s.request(history.Op{User: o.UserID, Kind: history.Pay, Order: o.ID, Token: token}, s.pay, func(op history.Op) {
			if op.Outcome == history.Unknown {
				s.request(history.Op{User: o.UserID, Kind: history.Pay, Order: o.ID, Token: token}, s.pay, func(history.Op) {})
			}
		})
	}
	cancel := func() {
		s.request(history.Op{User: o.UserID, Kind: history.Cancel, Order: o.ID}, s.cancel, func(history.Op) {})
	}
	switch s.IntN(6) {
	case 0:
		s.after(s.up(time.Second), func() { pay("tok_visa") })
	case 1:
		s.after(s.up(time.Second), func() { pay("tok_chargeDeclined") })
	case 2:
		s.after(s.up(time.Second), cancel)
	case 3:
		s.after(s.up(time.Second), func() { pay("tok_visa"); cancel(); pay("tok_visa") })
	case 4:
		s.after(storyTTL-time.Second+s.up(2*time.Second), func() { pay("tok_visa") })
	}
	s.request(history.Op{User: "watcher", Kind: history.Pry, Tried: history.ReadOrder, Order: o.ID},
		func(op *history.Op) { refuse(op, http.StatusUnauthorized, "Not authorized") }, func(history.Op) {})
}

func (s *simulation) cancel(op *history.Op) {
	switch o := s.orders[op.Order]; o.Status {
	case api.Created:
		s.end(o, api.ByUser)
	case api.AwaitingPayment:
		refuse(op, http.StatusBadRequest, "A payment for this order is in progress")
		return
	case api.Complete:
		refuse(op, http.StatusBadRequest, "A completed order can't be cancelled")
		return
	}
	done(op, http.StatusNoContent)
}

// pay takes the payment, which goes on after the answer: the answer is pending then.
func (s *simulation) pay(op *history.Op) {
	o, c := s.orders[op.Order], s.charges[op.Order]
	switch {
	case c != nil:
		op.ChargeState = copied(c)
		done(op, http.StatusOK)
		return
	case o.Status == api.Cancelled:
		refuse(op, http.StatusBadRequest, "The order is cancelled")
		return
	case s.h.Began.Add(s.now).After(o.ExpiresAt):
		refuse(op, http.StatusBadRequest, "The order has expired")
		return
	}
	c = &api.Charge{ID: o.ID, OrderID: o.ID, Status: api.Pending, Amount: o.Ticket.Price, StripeID: "pi_" + o.ID}
	s.charges[o.ID] = c
	s.after(s.up(2*time.Second), func() {
		if o.Status == api.Created {
			o.Status, o.Version = api.AwaitingPayment, o.Version+1
		}
	})
	if op.Token != "tok_visa" {
		c.Status = api.Failed
		s.after(s.up(3*time.Second), func() {
			if isLive(*o) && !isComplete(*o) {
				s.end(o, api.PaymentFailed)
			}
		})
		refuse(op, http.StatusPaymentRequired, "Your card was declined.")
		return
	}
	s.after(s.up(2*time.Second), func() { s.capture(o, c) })
	op.ChargeState = copied(c)
	done(op, http.StatusCreated)
}

func (s *simulation) capture(o *api.Order, c *api.Charge) {
	amount := int64(c.Amount.Cents)
	s.ledger[o.ID] = &sandbox.LedgerEntry{PaymentIntent: c.StripeID, OrderID: o.ID, Status: "succeeded", Amount: amount, CapturedTimes: 1}
	c.Status = api.Succeeded
	s.after(s.up(3*time.Second), func() {
		if isLive(*o) && !isComplete(*o) {
			o.Status, o.Version = api.Complete, o.Version+1
			s.tell(o.ID)
		}
		s.settle(o.ID)
	})
}

// settle gives the money of a cancelled order back.
func (s *simulation) settle(id string) {
	c := s.charges[id]
	if c == nil || c.Status != api.Succeeded || s.orders[id].Status != api.Cancelled {
		return
	}
	e := s.ledger[id]
	c.Status, c.StripeRefundID, c.RefundedAmount, e.Refunded = api.Refunded, "re_"+id, c.Amount, e.Amount
	e.Refunds = []sandbox.LedgerRefund{{ID: c.StripeRefundID, Amount: e.Amount, Status: "succeeded"}}
}

// finish reads everything.
func (s *simulation) finish() {
	f := history.Final{At: s.now + time.Second, Quiet: true,
		Tickets: map[string]api.Ticket{}, Orders: map[string]api.Order{}, Charges: map[string]api.Charge{}}
	for id, t := range s.tickets {
		f.Tickets[id] = *t
	}
	for id, o := range s.orders {
		f.Orders[id] = *o
	}
	for id, c := range s.charges {
		f.Charges[id] = *c
	}
	for _, id := range sorted(s.ledger) {
		e := *s.ledger[id]
		f.Ledger.Captured += e.Amount
		f.Ledger.Refunded += e.Refunded
		f.Ledger.Entries = append(f.Ledger.Entries, e)
	}
	s.h.Final = f
	// Those whose answer had not come when the queue ran dry do not exist: each has returned.
	s.h.Ops = slices.Clip(s.h.Ops)
}

// moment is a step of the simulation. Equal times keep the order in which they were scheduled.
type moment struct {
	at time.Duration
	do func()
}

// after schedules a step.
func (s *simulation) after(d time.Duration, do func()) {
	at := s.now + d
	i, _ := slices.BinarySearchFunc(s.queue, at+1, func(m moment, t time.Duration) int { return cmp.Compare(m.at, t) })
	s.queue = slices.Insert(s.queue, i, moment{at, do})
}
