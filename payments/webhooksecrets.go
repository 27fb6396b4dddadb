package payments

import (
	"errors"
	"strings"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"
)

// webhookSecrets are the secrets that may have signed a webhook.
type webhookSecrets []string

// UnmarshalText reads secrets that are separated by commas.
func (all *webhookSecrets) UnmarshalText(text []byte) error {
	*all = nil
	for secret := range strings.SplitSeq(string(text), ",") {
		if secret = strings.TrimSpace(secret); secret != "" { // an empty secret would verify what anyone signs with it
			*all = append(*all, secret)
		}
	}
	if len(*all) == 0 {
		return errors.New("no secret")
	}
	return nil
}

// event returns a webhook's event if one of the secrets signed it.
func (all webhookSecrets) event(payload []byte, signature string) (stripe.Event, error) {
	for _, secret := range all {
		event, err := webhook.ConstructEventWithOptions(payload, signature, secret, webhook.ConstructEventOptions{IgnoreAPIVersionMismatch: true})
		if err == nil {
			return event, nil
		}
	}
	return stripe.Event{}, errSignature
}
