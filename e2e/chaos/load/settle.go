package load

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/local/api"
)

const (
	// pollEvery is how often what has not ended is looked at.
	pollEvery = time.Second
	// pollsBetween bounds how often that is done before everything is read anew: an order that nobody was
	// told of may have come meanwhile.
	pollsBetween = 20
	// lastReading is how long the final reading may take when patience has ended before quiet came.
	lastReading = 30 * time.Second
	// readers is how many requests of a reading are under way at once.
	readers = 4
)

// Settle waits until every order has ended and nothing is under way any more, or patience has, and reads
// what there is. In between it orders what is free, to see that it can be ordered. When ctx ends it returns
// at once, with whatever it has read.
func (l *Load) Settle(ctx context.Context, patience time.Duration) history.Final {
	defer l.transport.CloseIdleConnections()
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	begun := time.Now()
	var wrong []string
	for probed := false; patient.Err() == nil; {
		r := l.read(patient)
		if patient.Err() != nil {
			break
		}
		switch quiet := len(r.final.Missing) == 0 && r.quiet(); {
		case quiet && probed:
			return l.finish(patient, r, wrong)
		case quiet && time.Since(begun) < l.config.News:
			sleep(patient, time.Until(begun.Add(l.config.News)))
		case quiet:
			wrong, probed = l.probe(patient, r), true
		default:
			l.await(patient, r)
		}
	}
	return l.finishAnyway(ctx, wrong)
}

// finishAnyway reads what there is when patience has ended.
func (l *Load) finishAnyway(ctx context.Context, wrong []string) history.Final {
	ctx, cancel := context.WithTimeout(ctx, lastReading)
	defer cancel()
	return l.finish(ctx, l.read(ctx), wrong)
}

// await looks at what has not ended until it seems to have, or has been looked at for long, or ctx ends.
func (l *Load) await(ctx context.Context, r *reading) {
	for range pollsBetween {
		if !sleep(ctx, pollEvery) {
			return
		}
		orders, tickets := r.unsettled()
		if len(orders)+len(tickets) == 0 {
			return // or something is missing, and is looked for once more
		}
		each(slices.Sorted(maps.Keys(orders)), func(id string) { r.readAgain(ctx, orders[id], id) })
		each(tickets, func(id string) { r.readTicket(ctx, id, false) })
	}
}

// finish adds what is not the API's to tell, and what else was found to be wrong.
func (l *Load) finish(ctx context.Context, r *reading, wrong []string) history.Final {
	for {
		ledger, err := l.stripe.Ledger(ctx)
		if err == nil {
			r.final.Ledger = ledger
			break
		}
		if !sleep(ctx, pause) {
			r.miss("the sandbox's ledger", err.Error())
			break
		}
	}
	each(l.everybody(), func(c *client) {
		for {
			user, err := c.signIn(ctx)
			if err == nil && user.ID == c.user.ID {
				return
			}
			if refused(err) || !sleep(ctx, pause) {
				r.miss("user "+c.email, "cannot sign in")
				return
			}
		}
	})
	r.final.At, r.final.Quiet = l.config.Record.Now(), len(r.final.Missing) == 0 && r.quiet()
	r.final.Missing = append(r.final.Missing, wrong...)
	slices.Sort(r.final.Missing)
	return r.final
}

// refused says whether an error is the API's answer that it will not.
func refused(err error) bool {
	status := api.StatusOf(err)
	return status >= 400 && status < 500
}

// each does something with each, some side by side.
func each[T any](of []T, do func(T)) {
	var all sync.WaitGroup
	places := make(chan struct{}, readers)
	for _, one := range of {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			do(one)
		})
	}
	all.Wait()
}
