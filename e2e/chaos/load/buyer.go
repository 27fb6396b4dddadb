package load

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

// journeys is how many orders a buyer deals with side by side.
const journeys = 3

// buyer goes after tickets, and does with the orders what people do.
type buyer struct {
	l *Load
	*client
	id int
}

func (b *buyer) run(ctx context.Context) {
	var under sync.WaitGroup
	defer under.Wait()
	places := make(chan struct{}, journeys)
	c := b.l.choices(2, b.id)
	for n := 1; ; n++ {
		ticket, ok := b.next(ctx, c)
		if !ok {
			return
		}
		if ticket == "" {
			continue
		}
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return
		}
		under.Go(func() {
			defer func() { <-places }()
			b.buy(ctx, b.l.choices(2, n<<16|b.id), ticket)
		})
	}
}

// next waits until the buyer wants a ticket: one that was listed just now, after which many are, or
// after a while any. It is empty if there is none, and not ok when ctx has ended.
func (b *buyer) next(ctx context.Context, c choices) (ticket string, ok bool) {
	timer := time.NewTimer(c.between(300*time.Millisecond, 1500*time.Millisecond))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return "", false
	case ticket := <-b.l.fresh[b.id]:
		return ticket, ctx.Err() == nil
	case <-timer.C:
		ticket, _ := b.l.board.anyTicket(c, "")
		return ticket, ctx.Err() == nil
	}
}

// plans are what buyers do with an order, with their weights.
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

// buy orders a ticket and, if the buyer gets it, goes on with the order.
func (b *buyer) buy(ctx context.Context, c choices, ticket string) {
	order, ok := b.order(ctx, c, ticket)
	if !ok {
		return
	}
	b.l.board.place(order.ID, b.user.ID)
	if !c.think(ctx, 50*time.Millisecond, 400*time.Millisecond) {
		return
	}
	weights := 0
	for _, p := range plans {
		weights += p.weight
	}
	at := c.IntN(weights)
	for _, p := range plans {
		if at -= p.weight; at < 0 {
			p.do(&purchase{b, c, order}, ctx)
			return
		}
	}
}

// order places an order. Who has had no answer looks whether it was placed all the same.
func (b *buyer) order(ctx context.Context, c choices, ticket string) (api.Order, bool) {
	unanswered := false
	op := insist(ctx, func() history.Op {
		op := b.place(ctx, ticket)
		unanswered = unanswered || op.Outcome == history.Unknown
		return op
	})
	switch {
	case op.Outcome == history.OK:
		return *op.OrderState, true
	case strings.Contains(op.Message, "reserved") && c.chance(15):
		// Somebody else has it, or it is sold.
		if seen := b.readTicket(ctx, ticket); seen.TicketState != nil && seen.TicketState.Status == api.Sold {
			b.l.board.sell(ticket)
		}
	}
	if !unanswered || !c.chance(80) {
		return api.Order{}, false
	}
	mine := insist(ctx, func() history.Op { return b.myOrders(ctx, "") })
	i := slices.IndexFunc(mine.OrderStates, func(o api.Order) bool { return o.Ticket.ID == ticket && o.Status == api.Created })
	if i < 0 {
		return api.Order{}, false
	}
	return mine.OrderStates[i], true
}
