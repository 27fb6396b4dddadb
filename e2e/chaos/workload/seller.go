package workload

import (
	"context"
	"fmt"
	"time"

	"ticketing.dev/e2e/chaos/history"
)

// seller lists tickets while few are for sale, and edits and withdraws them, even while they're reserved or sold.
type seller struct {
	l *Workload
	*client
	random
}

func (s *seller) run(ctx context.Context) {
	var own []string
	for n := 0; s.think(ctx, 100*time.Millisecond, 700*time.Millisecond); n++ {
		switch few := s.l.board.unsold() < len(s.l.buyers)/2; {
		case len(own) == 0 || few && s.chance(70):
			if ticket, ok := s.list(ctx, n); ok {
				own = append(own, ticket)
			}
		case s.chance(60):
			s.edit(ctx, s.recent(own), n)
		case s.chance(15):
			s.withdraw(ctx, s.recent(own))
		case s.chance(20):
			s.send(ctx, history.Op{Kind: history.MyTickets})
		default:
			s.readTicket(ctx, s.recent(own))
		}
	}
}

// list lists a ticket, perhaps edits or withdraws it, and notifies buyers, who order at once.
func (s *seller) list(ctx context.Context, n int) (string, bool) {
	op := history.Op{Kind: history.List, Title: fmt.Sprintf("Row %d of %s", n, s.email), Price: s.price()}
	op = retry(ctx, func() history.Op { return s.send(ctx, op) })
	if op.Outcome != history.OK {
		return "", false
	}
	if s.chance(40) {
		s.edit(ctx, op.Ticket, n)
	}
	if s.chance(15) && s.send(ctx, history.Op{Kind: history.Withdraw, Ticket: op.Ticket}).Outcome == history.OK && s.chance(60) {
		return op.Ticket, true // no buyer learns of it
	}
	s.think(ctx, 0, 300*time.Millisecond)
	s.l.board.list(op.Ticket, s.user.ID)
	for _, fresh := range s.l.fresh {
		if s.chance(60) {
			select {
			case fresh <- op.Ticket:
			default: // the buyer hasn't looked at the previous one yet
			}
		}
	}
	return op.Ticket, true
}

// edit changes title and price. No title is used twice, so each names the request that it comes from.
func (s *seller) edit(ctx context.Context, ticket string, n int) {
	op := history.Op{Kind: history.Edit, Ticket: ticket, Title: fmt.Sprintf("Row %d of %s, changed", n, s.email), Price: s.price()}
	send := func() history.Op { return s.send(ctx, op) }
	if s.chance(70) {
		retry(ctx, send)
	} else {
		send()
	}
}

// withdraw withdraws a ticket and, mostly, insists on an answer. Buyers who want it don't know yet.
func (s *seller) withdraw(ctx context.Context, ticket string) {
	send := func() history.Op { return s.send(ctx, history.Op{Kind: history.Withdraw, Ticket: ticket}) }
	op := send()
	if op.Outcome == history.Unknown && s.chance(70) {
		op = retry(ctx, send)
	}
	if op.Outcome == history.OK && s.think(ctx, 0, 2*time.Second) {
		s.l.board.sell(ticket)
	}
}

// recent is mostly one of the last few.
func (s *seller) recent(own []string) string {
	if len(own) > 5 && s.chance(80) {
		own = own[len(own)-5:]
	}
	return own[s.IntN(len(own))]
}
