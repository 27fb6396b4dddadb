package load

import (
	"context"
	"fmt"
	"time"

	"ticketing.dev/e2e/chaos/history"
)

// seller lists tickets as long as there are few, and edits them, also while they are reserved and sold.
type seller struct {
	l *Load
	*client
	choices
}

func (s *seller) run(ctx context.Context) {
	var own []string
	for n := 0; s.think(ctx, 100*time.Millisecond, 700*time.Millisecond); n++ {
		switch enough := s.l.board.unsold() >= len(s.l.buyers)/2; {
		case len(own) == 0 || !enough && s.chance(70):
			if ticket, ok := s.offer(ctx, n); ok {
				own = append(own, ticket)
			}
		case s.chance(60):
			s.change(ctx, own, n)
		case s.chance(20):
			s.myTickets(ctx, "")
		default:
			s.readTicket(ctx, recent(s.choices, own))
		}
	}
}

// offer lists a ticket, perhaps thinks better of it, and tells buyers of it, who are many and come at once.
func (s *seller) offer(ctx context.Context, n int) (string, bool) {
	title, price := fmt.Sprintf("Row %d of %s", n, s.email), s.price()
	op := insist(ctx, func() history.Op { return s.list(ctx, title, price) })
	if op.Outcome != history.OK {
		return "", false
	}
	if s.chance(40) {
		s.change(ctx, []string{op.Ticket}, n)
	}
	s.think(ctx, 0, 300*time.Millisecond)
	s.l.board.list(op.Ticket, s.user.ID)
	for _, fresh := range s.l.fresh {
		if s.chance(60) {
			select {
			case fresh <- op.Ticket:
			default: // who has not looked at the last one yet does not hear of this one
			}
		}
	}
	return op.Ticket, true
}

// change gives a ticket another title and price. Titles are never used twice, so that each tells which
// request it comes from.
func (s *seller) change(ctx context.Context, own []string, n int) {
	ticket := recent(s.choices, own)
	title, price := fmt.Sprintf("Row %d of %s, changed", n, s.email), s.price()
	send := func() history.Op { return s.edit(ctx, ticket, title, price) }
	if s.chance(70) {
		insist(ctx, send)
	} else {
		send()
	}
}

// recent picks mostly one of the last few.
func recent(c choices, of []string) string {
	if len(of) > 5 && c.chance(80) {
		of = of[len(of)-5:]
	}
	return of[c.IntN(len(of))]
}
