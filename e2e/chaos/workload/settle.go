package workload

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
	// pollEvery is how often unfinished objects are read.
	pollEvery = time.Second
	// pollsBetween bounds these polls before everything is read again: an unknown order may have appeared.
	pollsBetween = 20
	// lastReading bounds the final reading when patience ended before everything was quiet.
	lastReading = 30 * time.Second
	// readers is how many requests of a reading run at once.
	readers = 4
)

// Settle waits until nothing is in progress, or patience ends, and reads the final state. In between it orders each
// available ticket. When ctx ends, it returns at once with its last reading.
func (l *Workload) Settle(ctx context.Context, patience time.Duration) history.Final {
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
		case quiet && time.Since(begun) < l.config.Propagation:
			sleep(patient, time.Until(begun.Add(l.config.Propagation)))
		case quiet:
			wrong, probed = l.probe(patient, r), true
		default:
			l.poll(patient, r)
		}
	}
	ctx, cancel = context.WithTimeout(ctx, lastReading)
	defer cancel()
	return l.finish(ctx, l.read(ctx), wrong)
}

// poll reads unfinished objects until they're finished, or for a while.
func (l *Workload) poll(ctx context.Context, r *reading) {
	for range pollsBetween {
		if !sleep(ctx, pollEvery) || r.quiet() {
			return
		}
		orders, tickets := r.unsettled()
		each(slices.Sorted(maps.Keys(orders)), func(id string) {
			r.keep(orders[id], orders[id].readOrder(ctx, id))
			r.keep(orders[id], orders[id].readCharge(ctx, id))
		})
		each(tickets, func(id string) { r.readTicket(ctx, id, false) })
	}
}

// finish adds the sandbox's ledger, uses ended sessions, and checks that every user can still sign in.
func (l *Workload) finish(ctx context.Context, r *reading, wrong []string) history.Final {
	err := untilDone(ctx, func() (err error) {
		r.final.Ledger, err = l.stripe.Ledger(ctx)
		return err
	})
	if err != nil {
		r.miss("the sandbox's ledger", err.Error())
	}
	each(l.departed, func(c *client) { c.comeBack(ctx) })
	each(l.all(), func(c *client) {
		var user api.User
		err := untilDone(ctx, func() (err error) {
			ctx, cancel := context.WithTimeout(ctx, requestTimeout)
			defer cancel()
			user, err = c.http.SignIn(ctx, c.email, password)
			if status := api.StatusOf(err); status >= 400 && status < 500 {
				return nil // refused, and user is empty
			}
			return err
		})
		if err != nil || user.ID != c.user.ID {
			r.miss("user "+c.email, "cannot sign in")
		}
	})
	r.final.At, r.final.Quiet = l.config.Record.Now(), len(r.final.Missing) == 0 && r.quiet()
	r.final.Missing = append(r.final.Missing, wrong...)
	slices.Sort(r.final.Missing)
	return r.final
}

// untilDone tries again until something works or ctx ends.
func untilDone(ctx context.Context, try func() error) error {
	for {
		if err := try(); err == nil || !sleep(ctx, retryPause) {
			return err
		}
	}
}

// each calls do for each element, a few at once.
func each[T any](all []T, do func(T)) {
	var calls sync.WaitGroup
	semaphore := make(chan struct{}, readers)
	for _, one := range all {
		semaphore <- struct{}{}
		calls.Go(func() {
			defer func() { <-semaphore }()
			do(one)
		})
	}
	calls.Wait()
}
