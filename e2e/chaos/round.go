package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"ticketing.dev/e2e/chaos/check"
	"ticketing.dev/e2e/chaos/cluster"
	"ticketing.dev/e2e/chaos/faults"
	"ticketing.dev/e2e/chaos/history"
	"ticketing.dev/e2e/chaos/workload"
)

const (
	// roundTimeout ends a round that hangs. It comes on top of the load and the wait for quiet.
	roundTimeout = 10 * time.Minute
	// operatorTimeout bounds the operators' commands at the end.
	operatorTimeout = time.Minute
	// notRecovered is the promise broken by a system that doesn't serve again once it's healed.
	notRecovered = "recovery"
)

// round is one run of a system. Its seed decides the plan and what users want.
type round struct {
	*campaign
	seed    uint64
	dir     string
	plan    faults.Plan
	record  *history.Recorder
	cluster cluster.Config
}

// result is the outcome of a round.
type result struct {
	seed       uint64
	plan       faults.Plan
	history    history.History
	violations []check.Violation
	undecided  []string
	took       time.Duration
	err        error // the round couldn't be carried out
}

func newRound(c *campaign, seed uint64, dir string, programs cluster.Programs, plan faults.Plan) *round {
	return &round{campaign: c, seed: seed, dir: dir, plan: plan, record: history.NewRecorder(), cluster: cluster.Config{
		Dir: dir, Root: c.root, Programs: programs, Ports: c.ports, OrderTTL: plan.OrderTTL, Skew: plan.Skew,
	}}
}

// run carries the round out and checks its history.
func (r *round) run(ctx context.Context) result {
	timeout := r.load + r.quiet + roundTimeout
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("the round was not over after %v", timeout))
	defer cancel()
	res := result{seed: r.seed, plan: r.plan}
	began := time.Now()
	res.err = r.carryOut(ctx, &res)
	if ctx.Err() != nil {
		res.err = context.Cause(ctx)
	}
	res.took = time.Since(began)
	return res
}

// carryOut starts a system, injects faults while users buy, waits for quiet, and checks the history.
func (r *round) carryOut(ctx context.Context, res *result) (err error) {
	if r.mongo != nil {
		r.cluster.Mongo = r.mongo.Databases(r.seed)
		defer func() { err = errors.Join(err, r.cluster.Mongo.Drop(context.WithoutCancel(ctx))) }() // once the cluster is closed
	}
	c, err := cluster.Start(ctx, r.cluster)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	users, err := workload.New(ctx, workload.Config{
		Gateway: c.Gateway(), Stripe: c.Stripe(), Seed: r.seed, Record: r.record, OrderTTL: r.plan.OrderTTL,
	})
	if err != nil {
		return err
	}
	if err := c.NoteBefore(); err != nil {
		return err
	}
	defer r.record.WatchStalls()()
	unhealed := r.hurt(ctx, c, users)
	h := &res.history
	*h = history.History{Seed: r.seed, OrderTTL: r.plan.OrderTTL, Began: r.record.Began(), Skew: spread(r.plan.Skew), Healed: r.record.Now()}
	h.Final = users.Settle(ctx, r.quiet)
	h.Stall, h.Ops, h.Faults = r.record.Stall(h.Healed), r.record.Ops(), r.record.Faults()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := r.ask(ctx, c, &h.Final); err != nil {
		return err
	}
	verdict, err := judge(check.Judge, *h)
	res.violations, res.undecided = verdict.Violations, verdict.Undecided
	if unhealed != nil {
		res.violations = append(res.violations, check.Violation{Promise: notRecovered, What: unhealed.Error()})
	}
	return err
}

// hurt injects the faults while users buy. When it returns, all users are done and everything is healed; the
// error says what doesn't serve even so.
func (r *round) hurt(ctx context.Context, c *cluster.Cluster, users *workload.Workload) error {
	file, err := os.Create(filepath.Join(r.dir, "log", "faults.log"))
	if err != nil {
		return err
	}
	defer file.Close()
	injector := &faults.Injector{Record: r.record, Plan: r.plan, Load: r.load, Log: slog.New(slog.NewJSONHandler(file, nil))}
	var both sync.WaitGroup
	both.Go(func() {
		buying, stop := context.WithTimeout(ctx, r.load)
		defer stop()
		users.Run(buying)
	})
	err = injector.Run(ctx, c)
	both.Wait()
	return err
}

// ask runs the operators' commands, and then ends the processes, half of them with SIGQUIT.
func (r *round) ask(ctx context.Context, c *cluster.Cluster, final *history.Final) (err error) {
	asking, cancel := context.WithTimeout(ctx, operatorTimeout)
	defer cancel()
	if final.DeadLetters, err = c.DeadLetters(asking); err != nil {
		return err
	}
	if final.Stuck, err = c.Stuck(asking); err != nil {
		return err
	}
	final.Processes, err = c.End(ctx, func(replica string) bool {
		h := fnv.New64a()
		fmt.Fprint(h, r.seed, replica)
		return h.Sum64()>>32%2 == 0
	})
	return err
}

// judge survives a panic of the checker, so that the history isn't lost.
func judge(check func(history.History) check.Verdict, h history.History) (v check.Verdict, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the checker failed: %v\n%s", cause, debug.Stack())
		}
	}()
	return check(h), nil
}

// spread is the greatest difference between any two clocks, the campaign's among them.
func spread(skew map[string]time.Duration) time.Duration {
	var first, last time.Duration
	for _, d := range skew {
		first, last = min(first, d), max(last, d)
	}
	return last - first
}
