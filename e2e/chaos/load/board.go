package load

import "sync"

// board is what people have heard of: what is for sale, and whose orders there are.
type board struct {
	mu     sync.Mutex
	open   []listed // not known to be sold, oldest first
	orders []placed
}

type listed struct{ ticket, seller string }

type placed struct{ order, buyer string }

func newBoard() *board { return &board{} }

func (b *board) list(ticket, seller string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = append(b.open, listed{ticket, seller})
}

func (b *board) place(order, buyer string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.orders = append(b.orders, placed{order, buyer})
}

// sell takes a ticket off the board.
func (b *board) sell(ticket string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, t := range b.open {
		if t.ticket == ticket {
			b.open = append(b.open[:i:i], b.open[i+1:]...)
			return
		}
	}
}

// unsold is how many tickets are on the board.
func (b *board) unsold() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.open)
}

// anyTicket is one on the board, of somebody else than the user unless that is empty. It says whether
// there is one.
func (b *board) anyTicket(c choices, notOf string) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var those []string
	for _, t := range b.open {
		if t.seller != notOf {
			those = append(those, t.ticket)
		}
	}
	return pick(c, those)
}

// foreignOrder is an order that is not the user's.
func (b *board) foreignOrder(c choices, user string) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var those []string
	for _, o := range b.orders {
		if o.buyer != user {
			those = append(those, o.order)
		}
	}
	return pick(c, those)
}

func pick(c choices, of []string) (string, bool) {
	if len(of) == 0 {
		return "", false
	}
	return of[c.IntN(len(of))], true
}
