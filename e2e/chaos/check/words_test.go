package check

import (
	"strings"
	"testing"

	"ticketing.dev/orders"
	"ticketing.dev/payments"
	"ticketing.dev/tickets"
)

// What is judged by the words of a refusal would not be judged any more if the services said it in others.
func TestRefusalsAreKnownByTheirWords(t *testing.T) {
	for words, err := range map[string]error{
		saysSold:      tickets.ErrSold,
		saysComplete:  orders.ErrComplete,
		saysExpired:   payments.ErrOrderExpired,
		saysCancelled: payments.ErrOrderCancelled,
	} {
		if !strings.Contains(err.Error(), words) {
			t.Errorf("%q does not say %q", err, words)
		}
	}
}
