package workload

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// ordersAtOnce is how many orders a buyer handles side by side.
const ordersAtOnce = 3

// buyer orders tickets, and pays, cancels or abandons the orders.
type buyer struct {
	l *Workload
	*client
	id int
}

func (b *buyer) run(ctx context.Context) {
	var purchases sync.WaitGroup
	defer purchases.Wait()
	semaphore := make(chan struct{}, ordersAtOnce)
	r := b.l.random(2, b.id)
	for n := 1; ; n++ {
		ticket, ok := b.next(ctx, r)
		if !ok {
			return
		}
		if ticket == "" {
			continue
		}
		select {
		case semaphore <- struct{}{}:
		case <-ctx.Done():
			return
		}
		purchases.Go(func() {
			defer func() { <-semaphore }()
			b.buy(ctx, b.l.random(2, n<<16|b.id), ticket)
		})
	}
}

// next waits for a ticket to order: one that was just listed, which other buyers want too, or after a while any. It's
// empty if no ticket is for sale, and false when ctx ended.
func (b *buyer) next(ctx context.Context, r random) (ticket string, ok bool) {
	timer := time.NewTimer(r.between(300*time.Millisecond, 1500*time.Millisecond))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case ticket = <-b.l.fresh[b.id]:
	case <-timer.C:
		ticket, _ = b.l.board.ticketNotOf("", r)
	}
	return ticket, ctx.Err() == nil
}

// plans are the weighted choices of a buyer with an order.
var plans = []struct {
	weight int
	do     func(*purchase, context.Context)
}{
	{22, (*purchase).payWell},
	{12, (*purchase).payInBetween},
	{10, (*purchase).payDeclined},
	{14, (*purchase).payAtBank},
	{8, (*purchase).abandon},
	{10, (*purchase).changeMind},
	{8, (*purchase).payLate},
	{7, (*purchase).payTwice},
	{7, (*purchase).cancelWhilePaying},
	{3, (*purchase).payBadly},
	{3, (*purchase).cancelWhenComplete},
}

// buy orders a ticket and, if the buyer gets it, carries out one of the plans.
func (b *buyer) buy(ctx context.Context, r random, ticket string) {
	order, ok := b.order(ctx, r, ticket)
	if !ok {
		return
	}
	b.l.board.place(order.ID, b.user.ID)
	if !r.think(ctx, 50*time.Millisecond, 400*time.Millisecond) {
		return
	}
	total := 0
	for _, p := range plans {
		total += p.weight
	}
	at := r.IntN(total)
	for _, p := range plans {
		if at -= p.weight; at < 0 {
			p.do(&purchase{b, r, order}, ctx)
			return
		}
	}
}

// order places an order. Without a response, most buyers look for it in their orders.
func (b *buyer) order(ctx context.Context, r random, ticket string) (o api.Order, ok bool) {
	unanswered := false
	op := retry(ctx, func() history.Op {
		op := b.place(ctx, ticket)
		unanswered = unanswered || op.Outcome == history.Unknown
		return op
	})
	switch {
	case op.Outcome == history.OK:
		return *op.OrderState, true
	case strings.Contains(op.Message, "reserved") && r.chance(15):
		if seen := b.readTicket(ctx, ticket); seen.TicketState != nil && seen.TicketState.Status == api.Sold {
			b.l.board.sell(ticket)
		}
	}
	if !unanswered || !r.chance(80) {
		return o, false
	}
	mine := retry(ctx, func() history.Op { return b.send(ctx, history.Op{Kind: history.MyOrders}) })
	i := slices.IndexFunc(mine.OrderStates, func(o api.Order) bool { return o.Ticket.ID == ticket && o.Status == api.Created })
	if i < 0 {
		return o, false
	}
	return mine.OrderStates[i], true
}
