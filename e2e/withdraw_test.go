package e2e

import (
	"fmt"
	"sync"
	"testing"

	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/local/api"
)

// withdrawal is a ticket that its seller withdraws while a buyer orders and pays it.
type withdrawal struct {
	ticket  api.Ticket
	buyer   *api.Client
	order   api.Order // empty if it was refused
	refused error     // to withdraw
}

func TestAWithdrawalBeatsAnOrderOrLosesToItButNeverHalfway(t *testing.T) {
	seller := newUser(t, shop)
	var all [8]withdrawal
	var both sync.WaitGroup
	for i := range all {
		w := &all[i]
		w.ticket, w.buyer = list(t, seller, 1999), newUser(t, shop)
		if _, err := w.buyer.AwaitTicket(bounded(t), w.ticket.ID, api.Available); err != nil {
			t.Fatal(err)
		}
		both.Go(func() {
			var err error
			if w.order, err = w.buyer.PlaceOrder(bounded(t), w.ticket.ID); err == nil {
				_, _ = w.buyer.Pay(bounded(t), w.order.ID, "tok_visa") // refused if the order is cancelled by then
			}
		})
		both.Go(func() { w.refused = seller.WithdrawTicket(bounded(t), w.ticket.ID) })
	}
	both.Wait()
	for i := range all {
		servicetest.Eventually(t, "a ticket to be withdrawn or sold", func() bool {
			wrong := all[i].wrong(t)
			if wrong != "" {
				t.Log(wrong)
			}
			return wrong == ""
		})
	}
}

// wrong says in what the ticket, its order and the money don't agree yet.
func (w withdrawal) wrong(t *testing.T) string {
	t.Helper()
	now, err := w.buyer.Ticket(t.Context(), w.ticket.ID)
	if err != nil {
		t.Fatal(err)
	}
	var o api.Order
	if w.order.ID != "" {
		if o, err = w.buyer.Order(t.Context(), w.order.ID); err != nil {
			t.Fatal(err)
		}
	}
	kept, _ := stripeOf(t, shop).kept(w.order.ID)
	sold := now.Status == api.Sold && o.Status == api.Complete && kept == 1999
	withdrawn := now.Status == api.Withdrawn && (o.ID == "" || o.Status == api.Cancelled && o.Reason == api.TicketWithdrawn) && kept == 0
	if sold || withdrawn && w.refused == nil {
		return ""
	}
	return fmt.Sprintf("withdrawal %v, ticket %s, order %s %s, %s kept", w.refused, now.Status, o.Status, o.Reason, kept)
}
