package orders

import (
	"net/http"
	"testing"
	"time"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
)

// The broker is away when the time of two orders is up. When it comes back, the expirations come
// first, then that one of them was paid for in time.
func TestAnOutageCancelsNoOrderThatWasPaidInTime(t *testing.T) {
	for name, news := range map[string]func(*Order) []events.Event{
		"payment:started": func(o *Order) []events.Event {
			return []events.Event{events.PaymentStarted{Payment: payment(o.ID)}}
		},
		"payment:created": func(o *Order) []events.Event {
			return []events.Event{paid(o.ID, 1999)}
		},
		"both": func(o *Order) []events.Event {
			return []events.Event{events.PaymentStarted{Payment: payment(o.ID)}, paid(o.ID, 1999)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, true, func(t *testing.T, c *clockwork) { outlivesOutage(t, c, news) })
		})
	}
}

func outlivesOutage(t *testing.T, c *clockwork, news func(*Order) []events.Event) {
	paid, unpaid := c.order(), c.order()
	time.Sleep(ttl / 2)
	c.bus.Stop()
	time.Sleep(5 * ttl)
	for _, o := range []*Order{paid, unpaid} {
		if now := c.now(o); now.Status != Created {
			t.Fatalf("during the outage an order is %s (%s)", now.Status, now.Reason)
		}
	}
	c.bus.Start()
	back := time.Now()
	for _, o := range []*Order{paid, unpaid} {
		servicetest.Publish(t, c.bus, events.ExpirationComplete{OrderID: o.ID})
	}
	time.Sleep(catchUp - time.Millisecond)
	for _, e := range news(paid) {
		servicetest.Publish(t, c.bus, e)
	}
	for time.Since(back) < promised && c.now(unpaid).Status == Created {
		time.Sleep(100 * time.Millisecond)
	}
	if now := c.now(unpaid); now.Status != Cancelled || time.Since(back) > promised-3*time.Second {
		t.Errorf("%s after the outage the unpaid order is %s", time.Since(back), now.Status)
	}
	if now := c.now(paid); now.Status == Cancelled {
		t.Errorf("the order that was paid for is %s (%s)", now.Status, now.Reason)
	}
}

// A broker that is silent is only noticed after five seconds. The sweep waits for longer than that.
func TestTheSweepOutwaitsASilentBroker(t *testing.T) {
	inFakeTime(t, true, func(t *testing.T, c *clockwork) {
		const unnoticed = 5 * time.Second
		o := c.order()
		time.Sleep(time.Until(o.ExpiresAt) + unnoticed)
		c.bus.Stop()
		time.Sleep(ttl)
		if now := c.now(o); now.Status != Created {
			t.Errorf("it is %s (%s)", now.Status, now.Reason)
		}
	})
}

// The new session is dead from its start, with payment:started still at the broker.
func TestANewSessionLastsOnceItsSilenceWouldHaveBeenNoticed(t *testing.T) {
	inFakeTime(t, true, func(t *testing.T, c *clockwork) {
		const unnoticed = 5 * time.Second
		o := c.order()
		c.bus.Stop()
		time.Sleep(2 * ttl)
		c.bus.Start()
		time.Sleep(unnoticed)
		c.bus.Stop()
		time.Sleep(ttl)
		if now := c.now(o); now.Status != Created {
			t.Errorf("it is %s (%s)", now.Status, now.Reason)
		}
	})
}

// During an outage, a ticket that orders doesn't know may exist.
func TestUnknownTicketsDuringAnOutage(t *testing.T) {
	s := start(t)
	known := s.sell("Gig", 1999)
	s.bus.Stop()
	servicetest.Eventually(t, "the outage to be noticed", func() bool { return bus.SessionOf(s.bus).Out() })
	a := s.Do(ada, http.MethodPost, "/api/orders", ticketBody(aggregate.NewID()))
	a.Refused(t, http.StatusServiceUnavailable, "", ErrBehind.Details[0].Message)
	if a.Header.Get("Retry-After") != "5" {
		t.Errorf("Retry-After is %q", a.Header.Get("Retry-After"))
	}
	s.order(ada, known)
	s.bus.Start()
	s.Do(ada, http.MethodPost, "/api/orders", ticketBody(aggregate.NewID())).Refused(t, http.StatusNotFound, "", "Not found")
}
