package payments

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.mongodb.org/mongo-driver/mongo"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/common/standin"
)

// The reconciler leaves a payment alone for a minute, and checks it within a round after that.
const (
	nobodys = time.Minute
	round   = 10 * time.Second
	// answering is what the bank has after the time of the order.
	answering = time.Minute
)

// clockwork is payments in fake time. A call to the Stripe sandbox takes no time by it.
type clockwork struct {
	t       *testing.T
	bus     *memory.Bus
	sandbox string
	service *Service
	away    atomic.Bool // Stripe
}

// inFakeTime runs the tasks of the service.
func inFakeTime(t *testing.T, do func(*testing.T, *clockwork)) {
	t.Helper()
	sandbox := standin.Stripe(t).URL // outside: its process is to outlive the test
	servicetest.InFakeTime(t, func(t *testing.T, db *mongo.Database) {
		log := slog.New(slog.DiscardHandler)
		c := &clockwork{t: t, bus: memory.New(), sandbox: sandbox}
		var err error
		c.service, err = New(t.Context(), Options{
			DB: db, Bus: c.bus, Log: log, Transport: c,
			Stripe: StripeConfig{Key: "sk_test_123", WebhookSecrets: webhookSecrets{webhookSecret}, URL: sandbox},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range c.service.Tasks() {
			ctx, stop := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- task(ctx) }()
			t.Cleanup(func() {
				stop()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(round / 3) // the rounds and what the test does have nothing to do with each other
		do(t, c)
	})
}

// RoundTrip calls the sandbox. It keeps no connection, because the fake clock stops while a goroutine reads.
func (c *clockwork) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.away.Load() {
		return nil, errors.New("away")
	}
	return (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
}

// open makes an order that is to be paid within a time, and its charge, as a process does that dies then.
func (c *clockwork) open(within time.Duration) *Charge {
	c.t.Helper()
	id := aggregate.NewID()
	o := &Order{ID: id, Status: "created", UserID: ada.ID, Price: 1999, ExpiresAt: time.Now().Add(within)}
	c.ordered(o)
	charge := Open(o, time.Now())
	if err := c.service.charges.Insert(c.t.Context(), charge); err != nil {
		c.t.Fatal(err)
	}
	return charge
}

// ordered lets payments know of an order as it now is.
func (c *clockwork) ordered(o *Order) {
	c.t.Helper()
	err := c.service.orders.upsertCopy(c.t.Context(), events.Order{
		ID: o.ID, Version: o.Version, Status: o.Status, UserID: o.UserID, ExpiresAt: o.ExpiresAt,
		Ticket: events.OrderedTicket{Price: o.Price},
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// attach makes the PaymentIntent of a charge and stores it.
func (c *clockwork) attach(charge *Charge, method string) *Charge {
	c.t.Helper()
	intent, err := c.service.stripe.open(c.t.Context(), charge.ID, charge.Amount, method)
	if err != nil {
		c.t.Fatal(err)
	}
	charge, err = c.service.update(c.t.Context(), charge, func(c *Charge) { c.Attach(intent) })
	if err != nil {
		c.t.Fatal(err)
	}
	return charge
}

func (c *clockwork) confirm(charge *Charge) {
	c.t.Helper()
	if err := c.service.stripe.confirm(c.t.Context(), charge.StripeID); err != nil {
		c.t.Fatal(err)
	}
}

// now is the charge as it now is, once everything that is going on has been done.
func (c *clockwork) now(charge *Charge) *Charge {
	c.t.Helper()
	synctest.Wait()
	now, err := c.service.charges.Get(c.t.Context(), charge.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	return now
}

// changes waits for the end of a charge's state, which may come after the one and not after the other
// time since it was opened.
func (c *clockwork) changes(charge *Charge, from Status, earliest, latest time.Duration) *Charge {
	c.t.Helper()
	for {
		now, after := c.now(charge), time.Since(charge.OpenedAt)
		switch {
		case now.Status != from && after < earliest:
			c.t.Fatalf("it is %s after %s, which is too early", now.Status, after)
		case now.Status != from:
			return now
		case after > latest:
			c.t.Fatalf("it is %s still, after %s", now.Status, after)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// A process that dies leaves a payment behind at one of these steps.
func TestThePaymentOfTheDeadIsTakenUpInTime(t *testing.T) {
	for step, leave := range map[string]struct {
		do   func(*clockwork, *Charge)
		ends Status
	}{
		"opened":    {func(*clockwork, *Charge) {}, Failed},
		"attached":  {func(c *clockwork, charge *Charge) { c.attach(charge, "pm_card_visa") }, Failed},
		"confirmed": {func(c *clockwork, charge *Charge) { c.confirm(c.attach(charge, "pm_card_visa")) }, Succeeded},
		"asked by the bank until its time was up": {func(c *clockwork, charge *Charge) {
			c.confirm(c.attach(charge, "pm_card_authenticationRequired"))
		}, Failed},
	} {
		t.Run(step, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T, c *clockwork) {
				charge := c.open(0)
				leave.do(c, charge)
				if now := c.changes(charge, Pending, nobodys, nobodys+round); now.Status != leave.ends {
					t.Errorf("it has %s", now.Status)
				}
			})
		})
	}
}

// The bank has until a minute after the order's time. Then the payer is too late.
func TestTheBankHasItsTime(t *testing.T) {
	const within = 3 * time.Minute
	for _, answered := range []bool{true, false} {
		inFakeTime(t, func(t *testing.T, c *clockwork) {
			charge := c.open(within)
			charge = c.attach(charge, "pm_card_authenticationRequired")
			c.confirm(charge)
			time.Sleep(time.Until(charge.ExpiresAt.Add(answering)) - time.Millisecond)
			asking := c.now(charge)
			if asking.Status != Pending || asking.ClientSecret == "" {
				t.Fatalf("before the end of its time it is %+v", asking)
			}
			if answered {
				c.approve(asking)
			}
			want := map[bool]Status{true: Succeeded, false: Failed}[answered]
			if now := c.changes(charge, Pending, within+answering, within+answering+round); now.Status != want {
				t.Errorf("answered %t, it has %s", answered, now.Status)
			}
		})
	}
}

// approve is the payer's answer to the bank.
func (c *clockwork) approve(charge *Charge) {
	c.t.Helper()
	form := url.Values{"client_secret": {charge.ClientSecret}, "decision": {"approve"}}
	r, err := http.NewRequest(http.MethodPost, c.sandbox+"/sandbox/authenticate/"+charge.StripeID, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.RoundTrip(r)
	if err != nil {
		c.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		c.t.Fatalf("the bank answers %d", res.StatusCode)
	}
}

// Money that came for an order which is cancelled goes back within two rounds, though the process that
// took it died and no event comes.
func TestMoneyThatCameTooLateGoesBackInTime(t *testing.T) {
	inFakeTime(t, func(t *testing.T, c *clockwork) {
		charge := c.open(time.Minute)
		charge = c.attach(charge, "pm_card_visa")
		c.confirm(charge)
		if _, err := c.service.update(t.Context(), charge, (*Charge).Succeed); err != nil {
			t.Fatal(err)
		}
		c.ordered(&Order{ID: charge.ID, Version: 1, Status: events.StatusCancelled, UserID: ada.ID, Price: 1999, ExpiresAt: charge.ExpiresAt})
		if now := c.changes(charge, Succeeded, 0, 2*round); now.Status != Refunded {
			t.Errorf("it has %s", now.Status)
		}
	})
}

// While Stripe is away nothing is decided; once it is back, everything is within a round.
func TestTheReconcilerWaitsForStripe(t *testing.T) {
	inFakeTime(t, func(t *testing.T, c *clockwork) {
		var all []*Charge
		for range 3 {
			charge := c.open(time.Minute)
			c.confirm(c.attach(charge, "pm_card_visa"))
			all = append(all, charge)
		}
		c.away.Store(true)
		const outage = 10 * time.Minute
		time.Sleep(outage)
		for _, charge := range all {
			if now := c.now(charge); now.Status != Pending {
				t.Errorf("without Stripe it is %s", now.Status)
			}
		}
		c.away.Store(false)
		time.Sleep(2 * round) // one that has begun already, with the pauses between its tries, and the next
		if slices.ContainsFunc(all, func(charge *Charge) bool { return c.now(charge).Status != Succeeded }) {
			t.Error("some are still not known to have succeeded")
		}
	})
}
