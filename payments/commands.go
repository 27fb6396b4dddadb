package payments

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/service"
)

// Commands are the operator commands of payments.
func Commands() []service.Command {
	return []service.Command{
		{
			Name: "stuck list", Arguments: "[-json]", About: "list the charges that need an operator, and what to do",
			Parse: parseStuckList,
		}, {
			Name: "stuck done", Arguments: "ORDER...", About: "record that a failed refund was returned, or that an order was decided about",
			Parse: parseStuckDone,
		},
	}
}

func parseStuckList(args []string) (service.Action, error) {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the program prints the error
	asJSON := flags.Bool("json", false, "")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unknown argument: %s", flags.Arg(0))
	}
	return func(ctx context.Context, out io.Writer, _ bus.Bus, s service.Service) error {
		all, err := s.(*Service).stuck(ctx)
		if err != nil {
			return err
		}
		if *asJSON {
			encoder := json.NewEncoder(out)
			encoder.SetIndent("", "  ")
			return encoder.Encode(all)
		}
		return table(out, all)
	}, nil
}

func parseStuckDone(args []string) (service.Action, error) {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() == 0 {
		return nil, errors.New("no orders given")
	}
	return func(ctx context.Context, out io.Writer, _ bus.Bus, s service.Service) error {
		payments := s.(*Service)
		for _, order := range flags.Args() {
			c, err := payments.charges.Update(ctx, order, func(c *Charge) error { return c.Decide(payments.now()) })
			if err != nil {
				return fmt.Errorf("charge of order %s: %w", order, err)
			}
			fmt.Fprintf(out, "%s: %s\n", order, c.decided())
		}
		return nil
	}, nil
}

// decided describes what was decided.
func (c *Charge) decided() string {
	if c.FailedRefund != nil {
		return c.Amount.String() + " were given back"
	}
	return "decided"
}

func table(out io.Writer, all []stuck) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(out, "no charge waits for a person")
		return err
	}
	columns := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(columns, "ORDER\tSINCE\tAMOUNT\tSTRIPE\tWHY\tWHAT TO DO")
	for _, c := range all {
		at := strings.TrimSpace(c.StripeID + " " + c.StripeRefundID)
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\t%s\t%s\n", c.OrderID, c.Since.UTC().Format(time.RFC3339), c.Amount.Cents, at, c.Why, c.WhatToDo)
	}
	return columns.Flush()
}
