package sandbox

import (
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"
)

// The states of a dispute. An inquiry, whose states begin with "warning", asks before the bank takes the
// money back. Stripe: https://docs.stripe.com/disputes/how-disputes-work.
const (
	needsResponse        = "needs_response"
	underReview          = "under_review"
	won                  = "won"
	lost                 = "lost"
	warningNeedsResponse = "warning_needs_response"
	warningUnderReview   = "warning_under_review"
	warningClosed        = "warning_closed"
)

// nextStatuses are the states that a dispute can move to.
var nextStatuses = map[string][]string{
	needsResponse:        {underReview, won, lost},
	underReview:          {won, lost},
	warningNeedsResponse: {warningUnderReview, warningClosed, needsResponse},
	warningUnderReview:   {warningClosed, needsResponse},
}

// dispute is a cardholder's request to the bank for the money back.
// Stripe: https://docs.stripe.com/api/disputes/object.
type dispute struct {
	ID            string `json:"id"`
	Object        string `json:"object"`
	Amount        int64  `json:"amount"` // in cents
	Charge        string `json:"charge"`
	Created       int64  `json:"created"`
	Currency      string `json:"currency"`
	PaymentIntent string `json:"payment_intent"`
	Reason        string `json:"reason"`
	Status        string `json:"status"`
}

// withdrawn reports whether the bank has the money.
func (d *dispute) withdrawn() bool {
	return slices.Contains([]string{needsResponse, underReview, lost}, d.Status)
}

func (d *dispute) closed() bool { return nextStatuses[d.Status] == nil }

func (d *dispute) move(status string) error {
	next := nextStatuses[d.Status]
	switch {
	case next == nil:
		return invalid("", "", "This dispute is already closed")
	case !slices.Contains(next, status):
		return invalid("status", "", "A dispute that is %s cannot become %s.", d.Status, status)
	}
	d.Status = status
	return nil
}

// openDispute disputes a charge.
func openDispute(tx *tx, ch *charge, status string) *dispute {
	d := &dispute{
		ID:            tx.newID(disputes),
		Object:        "dispute",
		Amount:        ch.AmountCaptured,
		Charge:        ch.ID,
		Created:       tx.now.Unix(),
		Currency:      ch.Currency,
		PaymentIntent: ch.PaymentIntent,
		Reason:        "fraudulent",
		Status:        status,
	}
	ch.Disputed = true
	put(tx, charges, ch.ID, ch)
	put(tx, disputes, d.ID, d)
	tx.emit("charge.dispute.created", d)
	if d.withdrawn() {
		tx.emit("charge.dispute.funds_withdrawn", d)
	}
	return d
}

// moveDispute changes the status of a dispute and emits an event.
func moveDispute(tx *tx, d *dispute, status string) error {
	before := d.withdrawn()
	if err := d.move(status); err != nil {
		return err
	}
	put(tx, disputes, d.ID, d)
	switch {
	case !before && d.withdrawn():
		tx.emit("charge.dispute.funds_withdrawn", d)
	case before && !d.withdrawn():
		tx.emit("charge.dispute.funds_reinstated", d)
	}
	if d.closed() {
		tx.emit("charge.dispute.closed", d)
	} else {
		tx.emit("charge.dispute.updated", d)
	}
	return nil
}

// chargedBack reports whether the bank has the money of a charge, so that it can't be refunded.
func chargedBack(tx *tx, charge string) (back bool, err error) {
	err = each(tx, disputes, func(_ string, d dispute) error {
		back = back || d.Charge == charge && d.withdrawn()
		return nil
	})
	return back, err
}

// addDispute is POST /sandbox/disputes: the cardholder disputes a payment.
func (s *Sandbox) addDispute(w http.ResponseWriter, r *http.Request) error {
	body, err := decodeJSON[struct {
		PaymentIntent string `json:"payment_intent"`
		Inquiry       bool   `json:"inquiry"`
	}](w, r)
	if err != nil {
		return err
	}
	status := needsResponse
	if body.Inquiry {
		status = warningNeedsResponse
	}
	return s.reply(w, http.StatusCreated, func(tx *tx) (any, error) {
		ch, err := latestCharge(tx, body.PaymentIntent)
		if err != nil {
			return nil, err
		}
		if ch.Status != succeeded {
			return nil, invalid("", "", "This PaymentIntent (%s) does not have a successful charge to dispute.", ch.PaymentIntent)
		}
		return openDispute(tx, ch, status), nil
	})
}

// decideDispute is POST /sandbox/disputes/{id}: the bank or the cardholder moves a dispute along.
func (s *Sandbox) decideDispute(w http.ResponseWriter, r *http.Request) error {
	body, err := decodeJSON[struct {
		Status string `json:"status"`
	}](w, r)
	if err != nil {
		return err
	}
	return s.reply(w, http.StatusOK, func(tx *tx) (any, error) {
		d, err := find[dispute](tx, disputes, chi.URLParam(r, "id"))
		if err != nil {
			return nil, err
		}
		return d, moveDispute(tx, d, body.Status)
	})
}
