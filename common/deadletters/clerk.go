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
	// handleTimeout is what a listener has for a message: as long as with bus/stan.
	handleTimeout = 12 * time.Second
	// shortCause is how much of a cause the list shows, in characters.
	shortCause = 70
)

// clerk looks after the dead letters of a service.
type clerk struct {
	log       log
	listeners []bus.Listener
	out       io.Writer
}

// list shows the letters that are open.
func (c clerk) list(ctx context.Context, asJSON bool) error {
	letters, err := c.open(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return c.printJSON(letters)
	}
	if len(letters) == 0 {
		fmt.Fprintln(c.out, "no dead letters")
		return nil
	}
	columns := tabwriter.NewWriter(c.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(columns, "ID\tTIME\tCHANNEL\tCAUSE")
	for _, l := range letters {
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\n", l.ID, l.Time.Format(time.RFC3339), printable(l.Channel), short(l.Cause))
	}
	return columns.Flush()
}

// show shows a letter, open or not.
func (c clerk) show(ctx context.Context, id string, asJSON bool) error {
	letters, err := c.named(ctx, []string{id})
	if err != nil {
		return err
	}
	l := letters[0]
	if asJSON {
		return c.printJSON(l)
	}
	columns := tabwriter.NewWriter(c.out, 0, 0, 3, ' ', 0)
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

// redriveAll hands all open letters to the service again.
func (c clerk) redriveAll(ctx context.Context) error {
	letters, err := c.open(ctx)
	if err != nil {
		return err
	}
	if len(letters) == 0 {
		fmt.Fprintln(c.out, "no dead letters")
	}
	return c.hand(ctx, letters)
}

// redrive hands letters to the service again, also those that have been dropped or handled before:
// what a listener does once it may do again.
func (c clerk) redrive(ctx context.Context, ids []string) error {
	letters, err := c.named(ctx, ids)
	if err != nil {
		return err
	}
	return c.hand(ctx, letters)
}

// hand gives letters to the listeners, one after the other. A letter that is poison still does not keep
// the others from it; trouble does, for the next one would have it too.
func (c clerk) hand(ctx context.Context, letters []*Letter) error {
	stay := 0
	for i, l := range letters {
		switch err := c.handle(ctx, l); {
		case bus.IsPoison(err):
			stay++
			fmt.Fprintf(c.out, "%s stays: %s\n", l.ID, printable(err.Error()))
		case err != nil:
			return fmt.Errorf("redrive %s: %w (%d before it were tried, %d behind it were not)", l.ID, err, i, len(letters)-i-1)
		default:
			fmt.Fprintf(c.out, "%s redriven\n", l.ID)
		}
	}
	if stay > 0 {
		return fmt.Errorf("%d of %d dead letters cannot be handled", stay, len(letters))
	}
	return nil
}

// handle does with a letter what the service would do with the message, and writes it down. A process
// that dies in between leaves the letter open, and to handle it once more does no harm.
func (c clerk) handle(ctx context.Context, l *Letter) error {
	i := slices.IndexFunc(c.listeners, func(listener bus.Listener) bool { return listener.Channel == l.Channel })
	if i < 0 {
		return bus.Poison(fmt.Errorf("the service does not listen to %q", l.Channel))
	}
	bounded, cancel := context.WithTimeout(ctx, handleTimeout)
	defer cancel()
	if err := c.listeners[i].Try(bounded, l.Content()); err != nil {
		return err
	}
	if err := c.log.decide(ctx, l.ID, Redriven); err != nil {
		return fmt.Errorf("it was handled and stays on the list: %w", err)
	}
	return nil
}

// drop takes letters off the list.
func (c clerk) drop(ctx context.Context, ids []string) error {
	letters, err := c.named(ctx, ids)
	if err != nil {
		return err
	}
	for _, l := range letters {
		if l.Decision != nil {
			fmt.Fprintf(c.out, "%s was %s\n", l.ID, l.Decision)
			continue
		}
		if err := c.log.decide(ctx, l.ID, Dropped); err != nil {
			return err
		}
		fmt.Fprintf(c.out, "%s dropped\n", l.ID)
	}
	return nil
}

// open are the letters without a decision.
func (c clerk) open(ctx context.Context) ([]*Letter, error) {
	letters, err := c.log.read(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(letters, func(l *Letter) bool { return l.Decision != nil }), nil
}

// named are the letters with these ids, all of which have to be there.
func (c clerk) named(ctx context.Context, ids []string) ([]*Letter, error) {
	letters, err := c.log.read(ctx)
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

func (c clerk) printJSON(v any) error {
	encoder := json.NewEncoder(c.out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// text is the message for people.
func text(l bus.DeadLetter) string {
	var indented bytes.Buffer
	if json.Indent(&indented, l.Message, "", "  ") != nil {
		return fmt.Sprintf("%q", l.Content())
	}
	return printable(indented.String())
}

// printable takes out what would do something to a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// short is the beginning of a text, in one line.
func short(s string) string {
	runes := []rune(printable(strings.Join(strings.Fields(s), " ")))
	if len(runes) <= shortCause {
		return string(runes)
	}
	return string(runes[:shortCause-1]) + "…"
}
