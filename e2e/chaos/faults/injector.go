package faults

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"ticketing.dev/e2e/chaos/cluster"
	"ticketing.dev/e2e/chaos/history"
)

const (
	// undoTimeout bounds undoing a fault.
	undoTimeout = 30 * time.Second
	// recoverTimeout is how long a target may take to serve again for that to be recorded.
	recoverTimeout = 60 * time.Second
)

// Injector carries out a plan.
type Injector struct {
	Record *history.Recorder
	Plan   Plan
	Load   time.Duration // how long users buy
	Log    *slog.Logger

	cluster *cluster.Cluster
}

// Run injects each fault at its time while users buy, undoes what isn't undone yet, and waits until everything
// serves. The error says what doesn't. When ctx ends, it waits for nothing.
func (in *Injector) Run(ctx context.Context, c *cluster.Cluster) error {
	in.cluster = c
	loading, over := context.WithTimeout(ctx, in.Load)
	defer over()
	began := time.Now()
	var all sync.WaitGroup
	for _, f := range in.Plan.Faults {
		all.Go(func() {
			if sleep(loading, time.Until(began.Add(f.At))) {
				in.carryOut(ctx, loading, f)
			}
		})
	}
	all.Wait()
	<-loading.Done()
	ctx, cancel := context.WithTimeout(ctx, 2*recoverTimeout)
	defer cancel()
	return errors.Join(c.Heal(ctx), c.AwaitReady(ctx))
}

// sleep is false if ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// carryOut injects a fault, undoes it when its time or the load is over, and records when its target serves.
func (in *Injector) carryOut(ctx, loading context.Context, f Fault) {
	began := in.Record.Now()
	undo, err := in.inject(loading, f)
	if err != nil {
		in.Log.Warn("fault not injected", "fault", f.String(), "error", err)
		return
	}
	in.Log.Info("fault injected", "fault", f.String())
	end := in.Record.Fault(history.Fault{Kind: string(f.Kind), Target: f.Target, Details: f.details(), Begin: began})
	if f.Kind != Replay { // which has taken its time
		sleep(loading, f.For)
	}
	undoing, cancel := context.WithTimeout(ctx, undoTimeout)
	defer cancel()
	err = undo(undoing)
	end(0)
	if err != nil {
		in.Log.Error("fault not undone", "fault", f.String(), "error", err)
		return
	}
	in.Log.Info("fault undone", "fault", f.String())
	p := in.cluster.Process(f.Target)
	if l := in.cluster.Link(f.Target); l != nil {
		p = in.cluster.Process(l.From)
	}
	recovering, cancel := context.WithTimeout(ctx, recoverTimeout)
	defer cancel()
	if p != nil && p.AwaitReady(recovering) == nil {
		end(in.Record.Now())
	}
}

// inject injects a fault, and returns how to undo it.
func (in *Injector) inject(ctx context.Context, f Fault) (undo func(context.Context) error, err error) {
	c, p, l := in.cluster, in.cluster.Process(f.Target), in.cluster.Link(f.Target)
	nothing := func(context.Context) error { return nil }
	restart := func(context.Context) error { return p.Restart() }
	resume := func(context.Context) error { return p.Resume() }
	heal := func(context.Context) error { return l.Heal() }
	random := rand.New(rand.NewPCG(f.Choice, 0))
	switch {
	case f.Kind == Kill, f.Kind == Outage && !f.Freeze:
		return restart, p.Kill()
	case f.Kind == Pause, f.Kind == Outage:
		return resume, p.Pause()
	case f.Kind == Cut && f.Lose == "":
		l.Cut()
		return heal, nil
	case f.Kind == Cut:
		return heal, l.Swallow(f.Lose)
	case f.Kind == Slow:
		return heal, l.Slow(f.Latency, f.Jitter, f.Rate)
	case f.Kind == Wipe && f.Flush:
		return nothing, c.FlushRedis(ctx)
	case f.Kind == Wipe:
		return restart, c.WipeRedis()
	case f.Kind == Replay:
		n, err := c.Republish(ctx, random, f.Channels, f.Count, f.For)
		in.Log.Info("events republished", "events", n)
		return nothing, err
	case f.Kind == Refund:
		n, err := c.RefundByHand(ctx, random, f.Count)
		in.Log.Info("payments refunded by hand", "payments", n)
		return nothing, err
	case f.Kind == Stripe, f.Kind == Webhooks:
		return c.HealStripe, c.TroubleStripe(ctx, f.Trouble...)
	}
	return nil, fmt.Errorf("unknown kind of fault %q", f.Kind)
}
