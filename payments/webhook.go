package payments

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"
	"go.mongodb.org/mongo-driver/bson"

	"ticketing.dev/common/problem"
	"ticketing.dev/common/web"
)

// webhookLimit is the longest event that is read, in bytes. Stripe's own examples take this much
// (https://docs.stripe.com/webhooks/quickstart).
const webhookLimit = 64 << 10

var errSignature = problem.New(problem.Invalid, "Signature is not valid")

// webhook takes an event of Stripe's as a hint to ask how the thing it is about stands, and nothing
// more: one that is doubled, late, lost or out of order changes nothing else. The version of the API
// that it was written in does not matter, since only ids are read.
func (s *Service) webhook(w http.ResponseWriter, r *http.Request) error {
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, webhookLimit))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return problem.New(problem.TooLarge, "Event is too long")
	}
	if err != nil {
		return fmt.Errorf("read the event: %w", err)
	}
	if s.webhookSecret == "" { // which would make every signature a good one
		return errSignature
	}
	event, err := webhook.ConstructEventWithOptions(payload, r.Header.Get("Stripe-Signature"), s.webhookSecret,
		webhook.ConstructEventOptions{IgnoreAPIVersionMismatch: true})
	if err != nil {
		return errSignature
	}
	if err := s.hint(r, event); err != nil {
		return err
	}
	return web.JSON(w, http.StatusOK, struct{}{})
}

// hint looks after what an event is about.
func (s *Service) hint(r *http.Request, event stripe.Event) error {
	var about subject
	if event.Data == nil || json.Unmarshal(event.Data.Raw, &about) != nil {
		return nil
	}
	switch {
	case about.Object == "payment_intent":
		c, err := s.charges.First(r.Context(), bson.M{"stripeId": about.ID})
		if errors.Is(err, problem.ErrNotFound) {
			return nil
		}
		if err == nil {
			_, err = s.resolve(r.Context(), c)
		}
		return err
	case about.Object == "refund", about.Object == "dispute", event.Type == stripe.EventTypeChargeRefunded:
		return s.moneyMoved(r.Context(), about.Object, about.ID)
	}
	return nil
}
