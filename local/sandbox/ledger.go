package sandbox

import (
	"cmp"
	"net/http"
)

// Ledger shows where the money went, for tests: GET /sandbox/ledger. It adds up charges and refunds instead of
// trusting the intents.
type Ledger struct {
	Captured int64         `json:"captured"` // in cents
	Refunded int64         `json:"refunded"` // in cents, without the refunds that failed
	Disputed int64         `json:"disputed"` // in cents, taken back by banks, without disputes that were won
	Entries  []LedgerEntry `json:"entries"`  // oldest first
}

// LedgerEntry is one PaymentIntent.
type LedgerEntry struct {
	PaymentIntent string         `json:"payment_intent"`
	OrderID       string         `json:"order_id"` // from its metadata
	Status        string         `json:"status"`
	Amount        int64          `json:"amount"`         // in cents
	CapturedTimes int            `json:"captured_times"` // more than 1 means that money was taken twice
	Refunded      int64          `json:"refunded"`       // in cents, without the refunds that failed
	Disputed      int64          `json:"disputed"`       // in cents, taken back by the bank
	Refunds       []LedgerRefund `json:"refunds"`
}

// LedgerRefund is one refund of it.
type LedgerRefund struct {
	ID     string `json:"id"`
	Amount int64  `json:"amount"` // in cents
	Status string `json:"status"`
	// Reason is the reason given for the refund, if any.
	Reason string `json:"reason,omitempty"`
}

func (s *Sandbox) showLedger(w http.ResponseWriter, _ *http.Request) error {
	return s.reply(w, http.StatusOK, func(tx *tx) (any, error) { return readLedger(tx) })
}

func readLedger(tx *tx) (Ledger, error) {
	ledger := Ledger{Entries: []LedgerEntry{}}
	entry := map[string]int{} // by PaymentIntent
	err := each(tx, paymentIntents, func(id string, in paymentIntent) error {
		entry[id] = len(ledger.Entries)
		ledger.Entries = append(ledger.Entries, LedgerEntry{
			PaymentIntent: id,
			OrderID:       in.Metadata["order_id"],
			Status:        in.Status,
			Amount:        in.Amount,
			Refunds:       []LedgerRefund{},
		})
		return nil
	})
	return ledger, cmp.Or(err,
		each(tx, charges, func(_ string, ch charge) error {
			if ch.Captured {
				ledger.Captured += ch.AmountCaptured
				ledger.Entries[entry[ch.PaymentIntent]].CapturedTimes++
			}
			return nil
		}),
		each(tx, refunds, func(_ string, re refund) error {
			e := &ledger.Entries[entry[re.PaymentIntent]]
			e.Refunds = append(e.Refunds, LedgerRefund{re.ID, re.Amount, re.Status, re.Reason})
			if re.Status == succeeded {
				ledger.Refunded += re.Amount
				e.Refunded += re.Amount
			}
			return nil
		}),
		each(tx, disputes, func(_ string, d dispute) error {
			if d.withdrawn() {
				ledger.Disputed += d.Amount
				ledger.Entries[entry[d.PaymentIntent]].Disputed += d.Amount
			}
			return nil
		}),
	)
}
