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
	"sync"
	"time"

	"ticketing.dev/e2e/chaos/check"
	"ticketing.dev/e2e/chaos/faults"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/e2e/chaos/load"
	"ticketing.dev/e2e/chaos/world"
	"ticketing.dev/local/system"
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
	ports    *system.Ports
	mongo    *world.MongoServer // nil for the stand-in
	load     time.Duration
	quiet    time.Duration
	plan     faults.Plan
	counted  func(faults.Fault)
	record   *history.Recorder
	log      *slog.Logger
	// sellers and buyers are how many there are, 0 for as many as a load has.
	sellers, buyers int
	// hurt does what is to be done to a world until ctx ends or it is done, heals it, and says what does
	// not serve then: unless set, it carries out the plan.
	hurt func(ctx context.Context, w *world.World) error
	// unjudged rounds end when they are healed: not all that was done is in their history.
	unjudged bool
}

// result is what came of a round.
type result struct {
	seed       uint64
	dir        string // where it is kept, "" if it is not
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
	res := result{seed: r.seed, dir: r.dir, plan: r.plan}
	res.err = r.carryOut(ctx, &res)
	if ctx.Err() != nil {
		res.err = context.Cause(ctx)
	}
	res.took = time.Since(began)
	return res
}

func (r *round) carryOut(ctx context.Context, res *result) (err error) {
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
	if err := w.NoteBefore(); err != nil {
		return err
	}
	res.history = history.History{Seed: r.seed, OrderTTL: r.plan.OrderTTL, Began: r.record.Began(), Skew: skew(r.plan.Skew)}
	healing := r.trouble(ctx, w, l)
	res.history.Healed = r.record.Now()
	if r.unjudged {
		return healing
	}
	settling, cancel := context.WithTimeout(ctx, r.quiet)
	defer cancel()
	res.history.Final = l.Settle(settling)
	res.history.Ops, res.history.Faults = r.record.Ops(), r.record.Faults()
	if err := r.ask(ctx, w, &res.history.Final); err != nil {
		return err
	}
	verdict := check.Examine(res.history)
	res.violations, res.undecided = verdict.Violations, verdict.Undecided
	if healing != nil {
		res.violations = append(res.violations, check.Violation{Promise: unserved, What: "not everything serves again: " + healing.Error()})
	}
	return nil
}

// drop drops the databases of the round. That it fails breaks no promise of the services.
func (r *round) drop(databases *world.Databases) {
	if err := databases.Drop(context.Background()); err != nil {
		r.log.Error("databases not dropped", "error", err)
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

// trouble lets people buy while the world is hurt. It returns when both have ended and everything serves;
// the error says what does not.
func (r *round) trouble(ctx context.Context, w *world.World, l *load.Load) error {
	ctx, over := context.WithTimeout(ctx, r.load)
	defer over()
	hurt := r.hurt
	if hurt == nil {
		hurt = (&faults.Injector{Record: r.record, Plan: r.plan, Log: r.log, Done: r.counted}).Run
	}
	var healing error
	var both sync.WaitGroup
	both.Go(func() {
		defer over()
		healing = hurt(ctx, w)
	})
	both.Go(func() { l.Run(ctx) })
	both.Wait()
	return healing
}

// ask asks as an operator does, and then the processes themselves, which ends them.
func (r *round) ask(ctx context.Context, w *world.World, final *history.Final) (err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if final.DeadLetters, err = w.DeadLetters(ctx); err != nil {
		return err
	}
	if final.Stuck, err = w.Stuck(ctx); err != nil {
		return err
	}
	for _, p := range w.Processes() {
		if deaths := p.Deaths(); len(deaths) > 0 {
			r.log.Warn("has ended by itself, and was started again", "process", p.Name, "how", deaths)
		}
	}
	final.Processes, err = w.End(r.tells)
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
