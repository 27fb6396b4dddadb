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
		news      News
		status    Status
		givenBack money.Cents
	}
	part, whole := Returns{Refunded: 500, Refund: "re_1"}, Returns{Refunded: 1999, Refund: "re_2"}
	disputed := func(status string) Returns { return Returns{Dispute: &Dispute{"dp_1", status, "general", 1999}} }
	for name, looks := range map[string][]look{
		"nothing": {{Returns{}, News{}, Succeeded, 0}},
		"in parts": {
			{part, News{Refunded: true}, Succeeded, 500},
			{part, News{}, Succeeded, 500},
			{whole, News{Refunded: true}, Refunded, 1999},
			{whole, News{}, Refunded, 1999},
		},
		"both parts fail, one after the other": {
			{whole, News{Refunded: true}, Refunded, 1999},
			{Returns{Refunded: 500, Refund: "re_1", Failed: failedRefunds("re_2")}, News{RefundFailed: true}, Refunded, 500},
			{Returns{Failed: failedRefunds("re_2", "re_1")}, News{RefundFailed: true}, Refunded, 0},
			{Returns{Failed: failedRefunds("re_2", "re_1")}, News{}, Refunded, 0},
		},
		"it fails and is made again": {
			{part, News{Refunded: true}, Succeeded, 500},
			{Returns{Failed: failedRefunds("re_1")}, News{RefundFailed: true}, Succeeded, 0},
			{Returns{Refunded: 500, Refund: "re_3", Failed: failedRefunds("re_1")}, News{Refunded: true}, Succeeded, 500},
		},
		"it failed before anybody looked": {{Returns{Failed: failedRefunds("re_1")}, News{}, Succeeded, 0}},
		"a dispute": {
			{disputed("needs_response"), News{Disputed: true}, Succeeded, 0},
			{disputed("needs_response"), News{}, Succeeded, 0},
			{disputed("under_review"), News{}, Succeeded, 0},
			{disputed("lost"), News{Disputed: true}, Succeeded, 0},
		},
		"an inquiry": {
			{disputed("warning_needs_response"), News{Disputed: true}, Succeeded, 0},
			{disputed("warning_closed"), News{}, Succeeded, 0},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := &Charge{Status: Succeeded, Settled: true, Amount: 1999, StripeID: "pi_1"}
			for i, l := range looks {
				if news := c.Note(l.returns, false, time.Now()); news != l.news || c.Status != l.status || c.GivenBack() != l.givenBack {
					t.Errorf("look %d: news %+v, then %s with %s given back", i+1, news, c.Status, c.GivenBack())
				}
			}
		})
	}
}

// The money of a cancelled order has to go back: that it does is no news.
func TestNoteOfACancelledOrder(t *testing.T) {
	c := &Charge{Status: Succeeded, Amount: 1999}
	if news := c.Note(Returns{Refunded: 500, Refund: "re_1"}, true, time.Now()); news != (News{}) || c.undecided() {
		t.Errorf("a part is news: %+v", news)
	}
	if news := c.Note(Returns{Refunded: 1999, Refund: "re_2"}, true, time.Now()); news != (News{}) || c.undecided() || c.Status != Refunded {
		t.Errorf("all is news: %+v", news)
	}
	for _, status := range []Status{Pending, Failed} {
		c := &Charge{Status: status, Amount: 1999}
		if c.Note(Returns{Refunded: 1999, Refund: "re_1"}, false, time.Now()); c.Status != status || c.RefundedAmount != 0 {
			t.Errorf("what is %s becomes %+v", status, c)
		}
	}
}

// What was given back in another way isn't owed again when Stripe tells the same once more.
func TestDecideEndsWhatIsOwed(t *testing.T) {
	now := time.Now()
	c := &Charge{Status: Succeeded, Amount: 1999}
	c.Note(Returns{Refunded: 1999, Refund: "re_1"}, false, now)
	failed := Returns{Failed: failedRefunds("re_1")}
	c.Note(failed, false, now)
	if err := c.Decide(now); err != nil || c.owed() || c.undecided() || c.GivenBack() != 1999 {
		t.Errorf("decided as %+v, %v", c, err)
	}
	if news := c.Note(failed, false, now); news != (News{}) || c.owed() {
		t.Errorf("again: %+v, %+v", news, c.FailedRefund)
	}
}
