package check

import (
	"strings"
	"testing"

	"ticketing.dev/orders"
	"ticketing.dev/payments"
	"ticketing.dev/tickets"
)

// The checks recognize refusals by their messages, so a change of a message must change them too.
func TestRefusalsHaveTheExpectedMessages(t *testing.T) {
	for words, err := range map[string]error{
		saysSold:      tickets.ErrSold,
		saysComplete:  orders.ErrComplete,
		saysExpired:   payments.ErrOrderExpired,
		saysCancelled: payments.ErrOrderCancelled,
	} {
		if !strings.Contains(err.Error(), words) {
			t.Errorf("%q doesn't contain %q", err, words)
		}
	}
}
