package payments

import (
	"testing"
	"time"

	"ticketing.dev/common/money"
)

func failedRefunds(ids ...string) (all []FailedRefund) {
	for _, id := range ids {
		all = append(all, FailedRefund{ID: id, Reason: "declined"})
	}
	return all
}

// What Stripe says of one charge, look by look, and what a person has to know of it.
func TestNote(t *testing.T) {
	type look struct {
		returns   Returns
		alerts    Alerts
		status    Status
		givenBack money.Cents
	}
	part, whole := Returns{Refunded: 500, Refund: "re_1"}, Returns{Refunded: 1999, Refund: "re_2"}
	disputed := func(status string) Returns { return Returns{Dispute: &Dispute{"dp_1", status, "general", 1999}} }
	for name, looks := range map[string][]look{
		"nothing": {{Returns{}, Alerts{}, Succeeded, 0}},
		"in parts": {
			{part, Alerts{Refunded: true}, Succeeded, 500},
			{part, Alerts{}, Succeeded, 500},
			{whole, Alerts{Refunded: true}, Refunded, 1999},
			{whole, Alerts{}, Refunded, 1999},
		},
		"both parts fail, one after the other": {
			{whole, Alerts{Refunded: true}, Refunded, 1999},
			{Returns{Refunded: 500, Refund: "re_1", Failed: failedRefunds("re_2")}, Alerts{RefundFailed: true}, Refunded, 500},
			{Returns{Failed: failedRefunds("re_2", "re_1")}, Alerts{RefundFailed: true}, Refunded, 0},
			{Returns{Failed: failedRefunds("re_2", "re_1")}, Alerts{}, Refunded, 0},
		},
		"it fails and is made again": {
			{part, Alerts{Refunded: true}, Succeeded, 500},
			{Returns{Failed: failedRefunds("re_1")}, Alerts{RefundFailed: true}, Succeeded, 0},
			{Returns{Refunded: 500, Refund: "re_3", Failed: failedRefunds("re_1")}, Alerts{Refunded: true}, Succeeded, 500},
		},
		"it failed before the first check": {{Returns{Failed: failedRefunds("re_1")}, Alerts{}, Succeeded, 0}},
		"a dispute": {
			{disputed("needs_response"), Alerts{Disputed: true}, Succeeded, 0},
			{disputed("needs_response"), Alerts{}, Succeeded, 0},
			{disputed("under_review"), Alerts{}, Succeeded, 0},
			{disputed("lost"), Alerts{Disputed: true}, Succeeded, 0},
		},
		"an inquiry": {
			{disputed("warning_needs_response"), Alerts{Disputed: true}, Succeeded, 0},
			{disputed("warning_closed"), Alerts{}, Succeeded, 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := &Charge{Status: Succeeded, Settled: true, Amount: 1999, StripeID: "pi_1"}
			for i, l := range looks {
				if alerts := c.RecordReturns(l.returns, false, time.Now()); alerts != l.alerts || c.Status != l.status || c.GivenBack() != l.givenBack {
					t.Errorf("look %d: alerts %+v, then %s with %s given back", i+1, alerts, c.Status, c.GivenBack())
				}
			}
		})
	}
}

// The money of a cancelled order has to go back: that it does is no alerts.
func TestNoteOfACancelledOrder(t *testing.T) {
	c := &Charge{Status: Succeeded, Amount: 1999}
	if alerts := c.RecordReturns(Returns{Refunded: 500, Refund: "re_1"}, true, time.Now()); alerts != (Alerts{}) || c.undecided() {
		t.Errorf("a part is alerts: %+v", alerts)
	}
	if alerts := c.RecordReturns(Returns{Refunded: 1999, Refund: "re_2"}, true, time.Now()); alerts != (Alerts{}) || c.undecided() || c.Status != Refunded {
		t.Errorf("all is alerts: %+v", alerts)
	}
	for _, status := range []Status{Pending, Failed} {
		c := &Charge{Status: status, Amount: 1999}
		if c.RecordReturns(Returns{Refunded: 1999, Refund: "re_1"}, false, time.Now()); c.Status != status || c.RefundedAmount != 0 {
			t.Errorf("what is %s becomes %+v", status, c)
		}
	}
}

// What was given back in another way isn't owed again when Stripe tells the same once more.
func TestAnOperatorsDecisionEndsTheAlert(t *testing.T) {
	now := time.Now()
	c := &Charge{Status: Succeeded, Amount: 1999}
	c.RecordReturns(Returns{Refunded: 1999, Refund: "re_1"}, false, now)
	failed := Returns{Failed: failedRefunds("re_1")}
	c.RecordReturns(failed, false, now)
	if err := c.Decide(now); err != nil || c.owed() || c.undecided() || c.GivenBack() != 1999 {
		t.Errorf("decided as %+v, %v", c, err)
	}
	if alerts := c.RecordReturns(failed, false, now); alerts != (Alerts{}) || c.owed() {
		t.Errorf("again: %+v, %+v", alerts, c.FailedRefund)
	}
}
