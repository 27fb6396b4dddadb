package payments

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/stripe/stripe-go/v76"

	"ticketing.dev/common/session"
	"ticketing.dev/common/web"
)

// payerCancelled is what payers are told of a payment that they cancelled themselves.
const payerCancelled = "You cancelled the payment"

// giveUp cancels a payment that's waiting for the payer's bank, at the payer's request. Any other payment
// stays as it is: it's either decided or still being processed by Stripe.
func (s *Service) giveUp(ctx context.Context, c *Charge) (*Charge, error) {
	if c.Status != Pending || c.StripeID == "" {
		return c, nil
	}
	intent, err := s.intent(ctx, c)
	if err != nil {
		s.away.Report(err)
		return c, ErrStripeAway
	}
	if intent.Status == stripe.PaymentIntentStatusRequiresAction {
		return s.abandonAs(ctx, c, stripe.PaymentIntentCancellationReasonRequestedByCustomer, payerCancelled)
	}
	return s.conclude(ctx, c, intent)
}

func (s *Service) cancel(w http.ResponseWriter, r *http.Request) error {
	user, err := session.Require(r)
	if err != nil {
		return err
	}
	charge, err := s.charges.Get(r.Context(), chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	if err := charge.OwnedBy(user.ID); err != nil {
		return err
	}
	// Finish even if the payer closes the page.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), payTimeout)
	defer cancel()
	charge, err = s.giveUp(ctx, charge)
	if err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, show(charge))
}
