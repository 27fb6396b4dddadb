package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox/remote"
)

const (
	// soon is how long an event may take to reach the other services.
	soon = 10 * time.Second
	// late is how long an order may outlive its time: 15 seconds when a part is down.
	late = 15 * time.Second
	// longest is how long an order may live for the demo to wait for its end.
	longest = time.Minute

	price = money.Cents(1999)
)

// demo is one run: its people, and what they have bought.
type demo struct {
	out     io.Writer
	began   time.Time
	url     string
	sandbox *remote.Sandbox // nil without a sandbox

	seller, buyer, rival *api.Client
	ttl                  time.Duration
	paid                 []string // the orders that are complete
	unpaid               []string // those that are not
}

func newDemo(at place, out io.Writer) *demo {
	d := &demo{
		out:    out,
		began:  time.Now(),
		url:    at.url,
		seller: api.New(at.url),
		buyer:  api.New(at.url),
		rival:  api.New(at.url),
	}
	if at.sandbox != "" {
		d.sandbox = &remote.Sandbox{URL: at.sandbox}
	}
	return d
}

// scene is a part of the story. One that waits for orders to end is left out where they live long, one
// that needs a missing sandbox.
type scene struct {
	title          string
	play           func(context.Context) error
	waits, sandbox bool
}

// play tells the whole story.
func (d *demo) play(ctx context.Context) error {
	for _, s := range []scene{
		{title: "Signing up", play: d.signUp},
		{title: "A purchase", play: d.purchase},
		{title: "A card that is declined", play: d.declined("tok_chargeDeclined", "Your card was declined.")},
		{title: "A card without funds", play: d.declined("tok_chargeDeclinedInsufficientFunds", "Your card has insufficient funds.")},
		{title: "Two buyers, one ticket", play: d.race},
		{title: "A bank that asks the payer (3-D Secure)", play: d.bank, sandbox: true},
		{title: "An unpaid order", play: d.expiry, waits: true},
		{title: "A payment that comes too late", play: d.latePayment, waits: true, sandbox: true},
		{title: "The money", play: d.money, sandbox: true},
	} {
		fmt.Fprintf(d.out, "\n%s\n", s.title)
		if err := d.stage(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", strings.ToLower(s.title), err)
		}
	}
	fmt.Fprintf(d.out, "\nEverything is as it should be.\n")
	return nil
}

func (d *demo) stage(ctx context.Context, s scene) error {
	switch {
	case s.sandbox && d.sandbox == nil:
		d.say("left out: it needs the Stripe sandbox, and this system has none that is known here")
	case s.waits && d.ttl > longest:
		d.say("left out: orders live for %v in this system", d.ttl.Round(time.Second))
	default:
		return s.play(ctx)
	}
	return nil
}

// say tells one thing that has happened.
func (d *demo) say(format string, args ...any) {
	fmt.Fprintf(d.out, "%6.2fs  %s\n", time.Since(d.began).Seconds(), fmt.Sprintf(format, args...))
}

// enter signs up a new user.
func (d *demo) enter(ctx context.Context, c *api.Client, role string) error {
	email := role + "-" + strings.ToLower(rand.Text()[:8]) + "@example.com"
	u, err := c.SignUp(ctx, email, rand.Text())
	if err != nil {
		return err
	}
	now, err := c.CurrentUser(ctx)
	if err != nil {
		return err
	}
	if now == nil || *now != u {
		return fmt.Errorf("signed up as %v, signed in as %v", u, now)
	}
	d.say("%s signs up", email)
	return nil
}

// reserve lists a ticket, and orders it for a buyer.
func (d *demo) reserve(ctx context.Context, title string, buyer *api.Client) (api.Ticket, api.Order, error) {
	t, err := d.list(ctx, title)
	if err != nil {
		return t, api.Order{}, err
	}
	o, err := d.order(ctx, t, buyer)
	return t, o, err
}

func (d *demo) list(ctx context.Context, title string) (api.Ticket, error) {
	t, err := d.seller.ListTicket(ctx, title, price)
	if err != nil {
		return t, err
	}
	d.say("the seller lists %q for %s", t.Title, t.Price.Cents)
	return t, same("the price", t.Price.Cents, price)
}

func (d *demo) order(ctx context.Context, t api.Ticket, buyer *api.Client) (api.Order, error) {
	o, err := buyer.PlaceOrder(ctx, t.ID)
	if err != nil {
		return o, err
	}
	d.ttl = time.Until(o.ExpiresAt)
	d.say("the buyer orders it, and has %v to pay", d.ttl.Round(time.Second))
	return o, errors.Join(
		same("the order", o.Status, api.Created),
		same("the price", o.Ticket.Price.Cents, price),
		within(ctx, soon, d.ticketIs(t, api.Reserved)))
}

// completed waits until an order is complete and its ticket sold.
func (d *demo) completed(ctx context.Context, t api.Ticket, o api.Order) error {
	if err := within(ctx, soon, d.orderIs(d.buyer, o, api.Complete), d.ticketIs(t, api.Sold)); err != nil {
		return err
	}
	d.paid = append(d.paid, o.ID)
	d.say("the order is complete, the ticket is sold")
	return nil
}

// released waits until an order is cancelled and its ticket free.
func (d *demo) released(ctx context.Context, patience time.Duration, t api.Ticket, o api.Order) error {
	if err := within(ctx, patience, d.orderIs(d.buyer, o, api.Cancelled), d.ticketIs(t, api.Available)); err != nil {
		return err
	}
	d.unpaid = append(d.unpaid, o.ID)
	d.say("the order is cancelled, the ticket is free again")
	return nil
}

func (d *demo) orderIs(buyer *api.Client, o api.Order, status string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := buyer.AwaitOrder(ctx, o.ID, status)
		return err
	}
}

func (d *demo) ticketIs(t api.Ticket, status string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := d.seller.AwaitTicket(ctx, t.ID, status)
		return err
	}
}

// within waits for one thing after the other, for no longer than a time in all.
func within(ctx context.Context, patience time.Duration, things ...func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("waited for %v", patience.Round(time.Second)))
	defer cancel()
	for _, await := range things {
		if err := await(ctx); err != nil {
			return err
		}
	}
	return nil
}

// same compares what is with what should be.
func same[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s is %v, and should be %v", what, got, want)
	}
	return nil
}

// refused checks that the API has refused something, and how.
func refused(err error, status int, message string) error {
	p, ok := errors.AsType[*api.Problem](err)
	switch {
	case err == nil:
		return fmt.Errorf("it was accepted, and should be refused with %d %s", status, message)
	case !ok:
		return err
	}
	return errors.Join(same("the status", p.Status, status), same("the message", p.Message(), message))
}
