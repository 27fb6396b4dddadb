package tickets

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/service"
)

// Commands are the operator commands of tickets.
func Commands() []service.Command {
	return []service.Command{{
		Name: "owed", Arguments: "[-since DATE] [-json]", About: "list what sellers are owed for their sales, refunds taken off",
		Parse: parseOwed,
	}}
}

func parseOwed(args []string) (service.Action, error) {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the program prints the error
	asJSON := flags.Bool("json", false, "")
	var since bound
	flags.Func("since", "", func(s string) error {
		if !since.parse(s) {
			return fmt.Errorf("%q %s", s, badBound)
		}
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unknown argument: %s", flags.Arg(0))
	}
	return func(ctx context.Context, out io.Writer, _ bus.Bus, s service.Service) error {
		return printOwed(ctx, out, s.(*Service), since.at, *asJSON)
	}, nil
}

func printOwed(ctx context.Context, out io.Writer, s *Service, since time.Time, asJSON bool) error {
	all, err := s.owed(ctx, since)
	if err != nil {
		return err
	}
	if asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(all)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(out, "no sales")
		return err
	}
	columns := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(columns, "SELLER\tSALES\tAMOUNT\tREFUNDED\tOWED")
	for _, d := range all {
		fmt.Fprintf(columns, "%s\t%d\t%s\t%s\t%s\n", d.Seller, d.Sales, d.Amount.Cents, d.Refunded.Cents, d.Owed.Cents)
	}
	return columns.Flush()
}
