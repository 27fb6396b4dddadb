package load

import (
	"context"
	"sync"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox/remote"
)

// The cards, by what becomes of them (local/sandbox, card.go).
var (
	goodCards     = []string{"tok_visa", "tok_mastercard", "pm_card_visa"}
	declinedCards = []string{"tok_chargeDeclined", "tok_chargeDeclinedInsufficientFunds", "pm_card_chargeDeclined"}
)

const (
	askingCard = "pm_card_authenticationRequired"
	noCard     = "tok_nobody"
)

// purchase is what a buyer does with one order.
type purchase struct {
	*buyer
	choices
	order api.Order
}

func (p *purchase) goodCard() string { return goodCards[p.IntN(len(goodCards))] }

// payWell pays, and looks at what came of it.
func (p *purchase) payWell(ctx context.Context) {
	p.insistToPay(ctx, p.goodCard())
	p.look(ctx)
}

// payInBetween pays at any moment of the first two thirds of the order's time.
func (p *purchase) payInBetween(ctx context.Context) {
	if p.think(ctx, 0, p.l.config.OrderTTL*2/3) {
		p.payWell(ctx)
	}
}

// insistToPay pays until there is an answer. A seller's ticket that is sold leaves the board.
func (p *purchase) insistToPay(ctx context.Context, token string) history.Op {
	op := insist(ctx, func() history.Op { return p.pay(ctx, p.order.ID, token) })
	if op.ChargeState != nil && op.ChargeState.Status == api.Succeeded {
		p.l.board.sell(p.order.Ticket.ID)
	}
	return op
}

// look reads some of what has to do with the order.
func (p *purchase) look(ctx context.Context) {
	for range 1 + p.IntN(3) {
		if !p.think(ctx, 50*time.Millisecond, 500*time.Millisecond) {
			return
		}
		switch p.IntN(5) {
		case 0:
			p.readTicket(ctx, p.order.Ticket.ID)
		case 1:
			p.readCharge(ctx, p.order.ID)
		default:
			p.readOrder(ctx, p.order.ID)
		}
	}
}

func (p *purchase) payDeclined(ctx context.Context) {
	p.insistToPay(ctx, declinedCards[p.IntN(len(declinedCards))])
	if p.chance(30) { // and once more with a good card, which the decline forbids
		p.insistToPay(ctx, p.goodCard())
	}
	p.look(ctx)
}

// payAtBank pays with a card whose bank asks the payer, who agrees, refuses, or does so late. In one
// round of three some never answer: that takes payments a minute after the order's time to end.
func (p *purchase) payAtBank(ctx context.Context) {
	op := p.insistToPay(ctx, askingCard)
	if op.Outcome == history.OK && op.ChargeState.ClientSecret == "" {
		op = p.readCharge(ctx, p.order.ID)
	}
	if op.ChargeState == nil || op.ChargeState.ClientSecret == "" {
		return
	}
	charge := *op.ChargeState
	decision := remote.Approve
	switch {
	case p.l.config.Seed%3 == 0 && p.chance(25):
		return
	case p.chance(30):
		decision = remote.Refuse
	}
	wait := p.between(50*time.Millisecond, time.Second)
	if p.chance(20) { // about when the order's time is up, or later
		wait = p.between(p.l.config.OrderTTL/2, p.l.config.OrderTTL*3/2)
	}
	sleep(ctx, wait) // and answers even if it is the last thing to do
	for attempt := 0; attempt < attempts && p.decide(ctx, charge, decision).Outcome == history.Unknown; attempt++ {
	}
	if p.chance(50) { // as the client's page does
		p.insistToPay(ctx, askingCard)
	}
	p.look(ctx)
}

// abandon lets the order's time pass, and looks at it meanwhile and afterwards.
func (p *purchase) abandon(ctx context.Context) {
	for sleep(ctx, p.between(500*time.Millisecond, p.l.config.OrderTTL/2)) {
		op := p.readOrder(ctx, p.order.ID)
		if op.OrderState != nil && op.OrderState.Status != api.Created {
			p.readTicket(ctx, p.order.Ticket.ID)
			return
		}
	}
}

func (p *purchase) changeMind(ctx context.Context) {
	p.think(ctx, 50*time.Millisecond, time.Second)
	insist(ctx, func() history.Op { return p.cancel(ctx, p.order.ID) })
	if p.chance(30) {
		p.cancel(ctx, p.order.ID)
	}
	p.look(ctx)
}

// payLate pays shortly before the order's time is up, or shortly after.
func (p *purchase) payLate(ctx context.Context) {
	left := time.Until(p.order.ExpiresAt) + p.between(-600*time.Millisecond, 900*time.Millisecond)
	if !sleep(ctx, left) {
		return
	}
	p.insistToPay(ctx, p.goodCard())
	p.look(ctx)
}

func (p *purchase) payTwice(ctx context.Context) {
	var both sync.WaitGroup
	for range 2 + p.IntN(2) {
		token := p.goodCard()
		both.Go(func() { p.insistToPay(ctx, token) })
	}
	both.Wait()
	p.look(ctx)
}

func (p *purchase) cancelWhilePaying(ctx context.Context) {
	token, wait := p.goodCard(), p.between(0, 60*time.Millisecond)
	var paying sync.WaitGroup
	paying.Go(func() { p.insistToPay(ctx, token) })
	sleep(ctx, wait)
	insist(ctx, func() history.Op { return p.cancel(ctx, p.order.ID) })
	paying.Wait()
	p.look(ctx)
}

// payBadly pays with what is no card, which leaves the order as it is, and then well.
func (p *purchase) payBadly(ctx context.Context) {
	p.insistToPay(ctx, noCard)
	if p.think(ctx, 50*time.Millisecond, time.Second) {
		p.payWell(ctx)
	}
}

func (p *purchase) cancelWhenComplete(ctx context.Context) {
	p.insistToPay(ctx, p.goodCard())
	p.think(ctx, 50*time.Millisecond, time.Second)
	insist(ctx, func() history.Op { return p.cancel(ctx, p.order.ID) })
	p.look(ctx)
}
