package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"ticketing.dev/common/process"
	"ticketing.dev/e2e/chaos/check"
	"ticketing.dev/e2e/chaos/faults"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/e2e/chaos/load"
	"ticketing.dev/e2e/chaos/world"
)

const (
	// roundTimeout ends a round in which something waits for ever, beside its load and the wait for quiet.
	roundTimeout = 10 * time.Minute
	// askTimeout is for the operators' commands at the end.
	askTimeout = time.Minute
	// unserved is what is broken if the world does not serve again once it is healed.
	unserved = "recovery"
)

// round is one run of a system, decided by its seed.
type round struct {
	seed     uint64
	dir      string
	root     string
	programs world.Programs
	ports    *process.Ports
	mongo    *world.MongoServer // nil for the stand-in
	load     time.Duration
	quiet    time.Duration
	plan     faults.Plan
	counted  func(faults.Fault)
	tell     func(line string) // to whoever runs the campaign
	record   *history.Recorder
	log      *slog.Logger
	// sellers and buyers are how many there are, 0 for as many as a load has.
	sellers, buyers int
}

// result is what came of a round.
type result struct {
	seed       uint64
	kept       string // the directory where it is, "" if it is not kept
	plan       faults.Plan
	history    history.History
	violations []check.Violation
	undecided  []string
	took       time.Duration
	err        error // the round could not be carried out
}

// quiet is how long after it was healed the round was quiet.
func (r result) quiet() time.Duration { return r.history.Final.At - r.history.Healed }

// run carries the round out, and judges it.
func (r *round) run(ctx context.Context) result {
	began := time.Now()
	timeout := r.load + r.quiet + roundTimeout
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("the round was not over after %v", timeout))
	defer cancel()
	res := result{seed: r.seed, plan: r.plan}
	res.err = r.within(ctx, func(w *world.World, l *load.Load) error { return r.carryOut(ctx, w, l, &res) })
	if ctx.Err() != nil {
		res.err = context.Cause(ctx)
	}
	res.took = time.Since(began)
	return res
}

// within starts a world and signs its people up, does something with them, and ends the world.
func (r *round) within(ctx context.Context, do func(*world.World, *load.Load) error) (err error) {
	log, err := r.openLog()
	if err != nil {
		return err
	}
	defer log.Close()
	c := world.Config{
		Dir: r.dir, Root: r.root, Programs: r.programs, Ports: r.ports, OrderTTL: r.plan.OrderTTL, Skew: r.plan.Skew,
	}
	if r.mongo != nil {
		c.Mongo = r.mongo.Databases(r.seed)
		defer r.drop(c.Mongo) // when the world is closed
	}
	w, err := world.Start(ctx, c)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	l, err := load.New(ctx, load.Config{
		Gateway: w.Gateway(), Stripe: w.Stripe(), Seed: r.seed, Record: r.record, OrderTTL: r.plan.OrderTTL,
		Sellers: r.sellers, Buyers: r.buyers,
	})
	if err != nil {
		return err
	}
	return do(w, l)
}

// carryOut hurts the world while people buy, waits until all is quiet, and judges what was seen.
func (r *round) carryOut(ctx context.Context, w *world.World, l *load.Load, res *result) error {
	if err := w.NoteBefore(); err != nil {
		return err
	}
	res.history = history.History{Seed: r.seed, OrderTTL: r.plan.OrderTTL, Began: r.record.Began(), Skew: skew(r.plan.Skew)}
	defer r.record.WatchStalls()()
	healed, healing := r.trouble(ctx, w, l)
	res.history.Healed = healed
	if ctx.Err() == nil {
		res.history.Final = l.Settle(ctx, r.quiet)
		res.history.Stall = r.record.Stall(healed)
	}
	res.history.Ops, res.history.Faults = r.record.Ops(), r.record.Faults() // also of a round that takes too long
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := r.ask(ctx, w, &res.history.Final); err != nil {
		return err
	}
	verdict, err := examine(check.Examine, res.history)
	if err != nil {
		return err
	}
	res.violations, res.undecided = verdict.Violations, verdict.Undecided
	if healing != nil {
		res.violations = append(res.violations, check.Violation{Promise: unserved, What: "not everything serves again: " + healing.Error()})
	}
	return nil
}

// examine judges a round. That the checker itself fails costs neither the history nor the rounds beside it.
func examine(judge func(history.History) check.Verdict, h history.History) (v check.Verdict, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the checker has failed: %v\n%s", cause, debug.Stack())
		}
	}()
	return judge(h), nil
}

// drop drops the databases of the round, also of one that was stopped. That it fails breaks no promise of the
// services, but somebody has to drop them.
func (r *round) drop(databases *world.Databases) {
	if err := databases.Drop(context.Background()); err != nil {
		r.tell(fmt.Sprintf("seed %d: its databases are left behind: %v\n", r.seed, err))
	}
}

func (r *round) openLog() (*os.File, error) {
	if err := os.MkdirAll(filepath.Join(r.dir, "log"), 0o700); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(r.dir, "log", "faults.log"))
	if err != nil {
		return nil, err
	}
	r.log = slog.New(slog.NewJSONHandler(f, nil))
	return f, nil
}

// trouble lets people buy while the world is hurt. It returns when the last of them has gone home and the world
// is healed, and says when that was; the error says what does not serve even so.
func (r *round) trouble(ctx context.Context, w *world.World, l *load.Load) (healed time.Duration, err error) {
	injector := &faults.Injector{Record: r.record, Plan: r.plan, Load: r.load, Log: r.log, Done: r.counted}
	var both sync.WaitGroup
	both.Go(func() {
		err = injector.Run(ctx, w)
		healed = r.record.Now()
	})
	both.Go(func() {
		buying, goHome := context.WithTimeout(ctx, r.load)
		defer goHome()
		l.Run(buying)
	})
	both.Wait()
	return healed, err
}

// ask asks as an operator does, and then the processes themselves, which ends them.
func (r *round) ask(ctx context.Context, w *world.World, final *history.Final) (err error) {
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if final.DeadLetters, err = w.DeadLetters(asking); err != nil {
		return err
	}
	if final.Stuck, err = w.Stuck(asking); err != nil {
		return err
	}
	final.Processes, err = w.End(ctx, r.tells)
	return err
}

// tells decides by the seed which replicas have to tell at their end what their goroutines do.
func (r *round) tells(replica string) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(replica)) // never fails
	return rand.New(rand.NewPCG(r.seed, h.Sum64())).IntN(2) == 0
}

// skew is the greatest difference between any two clocks, that of this process among them.
func skew(ahead map[string]time.Duration) time.Duration {
	var first, last time.Duration
	for _, d := range ahead {
		first, last = min(first, d), max(last, d)
	}
	return last - first
}
