package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"ticketing.dev/common/money"
	"ticketing.dev/local/api"
)

// deal is a placed order, its buyer, and the status it must end with.
type deal struct {
	seller, buyer *api.Client
	order         string
	ticket        string
	price         money.Cents
	end           string // api.Complete or api.Cancelled
}

// deals are all acknowledged orders.
type deals struct {
	mu     sync.Mutex
	orders []deal
}

func (d *deals) add(one deal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.orders = append(d.orders, one)
}

func (d *deals) all() []deal {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.orders)
}

// place lists a ticket and orders it.
func place(ctx context.Context, seller, buyer *api.Client, price money.Cents) (deal, error) {
	ticket, err := seller.ListTicket(ctx, "Front row", price)
	if err != nil {
		return deal{}, err
	}
	order, err := buyer.PlaceOrder(ctx, ticket.ID)
	return deal{seller: seller, buyer: buyer, order: order.ID, ticket: ticket.ID, price: price}, err
}

// purchase lists, orders and pays for a ticket.
func (r *run) purchase(ctx context.Context, seller, buyer *api.Client, price money.Cents) error {
	d, err := place(ctx, seller, buyer, price)
	if err != nil {
		return err
	}
	charge, err := buyer.Pay(ctx, d.order, "tok_visa")
	if err != nil {
		return err
	}
	if charge.Status != api.Succeeded || charge.Amount.Cents != price {
		return fmt.Errorf("the charge is %+v", charge)
	}
	d.end = api.Complete
	r.deals.add(d)
	return d.check(ctx)
}

// check waits until the order and its ticket have the right status.
func (d deal) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	if _, err := d.buyer.AwaitOrder(ctx, d.order, d.end); err != nil {
		return fmt.Errorf("order %s: %w", d.order, err)
	}
	if d.end != api.Complete {
		return nil
	}
	ticket, err := d.seller.AwaitTicket(ctx, d.ticket, api.Sold)
	if err != nil || ticket.OrderID != d.order || ticket.Price.Cents != d.price {
		return errors.Join(fmt.Errorf("ticket %s was sold as %+v", d.ticket, ticket), err)
	}
	return nil
}

// nothingLost checks every acknowledged order as its buyer.
func (r *run) nothingLost(ctx context.Context) error {
	deals := r.deals.all()
	for _, d := range deals {
		if err := d.check(ctx); err != nil {
			return err
		}
	}
	r.report.say("%d orders are right", len(deals))
	return nil
}

// load buys tickets and reads everything until it's stopped.
type load struct {
	stop context.CancelFunc
	done sync.WaitGroup
	mu   sync.Mutex
	errs []error
	sold int
}

const (
	buyers = 3
	// pauses between two reads of each path below, and between two purchases of a buyer
	interval = 50 * time.Millisecond
)

// looked are the pages and API paths that a signed-in visitor reads.
var looked = []string{"/api/users/currentuser", "/api/tickets?limit=5", "/api/orders?limit=5", "/api/payments?limit=5", "/", "/signin"}

func (r *run) startLoad(ctx context.Context) (*load, error) {
	r.people.forget()
	ctx, stop := context.WithCancel(ctx)
	l := &load{stop: stop}
	for range buyers {
		seller, buyer, err := r.people.two(ctx)
		if err != nil {
			stop()
			return nil, err
		}
		// A purchase that has started must finish, because its outcome is checked.
		l.repeat(ctx, func() error {
			err := r.purchase(context.WithoutCancel(ctx), seller, buyer, 1999)
			if err == nil {
				l.mu.Lock()
				l.sold++
				l.mu.Unlock()
			}
			return err
		})
	}
	visitor, err := r.people.signUp(ctx)
	if err != nil {
		stop()
		return nil, err
	}
	for _, path := range looked {
		l.repeat(ctx, func() error { return visitor.Do(context.WithoutCancel(ctx), http.MethodGet, path, nil, nil) })
	}
	return l, nil
}

func (l *load) repeat(ctx context.Context, do func() error) {
	l.done.Go(func() {
		for ctx.Err() == nil {
			if err := do(); err != nil {
				l.mu.Lock()
				l.errs = append(l.errs, err)
				l.mu.Unlock()
			}
			pause(ctx, interval)
		}
	})
}

// end stops the load and returns an error if anything failed meanwhile.
func (l *load) end(r *run, what string) error {
	l.stop()
	l.done.Wait()
	r.report.figure("%s: %d requests, %d purchases, %d requests failed", what, r.people.requests.Load(), l.sold, r.people.failed.Load())
	if len(l.errs) > 0 {
		return errors.Join(fmt.Errorf("%d errors, the first: %w", len(l.errs), l.errs[0]), r.people.failures())
	}
	return r.people.failures()
}
