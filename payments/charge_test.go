package payments

import (
	"slices"
	"testing"
	"time"

	"ticketing.dev/common/aggregate"
	"ticketing.dev/common/events"
	"ticketing.dev/common/problem"
)

func TestTransitions(t *testing.T) {
	attach := func(c *Charge) { c.Attach("pi_new") }
	ask := func(c *Charge) { c.AskPayer("secret") }
	fail := func(c *Charge) { c.Fail("declined") }
	failUnasked := func(c *Charge) { c.FailUnasked("interrupted") }
	refund := func(c *Charge) { c.Refund("re_1") }

	for _, c := range []struct {
		what           string
		from           Status
		intent         string
		do             func(*Charge)
		to             Status
		intentNow      string
		secret, refund string
		settled        bool
		events         []string
	}{
		{"attach", Pending, "", attach, Pending, "pi_new", "", "", false, nil},
		{"attach a second one", Pending, "pi_1", attach, Pending, "pi_1", "", "", false, nil},
		{"attach to what has failed", Failed, "", attach, Failed, "", "", "", false, nil},

		{"ask the payer", Pending, "pi_1", ask, Pending, "pi_1", "secret", "", false, nil},
		{"ask the payer late", Succeeded, "pi_1", ask, Succeeded, "pi_1", "", "", false, nil},

		{"succeed", Pending, "pi_1", (*Charge).Succeed, Succeeded, "pi_1", "", "", false, []string{"payment:created"}},
		{"succeed again", Succeeded, "pi_1", (*Charge).Succeed, Succeeded, "pi_1", "", "", false, nil},
		{"succeed when refunded", Refunded, "pi_1", (*Charge).Succeed, Refunded, "pi_1", "", "", false, nil},
		{"succeed when failed", Failed, "pi_1", (*Charge).Succeed, Failed, "pi_1", "", "", false, nil},

		{"fail", Pending, "pi_1", fail, Failed, "pi_1", "", "", false, []string{"payment:failed"}},
		{"fail again", Failed, "pi_1", fail, Failed, "pi_1", "", "", false, nil},
		{"fail when succeeded", Succeeded, "pi_1", fail, Succeeded, "pi_1", "", "", false, nil},

		{"fail without an intent", Pending, "", failUnasked, Failed, "", "", "", false, []string{"payment:failed"}},
		{"an intent has been attached meanwhile", Pending, "pi_1", failUnasked, Pending, "pi_1", "", "", false, nil},

		{"refund", Succeeded, "pi_1", refund, Refunded, "pi_1", "", "re_1", false, []string{"payment:refunded"}},
		{"refund again", Refunded, "pi_1", refund, Refunded, "pi_1", "", "", false, nil},
		{"refund what has failed", Failed, "pi_1", refund, Failed, "pi_1", "", "", false, nil},

		{"settle", Succeeded, "pi_1", (*Charge).Settle, Succeeded, "pi_1", "", "", true, nil},
		{"settle what is pending", Pending, "pi_1", (*Charge).Settle, Pending, "pi_1", "", "", false, nil},
	} {
		t.Run(c.what, func(t *testing.T) {
			charge := &Charge{Root: aggregate.Root{ID: aggregate.NewID()}, Status: c.from, StripeID: c.intent, Amount: 1999}
			c.do(charge)
			var recorded []string
			for _, e := range charge.Recorded() {
				recorded = append(recorded, e.Subject())
			}
			if charge.Status != c.to || charge.StripeID != c.intentNow || charge.ClientSecret != c.secret ||
				charge.StripeRefundID != c.refund || charge.Settled != c.settled || !slices.Equal(recorded, c.events) {
				t.Errorf("now %+v, recorded %v", charge, recorded)
			}
		})
	}
}

func TestTheSecretIsGoneWithTheQuestion(t *testing.T) {
	for _, end := range []func(*Charge){(*Charge).Succeed, func(c *Charge) { c.Fail("") }} {
		c := &Charge{Status: Pending, StripeID: "pi_1", ClientSecret: "secret"}
		if end(c); c.ClientSecret != "" {
			t.Errorf("the secret outlives the question: %+v", c)
		}
	}
}

func TestPayable(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		status events.OrderStatus
		left   time.Duration
		want   error
	}{
		{"created", time.Millisecond, nil},
		{"created", 0, ErrOrderExpired},
		{"created", -time.Minute, ErrOrderExpired},
		{"cancelled", time.Minute, ErrOrderCancelled},
		{"cancelled", -time.Minute, ErrOrderCancelled},
	} {
		o := &Order{Status: c.status, ExpiresAt: now.Add(c.left), UserID: "a"}
		if err := o.Payable(now); (err == nil) != (c.want == nil) || err != nil && err.Error() != c.want.Error() {
			t.Errorf("%s with %s left: %v, want %v", c.status, c.left, err, c.want)
		}
		if o.OwnedBy("a") != nil || o.OwnedBy("b") != problem.ErrNotOwner {
			t.Error("the owner is confused")
		}
	}
}
