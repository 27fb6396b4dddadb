package auth

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"ticketing.dev/auth/mail"
	"ticketing.dev/common/events"
	"ticketing.dev/common/service/servicetest"
)

// market is a service that mails, with a seller and a buyer.
type market struct {
	*running
	box           *inbox
	seller, buyer string
}

const (
	sellerEmail = "seller@example.com"
	buyerEmail  = "buyer@example.com"
)

func newMarket(t *testing.T) *market {
	t.Helper()
	rs, box := mailing(t, Options{})
	m := &market{running: rs, box: box}
	for email, id := range map[string]*string{sellerEmail: &m.seller, buyerEmail: &m.buyer} {
		u, err := rs.register(t.Context(), SignUp{Email: Email(email), Password: right}, nil)
		if err != nil {
			t.Fatal(err)
		}
		*id = u.ID
	}
	servicetest.Publish(t, rs.bus, events.TicketCreated{Ticket: events.Ticket{ID: "ticket-1", Title: "Front row", Price: 1999, UserID: m.seller}})
	return m
}

func (m *market) order(version int64, status events.OrderStatus, endsIn time.Duration) events.Order {
	return events.Order{ID: "order-1", Version: version, Status: status, UserID: m.buyer, ExpiresAt: time.Now().Add(endsIn),
		Ticket: events.OrderedTicket{ID: "ticket-1", Title: "Front row", Price: 1999, Reservation: 1}}
}

func TestACompletedOrderMailsAReceiptAndTheSaleOnceEach(t *testing.T) {
	m := newMarket(t)
	done := events.OrderCompleted{Order: m.order(2, events.StatusComplete, time.Minute)}
	servicetest.Publish(t, m.bus, done)
	servicetest.Publish(t, m.bus, done)
	servicetest.Settled(t, m.bus)
	receipt, sale := m.box.await(t, receiptMail, buyerEmail, 1), m.box.await(t, soldMail, sellerEmail, 1)
	for _, want := range []string{"order-1", "Front row", "$19.99", "https://ticketing.dev/orders/order-1"} {
		if !strings.Contains(receipt.PlainText, want) || !strings.Contains(receipt.Markup, want) {
			t.Errorf("the receipt lacks %q: %s", want, receipt.PlainText)
		}
	}
	if strings.Contains(sale.PlainText, "order-1") || strings.Contains(sale.PlainText, buyerEmail) {
		t.Errorf("the seller reads the buyer's: %s", sale.PlainText)
	}
	m.client.Stop()
	if r, s := m.box.sent(receiptMail, buyerEmail), m.box.sent(soldMail, sellerEmail); len(r) != 1 || len(s) != 1 {
		t.Errorf("%d receipts and %d sales, want one each", len(r), len(s))
	}
}

func TestBuyersHearOnlyOfCancellationsThatTheyDidNotMake(t *testing.T) {
	m := newMarket(t)
	for reason, want := range map[string]string{"user": "", "expired": "", "payment-failed": "the payment failed", "ticket-withdrawn": "the seller withdrew the ticket"} {
		o := m.order(2, events.StatusCancelled, time.Minute)
		o.ID = reason
		servicetest.Publish(t, m.bus, events.OrderCancelled{Order: o, Reason: reason})
		servicetest.Settled(t, m.bus)
		n, err := m.db.Collection("mails").CountDocuments(t.Context(), map[string]string{"_id": mailID(cancelledMail, reason)})
		if err != nil || (n == 1) != (want != "") {
			t.Errorf("%s makes %d mails, %v", reason, n, err)
		}
		if want == "" {
			continue
		}
		servicetest.Eventually(t, reason, func() bool {
			for _, sent := range m.box.sent(cancelledMail, buyerEmail) {
				if sent.ID == mailID(cancelledMail, reason) && strings.Contains(sent.PlainText, want) {
					return true
				}
			}
			return false
		})
	}
}

func TestARefundIsMailedEvenIfItIsHeardOfBeforeItsOrder(t *testing.T) {
	m := newMarket(t)
	servicetest.Publish(t, m.bus, events.PaymentRefunded{Payment: events.Payment{ID: "charge-1", OrderID: "order-1"}, StripeRefundID: "re_1", Amount: 1999})
	servicetest.Publish(t, m.bus, events.OrderCancelled{Order: m.order(2, events.StatusCancelled, time.Minute), Reason: "expired"})
	if refund := m.box.await(t, refundMail, buyerEmail, 1); !strings.Contains(refund.PlainText, "We refunded $19.99 for Front row") {
		t.Errorf("the refund reads %s", refund.PlainText)
	}
}

func TestAReminderIsForOrdersThatStillWait(t *testing.T) {
	m := newMarket(t)
	waiting, paid := m.order(1, events.StatusCreated, remindBefore+2*time.Second), m.order(1, events.StatusCreated, remindBefore+2*time.Second)
	waiting.ID, paid.ID = "waiting", "paid"
	servicetest.Publish(t, m.bus, events.OrderCreated{Order: waiting})
	servicetest.Publish(t, m.bus, events.OrderCreated{Order: paid})
	paid.Version, paid.Status = 2, events.StatusComplete
	servicetest.Publish(t, m.bus, events.OrderCompleted{Order: paid})
	servicetest.Settled(t, m.bus)
	m.box.await(t, endingMail, buyerEmail, 1)
	servicetest.Eventually(t, "both reminders to end", func() bool {
		n, err := m.db.Collection("mails").CountDocuments(t.Context(), map[string]any{"_id": map[string]any{"$in": []string{mailID(endingMail, "waiting"), mailID(endingMail, "paid")}}, "done": map[string]any{"$exists": true}})
		return err == nil && n == 2
	})
	if sent := m.box.sent(endingMail, buyerEmail); len(sent) != 1 || sent[0].ID != mailID(endingMail, "waiting") {
		t.Errorf("reminders: %+v", sent)
	}
}

func TestWhatHappenedBeforeMailWasOnCausesNone(t *testing.T) {
	m := newMarket(t)
	message, err := events.NewMessage("orders", events.OrderCompleted{Order: m.order(2, events.StatusComplete, -time.Hour)}, time.Now().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.bus.Publish(t.Context(), message.Type, encoded); err != nil {
		t.Fatal(err)
	}
	servicetest.Settled(t, m.bus)
	for _, kind := range []mail.Kind{receiptMail, soldMail} {
		if n, err := m.db.Collection("mails").CountDocuments(t.Context(), map[string]any{"_id": mailID(kind, "order-1")}); n != 0 || err != nil {
			t.Errorf("%d mails of kind %s, %v", n, kind, err)
		}
	}
}
