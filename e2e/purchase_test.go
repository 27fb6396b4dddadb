package e2e

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticketing.dev/common/events"
	"ticketing.dev/common/money"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/local/api"
)

func TestPurchase(t *testing.T) {
	seller, buyer, other := newUser(t, shop), newUser(t, shop), newUser(t, shop)
	for _, price := range []money.Cents{1999, 57, 110, 99999999} {
		ticket := list(t, seller, price)
		o := order(t, buyer, ticket)
		charge, err := buyer.Pay(t.Context(), o.ID, "tok_visa")
		if err != nil || charge.Status != api.Succeeded || charge.Amount.Cents != price {
			t.Fatalf("charge %+v, %v", charge, err)
		}
		if o, err = buyer.AwaitOrder(bounded(t), o.ID, api.Complete); err != nil {
			t.Fatal(err)
		}
		sold, err := buyer.AwaitTicket(bounded(t), ticket.ID, api.Sold)
		if err != nil || sold.OrderID != o.ID || sold.Price.Cents != price {
			t.Errorf("sold as %+v, %v", sold, err)
		}
		if left, captures := stripeOf(t, shop).kept(o.ID); left != price || captures != 1 {
			t.Errorf("Stripe has %s from %d captures, want %s from 1", left, captures, price)
		}
		refused(t, buyer.CancelOrder(t.Context(), o.ID), 400, "completed order can't be cancelled")
		_, err = seller.EditTicket(t.Context(), ticket.ID, "Back row", 50)
		refused(t, err, 400, "sold ticket")
		_, err = other.PlaceOrder(t.Context(), ticket.ID)
		refused(t, err, 400, "already reserved")
		_, err = other.Order(t.Context(), o.ID)
		refused(t, err, 401, "Not authorized")
		_, err = other.Pay(t.Context(), o.ID, "tok_visa")
		refused(t, err, 401, "Not authorized")
		_, err = other.EditTicket(t.Context(), ticket.ID, "Mine", 50)
		refused(t, err, 401, "Not authorized")
	}
}

func TestPurchaseDeclined(t *testing.T) {
	seller, buyer := newUser(t, shop), newUser(t, shop)
	ticket := list(t, seller, 1999)
	o := order(t, buyer, ticket)
	_, err := buyer.Pay(t.Context(), o.ID, "tok_chargeDeclined")
	refused(t, err, 402, "Your card was declined.")
	if _, err := buyer.AwaitOrder(bounded(t), o.ID, api.Cancelled); err != nil {
		t.Fatal(err)
	}
	if _, err := buyer.AwaitTicket(bounded(t), ticket.ID, api.Available); err != nil {
		t.Fatal(err)
	}
	order(t, newUser(t, shop), ticket)
}

// Only the webhook says what the payer answered the bank.
func TestPurchaseWithABankChallenge(t *testing.T) {
	seller, buyer := newUser(t, shop), newUser(t, shop)
	for decision, want := range map[string]string{"approve": api.Complete, "refuse": api.Cancelled} {
		o := order(t, buyer, list(t, seller, 1999))
		charge, err := buyer.Pay(t.Context(), o.ID, "pm_card_authenticationRequired")
		if err != nil || charge.Status != api.Pending || charge.ClientSecret == "" {
			t.Fatalf("charge %+v, %v", charge, err)
		}
		if _, err := buyer.AwaitOrder(bounded(t), o.ID, api.AwaitingPayment); err != nil {
			t.Fatal(err)
		}
		refused(t, buyer.CancelOrder(t.Context(), o.ID), 400, "payment for this order is in progress")
		stripeOf(t, shop).decide(charge, decision)
		if _, err := buyer.AwaitOrder(bounded(t), o.ID, want); err != nil {
			t.Errorf("%s: %v", decision, err)
		}
	}
}

// Fifty buyers order one ticket at once through the gateway, over two replicas.
func TestPurchaseByOneOfFifty(t *testing.T) {
	seller := newUser(t, shop)
	buyers := make([]*api.Client, 50)
	for i := range buyers {
		buyers[i] = newUser(t, shop)
	}
	rounds := 20
	if testing.Short() {
		rounds = 4
	}
	for round := range rounds {
		ticket := list(t, seller, 1999)
		var won, lost atomic.Int64
		var all sync.WaitGroup
		begin := make(chan struct{})
		for _, buyer := range buyers {
			all.Go(func() {
				<-begin
				_, err := buyer.PlaceOrder(t.Context(), ticket.ID)
				switch {
				case err == nil:
					won.Add(1)
				default:
					refused(t, err, 400, "Ticket is already reserved")
					lost.Add(1)
				}
			})
		}
		close(begin)
		all.Wait()
		if won.Load() != 1 || lost.Load() != 49 {
			t.Fatalf("round %d: %d won, %d lost", round, won.Load(), lost.Load())
		}
	}
}

// An open event stream shows a ticket's reservation and then its sale without delay.
func TestPurchaseIsWatched(t *testing.T) {
	seller, buyer := newUser(t, shop), newUser(t, shop)
	ticket := list(t, seller, 1999)
	states := watchTicket(t, ticket.ID)
	next := func(want string) {
		t.Helper()
		select {
		case got := <-states:
			if got.Status != want {
				t.Fatalf("the watcher sees %+v, want it %s", got, want)
			}
		case <-time.After(patience):
			t.Fatalf("the watcher does not see that it is %s", want)
		}
	}
	next(api.Available)
	o := order(t, buyer, ticket)
	next(api.Reserved)
	if _, err := buyer.Pay(t.Context(), o.ID, "tok_visa"); err != nil {
		t.Fatal(err)
	}
	next(api.Sold)
}

// watchTicket follows a ticket's events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
func watchTicket(t *testing.T, id string) <-chan api.Ticket {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, shop.Run().Gateway+"/api/tickets/"+id+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	states := make(chan api.Ticket)
	var reading sync.WaitGroup
	t.Cleanup(reading.Wait)
	reading.Go(func() {
		defer response.Body.Close()
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			data, found := strings.CutPrefix(lines.Text(), "data: ")
			if !found {
				continue
			}
			var state api.Ticket
			if err := json.Unmarshal([]byte(data), &state); err != nil {
				t.Errorf("%s: %v", data, err)
			}
			select {
			case states <- state:
			case <-t.Context().Done(): // which ends before the cleanup
				return
			}
		}
	})
	return states
}

// A orders and cancels, B orders the same ticket, and then A's timer fires.
func TestALateExpirationDoesNotEndTheNextOrder(t *testing.T) {
	seller, a, b := newUser(t, shared), newUser(t, shared), newUser(t, shared)
	ticket := list(t, seller, 1999)
	first := order(t, a, ticket)
	if err := a.CancelOrder(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	second := order(t, b, ticket)

	servicetest.Publish(t, connect(t, "expiration"), events.ExpirationComplete{OrderID: first.ID})

	held, err := b.AwaitTicket(bounded(t), ticket.ID, api.Reserved)
	if err != nil {
		t.Fatal(err)
	}
	servicetest.Eventually(t, "the ticket to be B's", func() bool {
		held, err = b.Ticket(t.Context(), ticket.ID)
		return err == nil && held.OrderID == second.ID
	})
	for range 20 { // whatever A's timer does, it does soon
		o, err := b.Order(t.Context(), second.ID)
		if err != nil || o.Status != api.Created {
			t.Fatalf("B's order is %+v, %v", o, err)
		}
		_, err = seller.EditTicket(t.Context(), ticket.ID, "Dearer", 9999)
		refused(t, err, 400, "reserved ticket")
		time.Sleep(20 * time.Millisecond)
	}
	_, err = a.PlaceOrder(t.Context(), ticket.ID)
	refused(t, err, 400, "already reserved")
}
