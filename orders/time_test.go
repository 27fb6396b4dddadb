package orders

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus"
	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
)

const (
	// ttl is short, since the relay sweeps through it.
	ttl = time.Minute
	// ackWait is how long after a failure NATS Streaming brings a message again.
	ackWait = 15 * time.Second
	// promised is how long after its time an order may still be open (P5).
	promised = 15 * time.Second
	// notice is what expiration has to end an order before orders does so itself, with a warning.
	notice = 2 * time.Second
)

// clockwork is orders in fake time.
type clockwork struct {
	t       *testing.T
	bus     *memory.Bus
	service *Service
}

// inFakeTime runs the listeners of the service, and its tasks if they are wanted.
func inFakeTime(t *testing.T, tasks bool, do func(*testing.T, *clockwork)) {
	t.Helper()
	servicetest.InFakeTime(t, func(t *testing.T, db *mongo.Database) {
		log := slog.New(slog.DiscardHandler)
		c := &clockwork{t: t, bus: memory.New(memory.RetryAfter(ackWait))}
		var err error
		c.service, err = New(t.Context(), Options{DB: db, Bus: c.bus, TTL: ttl, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		listening, err := bus.Listen(c.bus, "orders", c.service.Listeners(), log)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listening.Close() })
		if tasks {
			c.runTasks()
		}
		do(t, c)
	})
}

func (c *clockwork) runTasks() {
	for _, task := range c.service.Tasks() {
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- task(ctx) }()
		c.t.Cleanup(func() {
			stop()
			if err := <-ended; err != nil {
				c.t.Error(err)
			}
		})
	}
}

// order makes an order of a ticket of its own.
func (c *clockwork) order() *Order {
	c.t.Helper()
	ticket := events.Ticket{ID: aggregate.NewID(), Title: "Gig", Price: 1999, UserID: bob.ID}
	if err := c.service.tickets.upsertCopy(c.t.Context(), ticket); err != nil {
		c.t.Fatal(err)
	}
	o, err := c.service.reserve(c.t.Context(), Wish{TicketID: ticket.ID}, ada.ID, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return o
}

// now is the order as it now is, once everything that is going on has been done.
func (c *clockwork) now(o *Order) *Order {
	c.t.Helper()
	synctest.Wait()
	o, err := c.service.orders.Get(c.t.Context(), o.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	return o
}

// No expiration:complete arrives for these orders, because expiration, its Redis or the bus is down. They're placed
// at times spread over the pause between two sweeps.
func TestAnOverdueOrderEndsInTime(t *testing.T) {
	inFakeTime(t, true, func(t *testing.T, c *clockwork) {
		var open []*Order
		for range 12 {
			time.Sleep(900 * time.Millisecond)
			open = append(open, c.order())
		}
		time.Sleep(time.Until(open[0].ExpiresAt))
		for ; len(open) > 0; time.Sleep(100 * time.Millisecond) {
			open = slices.DeleteFunc(open, func(o *Order) bool {
				now, late := c.now(o), time.Since(o.ExpiresAt)
				switch {
				case now.Status == Created && late > promised:
					t.Fatalf("it is open %s after its time", late)
				case now.Status == Created:
					return false
				case late < notice:
					t.Errorf("it ended %s after its time", late)
				case now.Status != Cancelled || now.Reason != Expired:
					t.Errorf("it ended as %s (%s)", now.Status, now.Reason)
				}
				return true
			})
		}
	})
}

// A payment in flight is waited for, however long that takes.
func TestTimeDoesNotEndAPaymentInFlight(t *testing.T) {
	inFakeTime(t, true, func(t *testing.T, c *clockwork) {
		o := c.order()
		time.Sleep(time.Until(o.ExpiresAt) - time.Millisecond)
		servicetest.Publish(t, c.bus, events.PaymentStarted{Payment: payment(o.ID)})
		time.Sleep(time.Millisecond)
		servicetest.Publish(t, c.bus, events.ExpirationComplete{OrderID: o.ID})
		time.Sleep(5 * ttl)
		if now := c.now(o); now.Status != AwaitingPayment {
			t.Fatalf("it is %s", now.Status)
		}
		servicetest.Publish(t, c.bus, paid(o.ID, 1999))
		if now := c.now(o); now.Status != Complete {
			t.Errorf("then it is %s", now.Status)
		}
	})
}

// expiration's clock is ahead. What it says too early is said again, until it is true.
func TestEarlyExpirationsWait(t *testing.T) {
	inFakeTime(t, false, func(t *testing.T, c *clockwork) {
		o := c.order()
		time.Sleep(time.Until(o.ExpiresAt) - 2*ackWait - time.Second)
		servicetest.Publish(t, c.bus, events.ExpirationComplete{OrderID: o.ID})
		time.Sleep(time.Until(o.ExpiresAt) - time.Millisecond)
		if now := c.now(o); now.Status != Created {
			t.Fatalf("before its time it is %s", now.Status)
		}
		time.Sleep(ackWait + time.Millisecond)
		if now := c.now(o); now.Status != Cancelled || now.Reason != Expired {
			t.Errorf("after its time it is %s (%s)", now.Status, now.Reason)
		}
	})
}

// What reaches orders when, since the order was made, and how the order ends. At the same time the
// former of two comes first.
func TestExpiryAgainstPayment(t *testing.T) {
	type news struct {
		at   time.Duration
		tell func(o *Order) events.Event
	}
	started := func(o *Order) events.Event { return events.PaymentStarted{Payment: payment(o.ID)} }
	succeeded := func(o *Order) events.Event { return paid(o.ID, 1999) }
	failed := func(o *Order) events.Event {
		return events.PaymentFailed{Payment: payment(o.ID), Reason: "declined"}
	}
	up := func(o *Order) events.Event { return events.ExpirationComplete{OrderID: o.ID} }
	for name, c := range map[string]struct {
		news   []news
		status Status
		reason Reason
	}{
		"no payment":                          {[]news{{ttl, up}}, Cancelled, Expired},
		"paid just in time":                   {[]news{{ttl - 1, started}, {ttl, up}, {ttl + time.Second, succeeded}}, Complete, ""},
		"begun just too late":                 {[]news{{ttl, up}, {ttl, started}, {ttl + time.Second, succeeded}}, Cancelled, Expired},
		"begun before time is up":             {[]news{{ttl, started}, {ttl, up}, {10 * ttl, succeeded}}, Complete, ""},
		"declined after the time":             {[]news{{ttl - 1, started}, {ttl, up}, {2 * ttl, failed}}, Cancelled, PaymentFailed},
		"paid, and its beginning comes after": {[]news{{ttl - 1, succeeded}, {ttl, up}, {ttl, started}}, Complete, ""},
		"told twice that time is up":          {[]news{{ttl, up}, {2 * ttl, up}, {3 * ttl, succeeded}}, Cancelled, Expired},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, false, func(t *testing.T, w *clockwork) {
				begun, o := time.Now(), w.order()
				for _, n := range c.news {
					time.Sleep(time.Until(begun.Add(n.at)))
					servicetest.Publish(t, w.bus, n.tell(o))
					w.now(o)
				}
				time.Sleep(ackWait)
				if now := w.now(o); now.Status != c.status || now.Reason != c.reason {
					t.Errorf("it ends as %s (%s), not as %s (%s)", now.Status, now.Reason, c.status, c.reason)
				}
			})
		})
	}
}
