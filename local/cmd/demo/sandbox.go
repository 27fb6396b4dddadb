package main

import (
	"context"
	"fmt"
	"strings"

	"ticketing.dev/local/api"
	"ticketing.dev/local/sandbox/remote"
)

// approve opens the page of the payer's bank and agrees to the payment.
func (d *demo) approve(ctx context.Context, c api.Charge) error {
	page, err := d.sandbox.BankPage(ctx, c.StripeID, c.ClientSecret)
	if err != nil {
		return err
	}
	if !strings.Contains(page, c.Amount.Cents.String()) {
		return fmt.Errorf("the bank's page does not name %s", c.Amount.Cents)
	}
	return d.sandbox.Decide(ctx, c.StripeID, c.ClientSecret, remote.Approve)
}
