package main

// news is what tickets publishes about a withdrawn ticket, and what orders makes of it.
type news struct {
	said    uint8 // how many times tickets has published that the ticket is withdrawn
	handled uint8 // the last of these that orders has acknowledged
}

// withdraw is Ticket.Withdraw, and how orders handles the event: it stores the copy, and then cancels the order in
// the next slot until there's none to cancel. The process may die after every step.
func (r reserve) withdraw(s reserveState, next *steps[reserveState]) {
	n := s
	if s.ticket.status == available && s.news.said == 0 {
		n.ticket = ticket{withdrawn, 0, s.ticket.reservation, s.ticket.offer}
		n.news.said = 1
		next.may(n, "the seller withdraws the ticket")
	}
	if s.news.handled == s.news.said {
		return
	}
	n = s
	if !s.copy.withdrawn {
		n.copy.withdrawn = true
		next.must(n, "orders stores that the ticket is withdrawn")
		return
	}
	acknowledged := s
	acknowledged.news.handled = s.news.said
	slot := s.copy.released + 1
	holder := s.holder(slot)
	switch {
	case holder >= 0 && s.buyers[holder].order.status == created && !r.keepOrders:
		n.buyers[holder].order.status = cancelled
		next.must(n, "orders cancels the order of %s: the ticket is withdrawn", buyerNames[holder])
		if r.cancelOnce {
			next.may(acknowledged, "orders dies, gets the event again and finds that its copy isn't older")
		}
	case holder >= 0 && s.buyers[holder].order.status == cancelled:
		r.release(&n, slot)
		next.must(n, "orders releases slot %d: %d released", slot, n.copy.released)
	default:
		next.must(acknowledged, "orders finds no order to cancel in slot %d", slot)
	}
}
