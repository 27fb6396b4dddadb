package workload

import (
	"slices"
	"sync"
)

// board has the tickets for sale, oldest first, and all orders, for users to choose from.
type board struct {
	mu     sync.Mutex
	open   []owned
	orders []owned
}

// owned is a ticket or an order.
type owned struct{ id, owner string }

func (b *board) list(ticket, seller string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = append(b.open, owned{ticket, seller})
}

func (b *board) place(order, buyer string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.orders = append(b.orders, owned{order, buyer})
}

func (b *board) sell(ticket string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = slices.DeleteFunc(b.open, func(t owned) bool { return t.id == ticket })
}

func (b *board) unsold() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.open)
}

// ticketNotOf returns a random ticket for sale that isn't the user's, if any.
func (b *board) ticketNotOf(user string, r random) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return pick(r, notOf(user, b.open))
}

func (b *board) orderNotOf(user string, r random) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return pick(r, notOf(user, b.orders))
}

func notOf(user string, all []owned) (ids []string) {
	for _, o := range all {
		if o.owner != user {
			ids = append(ids, o.id)
		}
	}
	return ids
}
