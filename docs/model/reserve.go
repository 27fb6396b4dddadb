package main

import (
	"cmp"
	"slices"
)

// reserve is how orders gives a ticket to one buyer at a time, and how tickets follows: three buyers who order once each
// on any replica, and a seller, who may withdraw the ticket (withdraw.go). Each field leaves out a rule; the last three
// leave out spares.
type reserve struct {
	anySlot          bool // no unique index on the slot
	slotApart        bool // the slot is taken in one write, and the order inserted in another
	increment        bool // a release adds one to the count
	releaseFirst     bool // the count is advanced before the cancellation is stored
	noRepair         bool // a claim that meets a cancelled order is refused
	noSelf           bool // a claim that meets itself is refused
	createdAgain     bool // order:created applies to the reservation that is known, too
	cancelledNew     bool // order:cancelled applies only above the reservation that is known
	cancelledOld     bool // order:cancelled applies below it, too
	cancelledForgets bool // order:cancelled does not keep the number
	completedNew     bool // order:completed applies only above the reservation that is known
	completedForgets bool // order:completed does not keep the number
	completedBare    bool // order:completed does not bring the offer
	editSold         bool // a seller may edit what is sold
	editWithdrawn    bool // a seller may edit a withdrawn ticket, which puts it back on the market
	createdWins      bool // order:created reserves a withdrawn ticket
	createdSilent    bool // order:created of a withdrawn ticket publishes nothing
	cancelledRelists bool // order:cancelled puts a withdrawn ticket back on the market
	completedLoses   bool // order:completed leaves a withdrawn ticket withdrawn
	keepOrders       bool // orders doesn't cancel the open order of a withdrawn ticket
	cancelOnce       bool // orders cancels it only if its copy of the ticket was older

	withdrawnOnSale bool // a withdrawn ticket can be ordered
	setAnyway       bool // a release sets the count whatever it was
	forgetCount     bool // the count goes back to 0 now and then
}

const buyers = 3

var buyerNames = [buyers]string{"Ada", "Bob", "Cleo"}

type reserveState struct {
	buyers [buyers]buyer
	copy   ticketCopy
	ticket ticket
	news   news
	apart  set // slots that were taken and have no order yet
}

// buyer is a request for the ticket, and its order.
type buyer struct {
	claim claim
	order order
}

// claim is a call of Service.reserve, and the order that it has placed.
type claim struct {
	at    claimAt
	order order
}

type claimAt uint8

const (
	claimAway    claimAt = iota
	claimReads           // again, after the count was put right
	claimInserts         // with a reservation that was read
	claimHasSlot         // and no order yet, where these are apart
	claimRepeats         // after the answer was lost
	claimLooks           // who has the slot, after a duplicate key
	claimRepairs         // the count, after it met a cancelled order
)

// order is an order, as far as its ticket is concerned.
type order struct {
	status      orderStatus
	reservation uint8
	offer       uint8
	heard       set // events that tickets acknowledged: 0 created, 1 ended
}

func (o order) live() bool { return o.status == created || o.status == complete }

// ticketCopy is the copy of the ticket in orders.
type ticketCopy struct {
	released  uint8
	offer     uint8
	withdrawn bool
}

// ticket is the ticket in tickets. Its holder is a buyer, counted from 1.
type ticket struct {
	status      ticketStatus
	holder      uint8
	reservation uint8
	offer       uint8 // 0, and 1 once it was edited
}

type ticketStatus uint8

const (
	available ticketStatus = iota
	reserved
	sold
	withdrawn
)

func (s ticketStatus) String() string {
	return [...]string{"available", "reserved", "sold", "withdrawn"}[s]
}

func (r reserve) explore() finding { return r.model().explore() }

func (r reserve) model() model[reserveState] {
	return model[reserveState]{reserveState{}, r.next, reserveState.wrong, reserveState.wrongAtRest, reserveState.sorted}
}

// sorted maps states to one that differ only in the order of their buyers.
func (s reserveState) sorted() reserveState {
	var holder buyer
	if s.ticket.holder > 0 {
		holder = s.buyers[s.ticket.holder-1]
	}
	slices.SortFunc(s.buyers[:], func(a, b buyer) int { return cmp.Compare(a.rank(), b.rank()) })
	if s.ticket.holder > 0 {
		s.ticket.holder = uint8(slices.Index(s.buyers[:], holder) + 1)
	}
	return s
}

// rank orders buyers: equal only for equal buyers.
func (b buyer) rank() (n uint64) {
	for _, part := range [...]uint8{uint8(b.claim.at),
		uint8(b.claim.order.status), b.claim.order.reservation, b.claim.order.offer,
		uint8(b.order.status), b.order.reservation, b.order.offer, uint8(b.order.heard)} {
		n = n<<8 | uint64(part)
	}
	return n
}

func (s reserveState) wrong() string {
	live := 0
	for _, b := range s.buyers {
		if b.order.live() {
			live++
		}
	}
	switch {
	case live > 1:
		return "P1: a ticket has two live orders"
	case s.ticket.status == sold && s.ticket.offer != s.buyers[s.ticket.holder-1].order.offer:
		return "P7: a sold ticket doesn't show the ordered title and price"
	}
	return ""
}

// wrongAtRest compares the ticket with its orders.
func (s reserveState) wrongAtRest() string {
	want := ticket{available, 0, s.ticket.reservation, s.ticket.offer}
	if s.news.said > 0 {
		want.status = withdrawn
	}
	for i, b := range s.buyers {
		switch b.order.status {
		case created:
			want.status, want.holder = reserved, uint8(i+1)
		case complete:
			want.status, want.holder = sold, uint8(i+1)
		}
	}
	if s.ticket != want {
		return "P3: a ticket is " + s.ticket.status.String() + ", and by its orders " + want.status.String()
	}
	if s.news.said > 0 && want.status == reserved {
		return "P2: a withdrawn ticket has an open order"
	}
	return ""
}

func (r reserve) next(s reserveState, next *steps[reserveState]) {
	for i, b := range s.buyers {
		r.claim(s, i, next)
		if b.order.status != none {
			r.change(s, i, next)
			r.tell(s, i, next)
		}
	}
	r.edit(s, next)
	r.withdraw(s, next)
	if s.copy.offer != s.ticket.offer {
		n := s
		n.copy.offer = s.ticket.offer
		next.must(n, "orders gets the edited ticket")
	}
	if r.forgetCount {
		n := s
		n.copy.released = 0
		next.may(n, "the count is lost")
	}
}

// claim is Service.reserve and Service.claim: read the copy, place an order, insert it, and look who has
// the slot if that fails.
func (r reserve) claim(s reserveState, i int, next *steps[reserveState]) {
	who, c, n := buyerNames[i], s.buyers[i].claim, s
	slot := c.order.reservation
	placed := claim{claimInserts, order{created, s.copy.released + 1, s.copy.offer, 0}}
	switch c.at {
	case claimAway:
		if s.buyers[i].order.status == none && (!s.copy.withdrawn || r.withdrawnOnSale) {
			n.buyers[i].claim = placed
			next.may(n, "%s orders: %d released, so the slot is %d", who, s.copy.released, s.copy.released+1)
		}
		return
	case claimReads:
		if s.copy.withdrawn && !r.withdrawnOnSale {
			n.buyers[i].claim = claim{}
			next.must(n, "%s is refused: the ticket is withdrawn", who)
			break
		}
		n.buyers[i].claim = placed
		next.must(n, "%s starts again: %d released, so the slot is %d", who, s.copy.released, s.copy.released+1)
	case claimInserts:
		r.insert(s, i, next)
	case claimHasSlot:
		n.apart = s.apart.without(int(slot))
		n.buyers[i] = buyer{order: c.order}
		next.must(n, "%s inserts the order, slot %d", who, slot)
	case claimRepeats:
		n.buyers[i].claim.at = claimLooks
		next.must(n, "%s cannot insert it again: slot %d is taken", who, slot)
	case claimLooks:
		r.look(s, i, next)
	case claimRepairs:
		r.release(&n, slot)
		n.buyers[i].claim = claim{at: claimReads}
		next.must(n, "%s puts the count right: %d released", who, n.copy.released)
	}
	n = s
	n.buyers[i].claim = claim{}
	next.may(n, "the process dies that serves %s", who)
}

// insert is the write that decides who has the slot.
func (r reserve) insert(s reserveState, i int, next *steps[reserveState]) {
	who, c, n := buyerNames[i], s.buyers[i].claim, s
	slot := c.order.reservation
	switch {
	case (s.holder(slot) >= 0 || s.apart.has(int(slot))) && !r.anySlot:
		n.buyers[i].claim.at = claimLooks
		next.must(n, "%s cannot insert: slot %d is taken", who, slot)
	case r.slotApart:
		n.apart = s.apart.with(int(slot))
		n.buyers[i].claim.at = claimHasSlot
		next.must(n, "%s takes slot %d", who, slot)
	default:
		n.buyers[i] = buyer{order: c.order}
		next.must(n, "%s inserts the order, slot %d", who, slot)
		n.buyers[i].claim = claim{claimRepeats, c.order}
		next.may(n, "%s inserts the order, slot %d, and the answer is lost", who, slot)
	}
}

// holder is the buyer whose order has a slot, or -1.
func (s reserveState) holder(slot uint8) int {
	return slices.IndexFunc(s.buyers[:], func(b buyer) bool {
		return b.order.status != none && b.order.reservation == slot
	})
}

// inserting reports whether a buyer took a slot and is about to insert the order.
func (s reserveState) inserting(slot uint8) bool {
	return slices.ContainsFunc(s.buyers[:], func(b buyer) bool {
		return b.claim.at == claimHasSlot && b.claim.order.reservation == slot
	})
}

// look handles a duplicate key by the holder of the slot.
func (r reserve) look(s reserveState, i int, next *steps[reserveState]) {
	who, slot, n := buyerNames[i], s.buyers[i].claim.order.reservation, s
	holder := s.holder(slot)
	n.buyers[i].claim = claim{}
	switch {
	case holder < 0 && s.inserting(slot):
		next.must(n, "%s finds no order in slot %d yet and is refused", who, slot)
	case holder < 0:
		next.wrong("a buyer is refused an available ticket", "%s finds no order in slot %d and is refused", who, slot)
	case holder == i && r.noSelf:
		next.wrong("a buyer is refused the ticket of their own order", "%s finds an order in slot %d and is refused", who, slot)
	case holder == i:
		next.must(n, "%s finds this very order in slot %d and has won", who, slot)
	case s.buyers[holder].order.status != cancelled:
		next.must(n, "%s finds the order of %s in slot %d and is refused", who, buyerNames[holder], slot)
	case r.noRepair:
		next.wrong("a buyer is refused an available ticket",
			"%s finds a cancelled order in slot %d and is refused", who, slot)
	default:
		n.buyers[i].claim = claim{claimRepairs, s.buyers[i].claim.order}
		next.must(n, "%s finds the cancelled order of %s in slot %d", who, buyerNames[holder], slot)
	}
}

// change ends an order, for the reasons in money.go. Service.change releases the ticket once the cancellation is
// stored, again for each repeated event. It may die before.
func (r reserve) change(s reserveState, i int, next *steps[reserveState]) {
	o, n := s.buyers[i].order, s
	if o.status == created {
		n.buyers[i].order.status = complete
		next.may(n, "the order of %s is paid", buyerNames[i])
		n.buyers[i].order.status = cancelled
		next.may(n, "the order of %s is cancelled", buyerNames[i])
	}
	if o.status == cancelled || o.status == created && r.releaseFirst {
		n = s
		r.release(&n, o.reservation)
		next.may(n, "orders releases slot %d: %d released", o.reservation, n.copy.released)
	}
}

// release updates the copy of the ticket in orders.
func (r reserve) release(s *reserveState, reservation uint8) {
	switch {
	case r.increment:
		s.copy.released = min(s.copy.released+1, buyers)
	case r.setAnyway, s.copy.released == reservation-1:
		s.copy.released = reservation
	}
}

// tell delivers the events of an order to tickets, in any order and repeatedly.
func (r reserve) tell(s reserveState, i int, next *steps[reserveState]) {
	o := s.buyers[i].order
	r.hear(s, i, 0, "order:created", r.reserved(s.ticket, uint8(i+1), o), next)
	switch o.status {
	case cancelled:
		r.hear(s, i, 1, "order:cancelled", r.released(s.ticket, o), next)
	case complete:
		if o.reservation < s.ticket.reservation {
			next.wrong("P7: a sale is a dead letter", "tickets gets order:completed of reservation %d", o.reservation)
		}
		r.hear(s, i, 1, "order:completed", r.sold(s.ticket, uint8(i+1), o), next)
	}
}

func (r reserve) hear(s reserveState, i, event int, subject string, now ticket, next *steps[reserveState]) {
	o, n := s.buyers[i].order, s
	if s.ticket.status == sold && now != s.ticket {
		next.wrong("P7: a sold ticket changes", "tickets gets %s of reservation %d", subject, o.reservation)
		return
	}
	if now != s.ticket && now.status == withdrawn && !(event == 0 && r.createdSilent) {
		n.news.said++
	}
	n.ticket = now
	n.buyers[i].order.heard = o.heard.with(event)
	next.comes(o.heard.has(event), n, "tickets gets %s of reservation %d: %s", subject, o.reservation, now.status)
}

// edit is Ticket.Edit, once.
func (r reserve) edit(s reserveState, next *steps[reserveState]) {
	n := s
	n.ticket = ticket{available, 0, s.ticket.reservation, 1}
	switch {
	case s.ticket.offer > 0:
	case s.ticket.status == available, s.ticket.status == withdrawn && r.editWithdrawn:
		next.may(n, "the seller edits the ticket")
	case s.ticket.status == sold && r.editSold:
		next.wrong("P7: a sold ticket changes", "the seller edits the ticket")
	}
}

// reserved is Ticket.Reserve.
func (r reserve) reserved(t ticket, holder uint8, o order) ticket {
	if o.reservation < t.reservation || o.reservation == t.reservation && !r.createdAgain {
		return t
	}
	if t.status == withdrawn && !r.createdWins {
		return ticket{withdrawn, 0, o.reservation, t.offer}
	}
	return ticket{reserved, holder, o.reservation, t.offer}
}

// released is Ticket.Release.
func (r reserve) released(t ticket, o order) ticket {
	switch {
	case o.reservation < t.reservation && !r.cancelledOld, o.reservation == t.reservation && r.cancelledNew:
		return t
	case o.reservation > t.reservation && !r.cancelledForgets:
		t.reservation = o.reservation
	}
	if t.status == withdrawn && !r.cancelledRelists {
		return ticket{withdrawn, 0, t.reservation, t.offer}
	}
	return ticket{available, 0, t.reservation, t.offer}
}

// sold is Ticket.Sell.
func (r reserve) sold(t ticket, holder uint8, o order) ticket {
	if o.reservation == t.reservation && r.completedNew || t.status == withdrawn && r.completedLoses {
		return t
	}
	now := ticket{sold, holder, o.reservation, o.offer}
	if r.completedForgets {
		now.reservation = t.reservation
	}
	if r.completedBare {
		now.offer = t.offer
	}
	return now
}
