package deadletters

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"ticketing.dev/common/bus"
)

const (
	// handleTimeout bounds one message, as in bus/stan.
	handleTimeout = 12 * time.Second
	// shortCause is the number of characters of a cause that the list shows.
	shortCause = 70
)

// admin carries out the commands on a service's dead letters.
type admin struct {
	log       log
	listeners []bus.Listener
	out       io.Writer
}

// list shows the open letters.
func (a admin) list(ctx context.Context, asJSON bool) error {
	letters, err := a.open(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(letters)
	}
	if len(letters) == 0 {
		fmt.Fprintln(a.out, "no dead letters")
		return nil
	}
	columns := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(columns, "ID\tTIME\tCHANNEL\tCAUSE")
	for _, l := range letters {
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\n", l.ID, l.Time.Format(time.RFC3339), printable(l.Channel), short(l.Cause))
	}
	return columns.Flush()
}

// show shows a letter, open or not.
func (a admin) show(ctx context.Context, id string, asJSON bool) error {
	letters, err := a.named(ctx, []string{id})
	if err != nil {
		return err
	}
	l := letters[0]
	if asJSON {
		return a.printJSON(l)
	}
	columns := tabwriter.NewWriter(a.out, 0, 0, 3, ' ', 0)
	fmt.Fprintf(columns, "id\t%s\ntime\t%s\nchannel\t%s\ncause\t%s\n", l.ID, l.Time.Format(time.RFC3339), printable(l.Channel), printable(l.Cause))
	if l.Decision != nil {
		fmt.Fprintf(columns, "decision\t%s\n", l.Decision)
	}
	fmt.Fprintf(columns, "\n%s\n", text(l.DeadLetter))
	return columns.Flush()
}

func (d *Decision) String() string {
	return fmt.Sprintf("%s at %s by %s", d.Outcome, d.Time.Format(time.RFC3339), printable(d.By))
}

// redriveAll redrives all open letters.
func (a admin) redriveAll(ctx context.Context) error {
	letters, err := a.open(ctx)
	if err != nil {
		return err
	}
	if len(letters) == 0 {
		fmt.Fprintln(a.out, "no dead letters")
	}
	return a.redriveEach(ctx, letters)
}

// redrive hands letters to the service's listeners, including those that were dropped or redriven before.
func (a admin) redrive(ctx context.Context, ids []string) error {
	letters, err := a.named(ctx, ids)
	if err != nil {
		return err
	}
	return a.redriveEach(ctx, letters)
}

// redriveEach redrives one letter after the other. It skips poisoned letters and stops on any other error, since
// the next letter would fail the same way.
func (a admin) redriveEach(ctx context.Context, letters []*Letter) error {
	stay := 0
	for i, l := range letters {
		switch err := a.handle(ctx, l); {
		case bus.IsPoison(err):
			stay++
			fmt.Fprintf(a.out, "%s stays: %s\n", l.ID, printable(err.Error()))
		case err != nil:
			return fmt.Errorf("redrive %s: %w (%d before it were tried, %d behind it were not)", l.ID, err, i, len(letters)-i-1)
		default:
			fmt.Fprintf(a.out, "%s redriven\n", l.ID)
		}
	}
	if stay > 0 {
		return fmt.Errorf("%d of %d dead letters cannot be handled", stay, len(letters))
	}
	return nil
}

// handle hands a letter to its listener and records the decision. If the process dies in between, the letter stays
// open, and handling it again does no harm.
func (a admin) handle(ctx context.Context, l *Letter) error {
	i := slices.IndexFunc(a.listeners, func(listener bus.Listener) bool { return listener.Channel == l.Channel })
	if i < 0 {
		return bus.Poison(fmt.Errorf("the service does not listen to %q", l.Channel))
	}
	bounded, cancel := context.WithTimeout(ctx, handleTimeout)
	defer cancel()
	if err := a.listeners[i].Verified(a.log.bus).Try(bounded, l.Content()); err != nil {
		return err
	}
	if err := a.log.decide(ctx, l.ID, Redriven); err != nil {
		return fmt.Errorf("it was handled and stays on the list: %w", err)
	}
	return nil
}

// drop takes letters off the list.
func (a admin) drop(ctx context.Context, ids []string) error {
	letters, err := a.named(ctx, ids)
	if err != nil {
		return err
	}
	for _, l := range letters {
		if l.Decision != nil {
			fmt.Fprintf(a.out, "%s was %s\n", l.ID, l.Decision)
			continue
		}
		if err := a.log.decide(ctx, l.ID, Dropped); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s dropped\n", l.ID)
	}
	return nil
}

// open returns the letters without a decision.
func (a admin) open(ctx context.Context) ([]*Letter, error) {
	letters, err := a.log.read(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(letters, func(l *Letter) bool { return l.Decision != nil }), nil
}

// named returns the letters with these ids, all of which must exist.
func (a admin) named(ctx context.Context, ids []string) ([]*Letter, error) {
	letters, err := a.log.read(ctx)
	if err != nil {
		return nil, err
	}
	var named []*Letter
	for _, id := range ids {
		i := slices.IndexFunc(letters, func(l *Letter) bool { return l.ID == id })
		if i < 0 {
			return nil, fmt.Errorf("there is no dead letter %q", id)
		}
		named = append(named, letters[i])
	}
	return named, nil
}

func (a admin) printJSON(v any) error {
	encoder := json.NewEncoder(a.out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// text formats the message for people.
func text(l bus.DeadLetter) string {
	var indented bytes.Buffer
	if json.Indent(&indented, l.Message, "", "  ") != nil {
		return fmt.Sprintf("%q", l.Content())
	}
	return printable(indented.String())
}

// printable replaces control characters, which could affect the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// short returns the beginning of a text on one line.
func short(s string) string {
	runes := []rune(printable(strings.Join(strings.Fields(s), " ")))
	if len(runes) <= shortCause {
		return string(runes)
	}
	return string(runes[:shortCause-1]) + "…"
}
