package check

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox"
)

// simulations is how many correct histories are made up. Each takes some 30 ms with the race detector.
const simulations = 20

// seeds are those of the simulations: from one that is new each time, or only SEED.
func seeds(t *testing.T) []uint64 {
	if text := os.Getenv("SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return []uint64{seed}
	}
	first := rand.Uint64N(1 << 32)
	t.Logf("seeds from %d", first)
	var all []uint64
	for i := range uint64(simulations) {
		all = append(all, first+i)
	}
	return all
}

func TestNoHistoryOfACorrectSystemBreaksAnything(t *testing.T) {
	for _, seed := range seeds(t) {
		h := simulate(seed)
		v := Judge(h)
		for _, broken := range v.Violations {
			t.Errorf("SEED=%d %s: %s", seed, broken.Promise, broken.What)
			for _, op := range broken.Ops {
				t.Logf("%+v %+v %+v %+v", op, op.TicketState, op.OrderState, op.ChargeState)
			}
		}
		if len(v.Undecided) > 0 {
			t.Errorf("SEED=%d undecided: %v", seed, v.Undecided)
		}
		if t.Failed() {
			return
		}
	}
}

// Each mutation spoils a history somewhere at random, if there is something to spoil, and says so.
var mutations = []struct {
	name     string
	promises []string // one of which it is caught under
	spoil    func(*rand.Rand, *history.History) bool
}{
	{"an order is lost", []string{P2}, func(r *rand.Rand, h *history.History) bool {
		op, ok := some(r, h, func(op *history.Op) bool { return op.Kind == history.Place && op.Outcome == history.OK })
		if ok {
			delete(h.Final.Orders, op.Order)
		}
		return ok
	}},
	{"a ticket is lost", []string{P2}, func(r *rand.Rand, h *history.History) bool {
		op, ok := some(r, h, func(op *history.Op) bool { return op.Kind == history.List && op.Outcome == history.OK })
		if ok {
			delete(h.Final.Tickets, op.Ticket)
		}
		return ok
	}},
	{"an answer is older than the one before", []string{P2, P3, P5, P7}, func(r *rand.Rand, h *history.History) bool {
		f := collect(*h)
		op, ok := some(r, h, func(op *history.Op) bool {
			return op.Kind == history.Place && slices.ContainsFunc(f.orders[op.Order], func(s observation[api.Order]) bool {
				return s.op.Kind != Final && s.state.Version > 0
			})
		})
		if ok {
			late(h, history.Op{User: op.User, Kind: history.ReadOrder, Order: op.Order, OrderState: op.OrderState})
		}
		return ok
	}},
	{"a refusal without an order", []string{P1}, func(_ *rand.Rand, h *history.History) bool {
		for _, id := range sorted(h.Final.Tickets) {
			if knownFree(h, id) {
				late(h, history.Op{User: "buyer-0", Kind: history.Place, Ticket: id, Outcome: history.Refused, Status: 400, Message: "Ticket is already reserved"})
				return true
			}
		}
		return false
	}},
	{"a refusal is a second success", []string{P1}, func(r *rand.Rand, h *history.History) bool {
		// While one order was surely there: read live before and after.
		f := collect(*h)
		op, ok := some(r, h, func(op *history.Op) bool {
			return op.Kind == history.Place && op.Outcome == history.Refused && surelyHeld(f, op)
		})
		if ok {
			o := api.Order{ID: "O999", UserID: op.User, Status: api.Created, ExpiresAt: h.Began.Add(op.Return + storyTTL),
				Ticket: api.OrderedTicket{ID: op.Ticket, Title: h.Final.Tickets[op.Ticket].Title, Price: money.Cents(50).Dollars()}}
			op.Outcome, op.Status, op.Message, op.Order, op.OrderState = history.OK, 201, "", o.ID, &o
			o.Status, o.Reason, o.Version = api.Cancelled, api.Expired, 1
			h.Final.Orders[o.ID] = o
			first := o
			first.Status, first.Reason, first.Version = api.Created, "", 0
			op.OrderState = &first
		}
		return ok
	}},
	{"money is taken twice", []string{P4}, func(r *rand.Rand, h *history.History) bool {
		if len(h.Final.Ledger.Entries) == 0 {
			return false
		}
		e := &h.Final.Ledger.Entries[r.IntN(len(h.Final.Ledger.Entries))]
		e.CapturedTimes++
		h.Final.Ledger.Captured += e.Amount
		return true
	}},
	{"a cent is missing", []string{P4}, func(r *rand.Rand, h *history.History) bool {
		if len(h.Final.Ledger.Entries) == 0 {
			return false
		}
		h.Final.Ledger.Entries[r.IntN(len(h.Final.Ledger.Entries))].Amount--
		h.Final.Ledger.Captured--
		return true
	}},
	{"a refund is left out", []string{P4}, func(_ *rand.Rand, h *history.History) bool {
		i := slices.IndexFunc(h.Final.Ledger.Entries, func(e sandbox.LedgerEntry) bool { return e.Refunded > 0 })
		if i >= 0 {
			e := &h.Final.Ledger.Entries[i]
			h.Final.Ledger.Refunded -= e.Refunded
			e.Refunded, e.Refunds = 0, nil
		}
		return i >= 0
	}},
	{"an order stays open", []string{P5}, func(_ *rand.Rand, h *history.History) bool {
		for _, id := range sorted(h.Final.Orders) {
			if o := h.Final.Orders[id]; o.Reason == api.Expired {
				o.Status, o.Reason, o.Version = api.Created, "", 0
				h.Final.Orders[id] = o
				return true
			}
		}
		return false
	}},
	{"a ticket stays reserved", []string{P2}, func(_ *rand.Rand, h *history.History) bool {
		for _, id := range sorted(h.Final.Orders) {
			o := h.Final.Orders[id]
			if t := h.Final.Tickets[o.Ticket.ID]; isCancelled(o) && t.Status == api.Available {
				t.Status, t.OrderID = api.Reserved, id
				h.Final.Tickets[t.ID] = t
				return true
			}
		}
		return false
	}},
	{"a sale says another price", []string{P7}, func(_ *rand.Rand, h *history.History) bool {
		for _, id := range sorted(h.Final.Tickets) {
			if t := h.Final.Tickets[id]; isSold(t) {
				t.Price.Cents++
				h.Final.Tickets[id] = t
				return true
			}
		}
		return false
	}},
	{"an order expires early", []string{P5}, func(r *rand.Rand, h *history.History) bool {
		op, ok := some(r, h, func(op *history.Op) bool { return op.OrderState != nil && op.OrderState.Reason == api.Expired })
		if !ok {
			return false
		}
		change(h.Final.Orders, op.Order, func(o *api.Order) { o.ExpiresAt = o.ExpiresAt.Add(time.Minute) })
		for i := range h.Ops {
			if o := h.Ops[i].OrderState; o != nil && o.ID == op.Order {
				o.ExpiresAt = o.ExpiresAt.Add(time.Minute)
			}
			for n := range h.Ops[i].OrderStates {
				if o := &h.Ops[i].OrderStates[n]; o.ID == op.Order {
					o.ExpiresAt = o.ExpiresAt.Add(time.Minute)
				}
			}
		}
		return true
	}},
	{"a stranger is let in", []string{P6}, func(r *rand.Rand, h *history.History) bool {
		op, ok := some(r, h, func(op *history.Op) bool { return op.Kind == history.Pry && op.Outcome == history.Refused })
		if ok {
			op.Outcome, op.Status = history.OK, 200
		}
		return ok
	}},
}

func TestFindsEveryMutation(t *testing.T) {
	spoiled := make(map[string]int)
	for _, seed := range seeds(t) {
		for _, m := range mutations {
			h := simulate(seed)
			if !m.spoil(rand.New(rand.NewPCG(seed, 1)), &h) {
				continue
			}
			spoiled[m.name]++
			if !slices.ContainsFunc(Judge(h).Violations, func(v Violation) bool { return slices.Contains(m.promises, v.Promise) }) {
				t.Errorf("SEED=%d %s: not caught", seed, m.name)
			}
		}
	}
	t.Log(spoiled)
	for _, m := range mutations {
		if os.Getenv("SEED") == "" && spoiled[m.name] == 0 {
			t.Errorf("%s: never tried", m.name)
		}
	}
}

// some picks one of the requests that are wanted.
func some(r *rand.Rand, h *history.History, wanted func(*history.Op) bool) (*history.Op, bool) {
	var those []*history.Op
	for i := range h.Ops {
		if wanted(&h.Ops[i]) {
			those = append(those, &h.Ops[i])
		}
	}
	if len(those) == 0 {
		return nil, false
	}
	return those[r.IntN(len(those))], true
}

// knownFree says whether each order of a ticket was seen to have ended before the end.
func knownFree(h *history.History, ticket string) bool {
	for _, seen := range collect(*h).orders {
		if seen[0].state.Ticket.ID != ticket {
			continue
		}
		if s, ended := earliest(seen, isCancelled); !ended || s.op.Kind == Final {
			return false
		}
	}
	return true
}

// surelyHeld says whether an order of a ticket was live all the while a request for it took.
func surelyHeld(f facts, place *history.Op) bool {
	for _, seen := range f.orders {
		if seen[0].state.Ticket.ID != place.Ticket {
			continue
		}
		first, _ := earliest(seen, always)
		last, live := latest(seen, isLive)
		if live && first.op.Return < place.Call && last.op.Call > place.Return {
			return true
		}
	}
	return false
}
