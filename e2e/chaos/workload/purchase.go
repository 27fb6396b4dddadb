package workload

import (
	"context"
	"sync"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox/remote"
)

// Cards of the sandbox (local/sandbox, card.go).
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
	random
	order api.Order
}

func (p *purchase) goodCard() string { return goodCards[p.IntN(len(goodCards))] }

// pay pays until it gets a response. A sold ticket leaves the board.
func (p *purchase) pay(ctx context.Context, card string) history.Op {
	op := retry(ctx, func() history.Op { return p.client.pay(ctx, p.order.ID, card) })
	if op.ChargeState != nil && op.ChargeState.Status == api.Succeeded {
		p.l.board.sell(p.order.Ticket.ID)
	}
	return op
}

func (p *purchase) cancel(ctx context.Context) {
	retry(ctx, func() history.Op { return p.client.cancel(ctx, p.order.ID) })
}

// look reads the order, its ticket or its charge.
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

func (p *purchase) payWell(ctx context.Context) {
	p.pay(ctx, p.goodCard())
	p.look(ctx)
}

// payInBetween pays at any moment of the first two thirds of the order's time.
func (p *purchase) payInBetween(ctx context.Context) {
	if p.think(ctx, 0, p.l.config.OrderTTL*2/3) {
		p.payWell(ctx)
	}
}

// payLate pays shortly before the order's time is up, or shortly after.
func (p *purchase) payLate(ctx context.Context) {
	if sleep(ctx, time.Until(p.order.ExpiresAt)+p.between(-600*time.Millisecond, 900*time.Millisecond)) {
		p.payWell(ctx)
	}
}

func (p *purchase) payDeclined(ctx context.Context) {
	p.pay(ctx, declinedCards[p.IntN(len(declinedCards))])
	if p.chance(30) { // and again with a good card, which the decline forbids
		p.pay(ctx, p.goodCard())
	}
	p.look(ctx)
}

// payBadly pays with a card that doesn't exist, which leaves the order as it is, and then well.
func (p *purchase) payBadly(ctx context.Context) {
	p.pay(ctx, noCard)
	if p.think(ctx, 50*time.Millisecond, time.Second) {
		p.payWell(ctx)
	}
}

// payAtBank pays with a card that requires 3-D Secure. The payer approves or refuses, sometimes late. In one round of
// three some never decide, and payments ends that a minute after the order's time.
func (p *purchase) payAtBank(ctx context.Context) {
	op := p.pay(ctx, askingCard)
	if op.Outcome == history.OK && op.ChargeState.ClientSecret == "" {
		op = p.readCharge(ctx, p.order.ID)
	}
	if op.ChargeState == nil || op.ChargeState.ClientSecret == "" {
		return
	}
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
	sleep(ctx, wait) // and decides even after the load ended
	for range attempts {
		if p.decide(ctx, *op.ChargeState, decision).Outcome != history.Unknown {
			break
		}
	}
	if p.chance(50) { // as the client's page does
		p.pay(ctx, askingCard)
	}
	p.look(ctx)
}

func (p *purchase) payTwice(ctx context.Context) {
	var payments sync.WaitGroup
	for range 2 + p.IntN(2) {
		card := p.goodCard()
		payments.Go(func() { p.pay(ctx, card) })
	}
	payments.Wait()
	p.look(ctx)
}

// abandon lets the order expire, and reads it meanwhile and afterwards.
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
	p.cancel(ctx)
	if p.chance(30) {
		p.client.cancel(ctx, p.order.ID)
	}
	p.look(ctx)
}

func (p *purchase) cancelWhilePaying(ctx context.Context) {
	card, wait := p.goodCard(), p.between(0, 60*time.Millisecond)
	var paying sync.WaitGroup
	paying.Go(func() { p.pay(ctx, card) })
	sleep(ctx, wait)
	p.cancel(ctx)
	paying.Wait()
	p.look(ctx)
}

func (p *purchase) cancelWhenComplete(ctx context.Context) {
	p.pay(ctx, p.goodCard())
	p.think(ctx, 50*time.Millisecond, time.Second)
	p.cancel(ctx)
	p.look(ctx)
}
