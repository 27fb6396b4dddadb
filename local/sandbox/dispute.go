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

var disputeReasons = []string{
	"credit_not_processed", "duplicate", "fraudulent", "general", "product_not_received", "product_unacceptable", "unrecognized",
}

// dispute is a cardholder's request to the bank for the money back.
// Stripe: https://docs.stripe.com/api/disputes/object.
type dispute struct {
	ID                 string            `json:"id"`
	Object             string            `json:"object"`
	Amount             int64             `json:"amount"` // in cents
	Charge             string            `json:"charge"`
	Created            int64             `json:"created"`
	Currency           string            `json:"currency"`
	IsChargeRefundable bool              `json:"is_charge_refundable"`
	Livemode           bool              `json:"livemode"`
	Metadata           map[string]string `json:"metadata"`
	PaymentIntent      string            `json:"payment_intent"`
	Reason             string            `json:"reason"`
	Status             string            `json:"status"`
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
	d.IsChargeRefundable = !d.withdrawn()
	return nil
}

// openDispute disputes an amount of a charge.
func openDispute(tx *tx, ch *charge, amount int64, reason, status string) *dispute {
	d := &dispute{
		ID:            tx.newID(disputes),
		Object:        "dispute",
		Amount:        amount,
		Charge:        ch.ID,
		Created:       tx.now.Unix(),
		Currency:      ch.Currency,
		Metadata:      map[string]string{},
		PaymentIntent: ch.PaymentIntent,
		Reason:        reason,
		Status:        status,
	}
	d.IsChargeRefundable = !d.withdrawn()
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

func retrieveDispute(c *call) action {
	return func(tx *tx) (any, error) { return find[dispute](tx, disputes, c.object) }
}

func listDisputes(c *call) action {
	window, intentID, chargeID := c.window(), c.text("payment_intent"), c.text("charge")
	return func(tx *tx) (any, error) {
		rows, err := selected(tx, disputes, func(d dispute) bool {
			return (intentID == "" || intentID == d.PaymentIntent) && (chargeID == "" || chargeID == d.Charge)
		})
		if err != nil {
			return nil, err
		}
		return paginate(rows, func(d dispute) string { return d.ID }, disputes, window)
	}
}

// closeDispute accepts a dispute as lost.
func closeDispute(c *call) action {
	return func(tx *tx) (any, error) {
		d, err := find[dispute](tx, disputes, c.object)
		if err != nil {
			return nil, err
		}
		return d, moveDispute(tx, d, lost)
	}
}

// addDispute is POST /sandbox/disputes: the cardholder complains. Without an amount all of the charge is
// disputed.
func (s *Sandbox) addDispute(w http.ResponseWriter, r *http.Request) error {
	body, err := decodeJSON[struct {
		PaymentIntent string `json:"payment_intent"`
		Amount        int64  `json:"amount"` // in cents
		Reason        string `json:"reason"`
		Inquiry       bool   `json:"inquiry"`
	}](w, r)
	if err != nil {
		return err
	}
	if body.Reason == "" {
		body.Reason = "fraudulent"
	}
	if !slices.Contains(disputeReasons, body.Reason) {
		return invalid("reason", "", "Invalid reason: must be one of %v", disputeReasons)
	}
	status := needsResponse
	if body.Inquiry {
		status = warningNeedsResponse
	}
	var d *dispute
	err = s.update(nil, func(tx *tx) error {
		ch, err := chargeToRefund(tx, body.PaymentIntent, "")
		if err != nil {
			return err
		}
		amount, err := ch.disputable(body.Amount)
		if err == nil {
			d = openDispute(tx, ch, amount, body.Reason, status)
		}
		return err
	})
	if err != nil {
		return err
	}
	mustAnswer(http.StatusCreated, d).write(w)
	return nil
}

// decideDispute is POST /sandbox/disputes/{id}: the bank or the cardholder moves a dispute along.
func (s *Sandbox) decideDispute(w http.ResponseWriter, r *http.Request) error {
	body, err := decodeJSON[struct {
		Status string `json:"status"`
	}](w, r)
	if err != nil {
		return err
	}
	var d *dispute
	err = s.update(nil, func(tx *tx) (err error) {
		if d, err = find[dispute](tx, disputes, chi.URLParam(r, "id")); err != nil {
			return err
		}
		return moveDispute(tx, d, body.Status)
	})
	if err != nil {
		return err
	}
	mustAnswer(http.StatusOK, d).write(w)
	return nil
}
