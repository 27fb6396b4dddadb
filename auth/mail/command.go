package mail

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"ticketing.dev/common/bus"
	"ticketing.dev/common/service"
)

// Sender is a service that sends mail.
type Sender interface{ Post() *Post }

// Commands are the operator commands for emails that couldn't be sent.
func Commands() []service.Command {
	return []service.Command{
		{Name: "mails list", Arguments: "[-json]", About: "list the mails that could not be sent", Parse: parseList},
		{Name: "mails send", Arguments: "ID... | -all", About: "send them again", Parse: parseSend},
	}
}

// parse reads flags and adapts a function on the Post to an action.
func parse(flags *flag.FlagSet, args []string, do func(context.Context, io.Writer, *Post) error) (service.Action, error) {
	flags.SetOutput(io.Discard) // the program prints the error
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	return func(ctx context.Context, out io.Writer, _ bus.Bus, s service.Service) error {
		return do(ctx, out, s.(Sender).Post())
	}, nil
}

func parseList(args []string) (service.Action, error) {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "")
	action, err := parse(flags, args, func(ctx context.Context, out io.Writer, p *Post) error { return p.list(ctx, out, *asJSON) })
	if err == nil && flags.NArg() > 0 {
		return nil, fmt.Errorf("unknown argument: %s", flags.Arg(0))
	}
	return action, err
}

func parseSend(args []string) (service.Action, error) {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	all := flags.Bool("all", false, "")
	action, err := parse(flags, args, func(ctx context.Context, out io.Writer, p *Post) error {
		if *all {
			return p.resendAll(ctx, out)
		}
		return p.resend(ctx, out, flags.Args())
	})
	if err == nil && *all == (flags.NArg() > 0) {
		return nil, errors.New("give either -all or ids")
	}
	return action, err
}

// listed omits the facts, which are private to the recipient.
type listed struct {
	ID       string    `json:"id"`
	Kind     Kind      `json:"kind"`
	To       string    `json:"to"`
	Dead     time.Time `json:"failedAt"`
	Attempts int       `json:"attempts"`
	Error    string    `json:"error"`
}

func (p *Post) list(ctx context.Context, out io.Writer, asJSON bool) error {
	dead, err := p.dead(ctx)
	if err != nil {
		return err
	}
	all := make([]listed, len(dead))
	for i, m := range dead {
		all[i] = listed{m.ID, m.Kind, m.To, *m.Dead, m.Attempts, m.Error}
	}
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(all)
	}
	if len(all) == 0 {
		fmt.Fprintln(out, "no dead mails")
		return nil
	}
	columns := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(columns, "ID\tTIME\tTO\tERROR")
	for _, m := range all {
		fmt.Fprintf(columns, "%s\t%s\t%s\t%q\n", m.ID, m.Dead.Format(time.RFC3339), m.To, m.Error)
	}
	return columns.Flush()
}

func (p *Post) resendAll(ctx context.Context, out io.Writer) error {
	dead, err := p.dead(ctx)
	if err != nil {
		return err
	}
	var ids []string
	for _, m := range dead {
		ids = append(ids, m.ID)
	}
	return p.resend(ctx, out, ids)
}

// resend makes dead emails due again, for the running service to send.
func (p *Post) resend(ctx context.Context, out io.Writer, ids []string) error {
	for _, id := range ids {
		if _, err := p.mails.Update(ctx, id, func(m *Mail) error { return m.retry(p.Now()) }); err != nil {
			return fmt.Errorf("send %s again: %w", id, err)
		}
		fmt.Fprintf(out, "%s is sent again\n", id)
	}
	return nil
}
