package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"ticketing.dev/e2e/chaos/faults"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/e2e/chaos/load"
	"ticketing.dev/e2e/chaos/world"
	"ticketing.dev/local/api"
)

const (
	recoveryEmail, recoveryPassword = "recovery@example.com", "correct horse"
	// recoveryTTL is short, as each kill waits for an order to expire.
	recoveryTTL = 8 * time.Second
	// beforeExpiry is how long before that the part is killed, and readyBefore how long before that the rest
	// is made ready: what is reserved then has time to be paid.
	beforeExpiry = 500 * time.Millisecond
	readyBefore  = 2500 * time.Millisecond
	// recoveryPatience is how long a part may take to serve again, and work to go through.
	recoveryPatience = 90 * time.Second
	// tryTimeout ends a try of some work, and tryPause is the time to the next.
	tryTimeout = 5 * time.Second
	tryPause   = 20 * time.Millisecond
	// prepareTimeout is how long it may take to make ready for a kill.
	prepareTimeout = time.Minute
)

// parts are what is killed.
func parts() []string {
	var first []string
	for _, replica := range world.AllReplicas() {
		if strings.HasSuffix(replica, "-1") {
			first = append(first, replica)
		}
	}
	return append(first, world.NATS, world.Mongo, world.Redis)
}

// works are what is tried until it goes through, in the order of the columns. But for the first, it is what
// clients see.
var works = []struct {
	name string
	try  func(*kill, context.Context) error
	due  bool // it is measured from the order's time on, not from the kill
}{
	{name: "it serves", try: (*kill).serves},
	{name: "sign-in", try: (*kill).signIn},
	{name: "listing", try: (*kill).list},
	{name: "ordering", try: (*kill).orderFree},
	{name: "paying", try: (*kill).pay},
	{name: "an event arrives", try: (*kill).orderListed},
	{name: "an order expires", try: (*kill).expires, due: true},
}

func workNames() (names []string) {
	for _, w := range works {
		names = append(names, w.name)
	}
	return names
}

// times are how long after the kill work went through, by part and work.
type times map[string]map[string][]time.Duration

// recovery kills each part a few times while few people buy, and tells how long it takes until work
// goes through again. The process is started again at once.
func (c *campaign) recovery(ctx context.Context) error {
	r := &round{
		seed: 1, dir: filepath.Join(c.work, "recovery"), root: c.root, programs: c.programs, ports: c.ports, mongo: c.config.mongo,
		plan: faults.Plan{OrderTTL: recoveryTTL}, record: history.NewRecorder(), sellers: 1, buyers: 2,
		tell: func(line string) { fmt.Fprint(c.out, line) },
	}
	took := make(times)
	err := r.within(ctx, func(w *world.World, l *load.Load) error {
		buying, goHome := context.WithCancel(ctx)
		var people sync.WaitGroup
		people.Go(func() { l.Run(buying) })
		defer people.Wait()
		defer goHome()
		return c.killAll(ctx, w, took)
	})
	if ctx.Err() != nil {
		err = errInterrupted
	}
	fmt.Fprint(c.out, took.text())
	errs := []error{err}
	if c.config.report != "" {
		errs = append(errs, os.WriteFile(c.config.report, []byte(took.markdown()), 0o644))
	}
	if err != nil && ctx.Err() == nil {
		res := result{seed: r.seed, plan: r.plan, err: err}
		errs = append(errs, c.keep(r.dir, &res))
		fmt.Fprintf(c.out, "kept in %s\n", res.kept)
	}
	return errors.Join(errs...)
}

func (c *campaign) killAll(ctx context.Context, w *world.World, all times) error {
	people := api.New(w.Gateway())
	if _, err := people.SignUp(ctx, recoveryEmail, recoveryPassword); err != nil {
		return err
	}
	for i := range c.config.rounds {
		for _, part := range parts() {
			if slices.Contains(c.config.spared(), part) {
				continue
			}
			k := &kill{world: w, people: people, part: part, took: make(map[string]time.Duration)}
			if err := k.measure(ctx); err != nil {
				return fmt.Errorf("kill of %s: %w", part, err)
			}
			if all[part] == nil {
				all[part] = make(map[string][]time.Duration)
			}
			for work, d := range k.took {
				all[part][work] = append(all[part][work], d)
			}
			fmt.Fprintf(c.out, "kill %d of %d of %s: %s\n", i+1, c.config.rounds, part, k)
		}
	}
	return nil
}

// kill is one kill of a part, with what was made ready for it.
type kill struct {
	world  *world.World
	people *api.Client
	part   string

	free, reserved, expiring api.Order  // free is an order that was cancelled, so its ticket is free
	listed                   api.Ticket // after the kill

	mu   sync.Mutex
	took map[string]time.Duration // by work
}

func (k *kill) String() string {
	var words []string
	for _, work := range workNames() {
		words = append(words, fmt.Sprintf("%s %.2fs", work, k.took[work].Seconds()))
	}
	return strings.Join(words, ", ")
}

// sleepUntil says whether the time has come before ctx has ended.
func sleepUntil(ctx context.Context, t time.Time) bool {
	select {
	case <-time.After(time.Until(t)):
		return true
	case <-ctx.Done():
		return false
	}
}

func (k *kill) measure(ctx context.Context) error {
	if err := k.prepare(ctx); err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	if !sleepUntil(ctx, k.expiring.ExpiresAt.Add(-beforeExpiry)) {
		return ctx.Err()
	}
	killed := time.Now()
	process := k.world.Process(k.part)
	if err := errors.Join(process.Kill(), process.Restart()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, recoveryPatience)
	defer cancel()
	errs := make([]error, len(works))
	var trying sync.WaitGroup
	for i, w := range works {
		since := killed
		if w.due {
			since = k.expiring.ExpiresAt
		}
		trying.Go(func() {
			if err := insist(ctx, func(ctx context.Context) error { return w.try(k, ctx) }); err != nil {
				errs[i] = fmt.Errorf("%s: %w", w.name, err)
			}
			k.mu.Lock()
			defer k.mu.Unlock()
			k.took[w.name] = time.Since(since)
		})
	}
	trying.Wait()
	return errors.Join(errs...)
}

// prepare makes a ticket that is free, an order to pay, and one that expires a moment after the kill.
func (k *kill) prepare(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	for _, o := range []*api.Order{&k.expiring, &k.free, &k.reserved} {
		if *o, err = k.order(ctx); err != nil {
			return err
		}
		sleepUntil(ctx, k.expiring.ExpiresAt.Add(-beforeExpiry-readyBefore))
	}
	return insist(ctx, func(ctx context.Context) error { return k.people.CancelOrder(ctx, k.free.ID) })
}

// order lists a ticket and orders it.
func (k *kill) order(ctx context.Context) (o api.Order, err error) {
	var t api.Ticket
	if err = insist(ctx, func(ctx context.Context) (err error) {
		t, err = k.people.ListTicket(ctx, "Front row", 1999)
		return err
	}); err != nil {
		return o, err
	}
	return o, insist(ctx, func(ctx context.Context) (err error) {
		o, err = k.people.PlaceOrder(ctx, t.ID)
		return err
	})
}

func (k *kill) serves(ctx context.Context) error { return k.world.Process(k.part).Ready(ctx) }

func (k *kill) signIn(ctx context.Context) error {
	_, err := api.New(k.world.Gateway()).SignIn(ctx, recoveryEmail, recoveryPassword)
	return err
}

func (k *kill) list(ctx context.Context) error {
	_, err := k.people.ListTicket(ctx, "Front row", 1999)
	return err
}

func (k *kill) orderFree(ctx context.Context) error {
	return known(k.people.PlaceOrder(ctx, k.free.Ticket.ID))
}

// pay pays an order, and if that has expired meanwhile, another one.
func (k *kill) pay(ctx context.Context) error {
	_, err := k.people.Pay(ctx, k.reserved.ID, "tok_visa")
	if api.StatusOf(err) == http.StatusBadRequest {
		var again error
		if k.reserved, again = k.order(ctx); again != nil {
			return again
		}
	}
	return err
}

// orderListed orders a ticket that was listed after the kill, which orders knows from the event.
func (k *kill) orderListed(ctx context.Context) (err error) {
	if k.listed.ID == "" {
		if k.listed, err = k.people.ListTicket(ctx, "Front row", 1999); err != nil {
			return err
		}
	}
	return known(k.people.PlaceOrder(ctx, k.listed.ID))
}

var errNotYet = errors.New("not yet")

func (k *kill) expires(ctx context.Context) error {
	o, err := k.people.Order(ctx, k.expiring.ID)
	if err == nil && o.Status != api.Cancelled {
		return errNotYet
	}
	return err
}

// known takes a refusal for an answer, but for 404: an earlier try without an answer may have gone through.
func known[T any](_ T, err error) error {
	if api.StatusOf(err) == http.StatusBadRequest {
		return nil
	}
	return err
}

// insist tries again until it works, or ctx ends.
func insist(ctx context.Context, try func(context.Context) error) error {
	for {
		trying, cancel := context.WithTimeout(ctx, tryTimeout)
		err := try(trying)
		cancel()
		if err == nil {
			return nil
		}
		select {
		case <-time.After(tryPause):
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", ctx.Err(), err)
		}
	}
}

func (t times) cell(part, work string) string {
	all := slices.Sorted(slices.Values(t[part][work]))
	if len(all) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f / %.2f", all[len(all)/2].Seconds(), all[len(all)-1].Seconds())
}

func (t times) text() string {
	var b strings.Builder
	rows := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(rows, "seconds, p50 / max\t%s\n", strings.Join(workNames(), "\t"))
	t.write(func(cells []string) { fmt.Fprintln(rows, strings.Join(cells, "\t")) })
	_ = rows.Flush() // a strings.Builder takes everything
	return b.String()
}

func (t times) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Seconds from the kill until work goes through, p50 / max; an order's expiry from its time on.\n\n| killed | %s |\n|---|%s\n",
		strings.Join(workNames(), " | "), strings.Repeat("---:|", len(works)))
	t.write(func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) })
	return b.String()
}

func (t times) write(row func([]string)) {
	for _, part := range parts() {
		if t[part] == nil {
			continue
		}
		cells := []string{part}
		for _, work := range workNames() {
			cells = append(cells, t.cell(part, work))
		}
		row(cells)
	}
}
